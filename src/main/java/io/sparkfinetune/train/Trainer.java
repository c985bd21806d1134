package io.sparkfinetune.train;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.Parameter;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.Batch;
import io.sparkfinetune.tokenize.BatchSampler;
import io.sparkfinetune.tokenize.EncodedDataset;
import io.sparkfinetune.torch.Libtorch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains the trainable weights of a classifier: the loop over epochs and batches, free of Spark.
 *
 * <p>The same rows, arguments and seed give the same weights, bit for bit, on the same machine with
 * the same number of threads in fp32. Native memory is that of the weights and of one step's
 * activations, and, for what is trained, of gradients, two moments and a copy (the best so far);
 * {@link #close} frees all but the model's own.
 */
public final class Trainer implements AutoCloseable {
  private static final int LOSSES_SHOWN = 8;

  private final SequenceClassifier model;
  private final TrainingArguments arguments;
  private final String metricForBestModel;
  private final TrainerListener listener;
  private final Optimizer optimizer;
  private final Generator generator;
  private final List<Parameter> trainable;
  private final ForwardPass trainingPass;
  private final Evaluator evaluator;

  private final List<Map<String, Double>> logHistory = new ArrayList<>();
  private Map<String, Double> newestLogs = Map.of();
  private BestWeights best;
  private int step;
  private int totalSteps;
  private int stepsPerEpoch;
  private long samplesSeen;
  private long trainingNanos;

  /**
   * Prepares one training; the model stays the caller's.
   *
   * @throws UserException when {@code metric_for_best_model} is none of the model's problem type
   */
  public Trainer(SequenceClassifier model, TrainingArguments arguments, TrainerListener listener) {
    this.model = model;
    this.arguments = arguments;
    this.metricForBestModel = arguments.metricForBestModel(model.config().problemType());
    this.listener = listener;
    try (PointerScope scope = new PointerScope()) {
      generator = torch.make_generator_cpu(arguments.seed());
      generator.retainReference();
    }
    trainable = model.parameters().trainable();
    optimizer = new AdamW(model.parameters(), arguments);
    trainingPass = new ForwardPass(arguments.precision().dtype(), generator, model.attention());
    evaluator =
        new Evaluator(
            model,
            new ForwardPass(trainingPass.dtype(), null, model.attention()),
            arguments.perDeviceEvalBatchSize());
  }

  /**
   * Trains, and leaves the best weights in the model: those of the epoch with the best {@code
   * metric_for_best_model} on the validation rows, or the last ones when there are no such rows. A
   * multi-label model whose configuration has no threshold is measured, in each epoch, with the
   * best threshold of that epoch, so that the weights kept and the threshold belong together.
   *
   * @throws DivergedException when the loss is no longer finite; the model then holds the last good
   *     weights
   */
  public TrainingResult train(EncodedDataset train, EncodedDataset validation) {
    if (train.size() == 0) {
      throw new UserException("there are no training rows");
    }
    long start = System.nanoTime();
    int batchSize = arguments.perDeviceTrainBatchSize();
    stepsPerEpoch = (train.size() - 1) / batchSize + 1;
    totalSteps = Math.multiplyExact(stepsPerEpoch, arguments.numTrainEpochs());
    int warmupSteps = (int) Math.ceil(arguments.warmupRatio() * totalSteps);
    LearningRateSchedule schedule = LearningRateSchedule.linear(warmupSteps, totalSteps);
    if (step > 0) {
      throw new IllegalStateException("a Trainer trains once");
    }
    best = new BestWeights(model.parameters(), metricForBestModel);
    LossLog losses = new LossLog();
    try {
      for (int epoch = 0; epoch < arguments.numTrainEpochs(); epoch++) {
        trainEpoch(train, epoch, schedule, losses);
        if (validation.size() > 0) {
          evaluate(validation, losses);
        }
      }
      if (validation.size() == 0) {
        keepLast(train, losses);
      }
      best.restore();
    } finally {
      best.close();
    }
    return result(summary(train.size(), start, losses));
  }

  private void trainEpoch(
      EncodedDataset train, int epoch, LearningRateSchedule schedule, LossLog losses) {
    List<int[]> batches =
        BatchSampler.trainingBatches(
            train,
            arguments.perDeviceTrainBatchSize(),
            arguments.groupByLength(),
            arguments.seed(),
            epoch);
    for (int[] rows : batches) {
      long stepStart = System.nanoTime();
      double learningRate = arguments.learningRate() * schedule.factor(step);
      Batch batch = train.batch(rows, model.padTokenId());
      double loss;
      double gradNorm;
      try (Libtorch.Computation computing = Libtorch.computation()) {
        try (PointerScope scope = new PointerScope()) {
          Tensor lossTensor = model.loss(trainingPass, batch);
          loss = lossTensor.item_float();
          losses.add(loss, rows.length);
          requireFinite(loss, "the loss is " + loss, losses);
          lossTensor.backward();
          gradNorm = GradientNorm.of(trainable);
          requireFinite(gradNorm, "the gradient's norm is " + gradNorm, losses);
        }
        // These weights are proven by the loss that they gave; what the step makes of them is not.
        if (step % arguments.loggingSteps() == 0) {
          best.keepUnevaluated(step);
        }
        optimizer.step(learningRate, GradientNorm.clippingScale(gradNorm, arguments.maxGradNorm()));
      }
      step++;
      samplesSeen += rows.length;
      trainingNanos += System.nanoTime() - stepStart;
      if (step % arguments.loggingSteps() == 0 || step == totalSteps) {
        Map<String, Double> logs = new LinkedHashMap<>();
        logs.put("loss", losses.meanSinceLastCall());
        logs.put("grad_norm", gradNorm);
        logs.put("learning_rate", learningRate);
        log(logs);
      }
      report();
    }
  }

  /** Keeps the weights as they are after the last step, if they give a finite loss. */
  private void keepLast(EncodedDataset train, LossLog losses) {
    int[] rows =
        IntStream.range(0, Math.min(train.size(), arguments.perDeviceEvalBatchSize())).toArray();
    double loss = evaluator.loss(train, rows);
    losses.show(loss);
    requireFinite(loss, "the loss after the last step is " + loss, losses);
    best.keepUnevaluated(step);
  }

  private void evaluate(EncodedDataset validation, LossLog losses) {
    long start = System.nanoTime();
    Optional<Evaluator.Evaluation> evaluated = evaluator.evaluate(validation);
    if (evaluated.isEmpty()) {
      throw diverged("the evaluation gives numbers that are not finite", losses);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Double> logs = new LinkedHashMap<>(evaluated.get().metrics().toMap("eval_"));
    evaluated.get().threshold().ifPresent(value -> logs.put(TrainingResult.THRESHOLD, value));
    logs.put("eval_runtime", seconds);
    logs.put("eval_samples_per_second", validation.size() / seconds);
    log(logs);
    best.offer(logs, epoch());
    report();
  }

  private void requireFinite(double value, String what, LossLog losses) {
    if (!Double.isFinite(value)) {
      throw diverged(what, losses);
    }
  }

  private DivergedException diverged(String what, LossLog losses) {
    best.restore();
    return new DivergedException(
        step + 1,
        what,
        losses.last(LOSSES_SHOWN),
        arguments.learningRate(),
        best.description(),
        result(best.metrics()));
  }

  private TrainingResult result(Map<String, Double> metrics) {
    return new TrainingResult(metrics, List.copyOf(logHistory), model.loadReport());
  }

  private double epoch() {
    return (double) step / stepsPerEpoch;
  }

  private void log(Map<String, Double> values) {
    Map<String, Double> entry = new LinkedHashMap<>();
    entry.put("step", (double) step);
    entry.put("epoch", epoch());
    entry.putAll(values);
    logHistory.add(entry);
    Map<String, Double> merged = new LinkedHashMap<>(newestLogs);
    merged.putAll(values);
    newestLogs = merged;
  }

  private void report() {
    double seconds = trainingNanos / 1e9;
    listener.onProgress(
        new TrainingProgress(step, totalSteps, epoch(), samplesSeen / seconds, newestLogs));
  }

  /** Names and meaning as Hugging Face's Trainer reports them: the runtime includes evaluations. */
  private Map<String, Double> summary(int trainRows, long start, LossLog losses) {
    double runtime = (System.nanoTime() - start) / 1e9;
    Map<String, Double> metrics = new LinkedHashMap<>(best.metrics());
    metrics.put("train_loss", losses.mean());
    metrics.put("train_runtime", runtime);
    metrics.put(
        "train_samples_per_second", (double) trainRows * arguments.numTrainEpochs() / runtime);
    metrics.put("train_steps_per_second", step / runtime);
    metrics.put("epoch", epoch());
    return metrics;
  }

  @Override
  public void close() {
    optimizer.close();
    generator.close();
  }
}
