package org.sparkfinetune.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.torch.Libtorch;

/**
 * Trains the trainable weights of a classifier: the loop over steps, free of Spark. Each worker
 * runs one, on its shard of the rows, and all of them take the same decisions.
 *
 * <p>The same rows, arguments and seed give the same weights, bit for bit, on the same machine with
 * the same number of threads in fp32, whether or not the training was resumed from a checkpoint.
 * Native memory is that of the weights and of one step's activations, and, for what is trained, of
 * gradients, the optimizer's state and a copy (the best so far); {@link #close} frees all but the
 * model's own.
 */
public final class Trainer implements AutoCloseable {
  private static final int LOSSES_SHOWN = 8;

  private final SequenceClassifier model;
  private final TrainingArguments arguments;
  private final TrainerContext context;
  private final WorkerGroup workers;
  private final Metric metricForBestModel;
  private final Generator generator;
  private final ForwardPass trainingPass;
  private final Evaluator evaluator;
  private final TrainingLog log;
  private final LossLog losses = new LossLog();
  private final EarlyStopping earlyStopping;
  private final LossScaler scaler;

  private ShardedRows rows;
  private StepPlan plan;
  private TrainedWeights weights;
  private BestWeights best;
  private StepBatches batches;
  private Map<String, String> settings;
  private Fingerprints fingerprints;
  private int step;

  /**
   * Prepares one training; the model stays the caller's.
   *
   * @throws UserException when {@code metric_for_best_model} is none of the model's problem type
   */
  public Trainer(
      SequenceClassifier model,
      TrainingArguments arguments,
      TrainerContext context,
      TrainerListener listener) {
    this.model = model;
    this.arguments = arguments;
    this.context = context;
    workers = context.workers();
    EvaluationArguments evaluation = arguments.evaluation();
    metricForBestModel = evaluation.metricForBestModel(model.config().problemType());
    boolean greaterIsBetter = evaluation.greaterIsBetter(metricForBestModel);
    earlyStopping =
        new EarlyStopping(
            evaluation.earlyStoppingPatience(),
            evaluation.earlyStoppingThreshold(),
            greaterIsBetter);
    log = new TrainingLog(listener);
    Precision precision;
    try (PointerScope scope = new PointerScope()) {
      generator = torch.make_generator_cpu(arguments.seed());
      generator.retainReference();
      precision = arguments.precision().resolve(model.device().is_cuda());
    }
    trainingPass =
        new ForwardPass(
            precision.dtype(), generator, model.attention(), arguments.gradientCheckpointing());
    scaler = new LossScaler(precision == Precision.FP16);
    evaluator =
        new Evaluator(
            model,
            new ForwardPass(trainingPass.dtype(), null, model.attention()),
            arguments.perDeviceEvalBatchSize(),
            listener::onPredictionStep);
  }

  /** Prepares a training of one worker alone. */
  public Trainer(SequenceClassifier model, TrainingArguments arguments, TrainerListener listener) {
    this(model, arguments, TrainerContext.singleProcess(), listener);
  }

  /**
   * Trains, and leaves the best weights in the model: those of the best {@code
   * metric_for_best_model} on the validation rows, or the last ones when there are no such rows or
   * {@code load_best_model_at_end} is off. A multi-label model whose configuration has no threshold
   * is measured with the best threshold of each evaluation, so that the weights kept and the
   * threshold belong together. Then the model's logits are divided by the temperature of the least
   * log loss of the validation rows, where {@code calibrate} says so and they were evaluated.
   *
   * @param train this worker's rows; those of all workers together must be some
   * @param validation this worker's rows
   * @throws DivergedException when the loss is no longer finite; the model then holds the last good
   *     weights
   */
  public TrainingResult train(EncodedDataset train, EncodedDataset validation) {
    if (rows != null) {
      throw new IllegalStateException("a Trainer trains once");
    }
    rows = new ShardedRows(train, workers);
    ShardedRows validationRows = new ShardedRows(validation, workers);
    if (rows.size() == 0) {
      throw new UserException("there are no training rows");
    }
    plan = StepPlan.of(rows.size(), workers.size(), arguments);
    boolean groupsByLength =
        arguments.groupByLength() && !model.takesUnpadded(trainingPass, rows.longest());
    batches = new StepBatches(rows, groupsByLength, arguments.seed());
    settings = Resumption.settings(arguments, model, groupsByLength, workers.size());
    log.begin(plan);
    Optional<Checkpoints> checkpoints =
        Checkpoints.of(arguments.checkpoint(), context.hadoop(), workers);
    if (checkpoints.isPresent()) {
      fingerprints = Fingerprints.of(model, rows, validationRows);
    }
    try {
      weights =
          TrainedWeights.of(
              model, arguments, workers, trainingPass, generator, rows, validationRows);
      best =
          new BestWeights(
              model.parameters(),
              metricForBestModel,
              arguments.evaluation().greaterIsBetter(metricForBestModel),
              arguments.evaluation().loadBestModelAtEnd());
      log.planned(weights.plan(plan, rows, validationRows, arguments));
      if (arguments.autoFindBatchSize()) {
        findBatchSize();
      }
      checkpoints.ifPresent(this::resume);
      loop(validationRows, checkpoints);
      if (!best.isBest()) {
        keepLast();
      }
      restoreBest();
    } finally {
      closeTraining();
    }
    Map<String, Double> metrics = summary();
    // Who names a threshold means it of the probabilities as they are trained.
    if (arguments.evaluation().calibrate()
        && best.state().evaluated()
        && model.config().threshold().isEmpty()) {
      metrics.putAll(calibrate(validation));
    }
    return result(metrics);
  }

  /** Divides the logits where that makes the validation rows' log loss less. */
  private Map<String, Double> calibrate(EncodedDataset validation) {
    TrainedTemperature.Found found = TrainedTemperature.of(model, evaluator, workers, validation);
    if (found.temperature() != 1) {
      model.divideLogits(found.temperature());
    }
    return Map.of(
        Metric.CALIBRATION_TEMPERATURE.at(Stage.STEP), found.temperature(),
        Metric.CALIBRATED_LOSS.at(Stage.STEP), found.after());
  }

  /** Divides a step's rows into micro-batches that every worker has the memory for. */
  private void findBatchSize() {
    int asked = arguments.perDeviceTrainBatchSize();
    int found =
        new BatchSizeFinder(
                model,
                arguments,
                weights.gradient(),
                rows,
                plan,
                () -> MachineMemory.available() / workers.workersOfHost())
            .find();
    int[] all = new int[workers.size()];
    all[workers.rank()] = found;
    int least = Arrays.stream(workers.allReduceSum(all)).min().orElseThrow();
    if (least < asked) {
      plan = plan.inMicroBatchesOf(least);
      log.note(
          String.format(
              "per_device_train_batch_size is %d, not %d: memory does not suffice. Steps have as many"
                  + " rows, in %d micro-batches",
              least, asked, plan.accumulation()));
    }
  }

  private void loop(ShardedRows validation, Optional<Checkpoints> checkpoints) {
    LearningRateSchedule schedule =
        LearningRateSchedule.of(
            arguments.schedule(), plan.totalSteps(), arguments.optimizer().learningRate());
    while (step < plan.totalSteps() && !earlyStopping.isDue()) {
      workers.heartbeat(step);
      step(arguments.optimizer().learningRate() * schedule.factor(step));
      EvaluationArguments evaluation = arguments.evaluation();
      if (validation.size() > 0 && isDue(evaluation.evalStrategy(), evaluation.evalSteps())) {
        evaluate(validation);
      }
      CheckpointArguments saving = arguments.checkpoint();
      if (checkpoints.isPresent() && isDue(saving.saveStrategy(), saving.saveSteps())) {
        weights.withWholeState(() -> checkpoints.get().save(state(), tensors()));
      }
    }
  }

  private void step(double learningRate) {
    long start = System.nanoTime();
    int[] batch = batches.after(step, plan);
    BatchGradient.Result result;
    try (Libtorch.Computation computing = Libtorch.computation()) {
      result = weights.gradient().compute(rows, batch, plan, step, scaler.scale());
      losses.add(result.loss(), result.rows());
      boolean skipped = scaler.skips(result.isFinite());
      if (!skipped) {
        requireFinite(result.loss(), "the loss is " + result.loss());
        requireFinite(result.norm(), "the gradient's norm is " + result.norm());
      }
      // These weights are proven by the loss that they gave; what the step makes of them is not.
      if (step % arguments.loggingSteps() == 0) {
        best.keepUnevaluated(step, weights.lazyDecayFactor());
      }
      double clipping =
          GradientNorm.clippingScale(result.norm(), arguments.optimizer().maxGradNorm());
      weights.step(learningRate, clipping / scaler.scale(), skipped);
    }
    step++;
    log.progress(batch.length, System.nanoTime() - start);
    if (step % arguments.loggingSteps() == 0 || step == plan.totalSteps()) {
      Map<String, Double> values = new LinkedHashMap<>();
      losses.meanSinceLastCall().ifPresent(loss -> values.put(Metric.LOSS.at(Stage.STEP), loss));
      values.put(Metric.GRADIENT_NORM.at(Stage.STEP), result.norm());
      values.put(Metric.LEARNING_RATE.at(Stage.STEP), learningRate);
      log.add(step, plan.epoch(step), values);
    }
    log.report(step);
  }

  /** Also at the end, which need not be that of an epoch. */
  private boolean isDue(IntervalStrategy strategy, int steps) {
    boolean ends = earlyStopping.isDue() || step == plan.totalSteps();
    return switch (strategy) {
      case NO -> false;
      case EPOCH -> ends || step % plan.stepsPerEpoch() == 0;
      case STEPS -> ends || step % steps == 0;
    };
  }

  private void evaluate(ShardedRows validation) {
    long start = System.nanoTime();
    Optional<Metrics> evaluated = evaluator.evaluate(validation.shard(), workers);
    if (evaluated.isEmpty()) {
      throw diverged("the evaluation gives numbers that are not finite");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Double> values = new LinkedHashMap<>(evaluated.get().toMap(Stage.EVAL.prefix()));
    evaluated
        .get()
        .threshold()
        .ifPresent(threshold -> values.put(Metric.THRESHOLD.at(Stage.EVAL), threshold));
    values.put(Metric.RUNTIME.at(Stage.EVAL), seconds);
    values.put(Metric.SAMPLES_PER_SECOND.at(Stage.EVAL), validation.size() / seconds);
    log.add(step, plan.epoch(step), values);
    best.offer(values, step, plan.epoch(step), weights.lazyDecayFactor());
    earlyStopping.offer(values.get(metricForBestModel.at(Stage.EVAL)));
    if (earlyStopping.isDue()) {
      log.note(
          String.format(
              "stopped at step %d of %d: %d evaluations without a better %s than %.4f",
              step,
              plan.totalSteps(),
              earlyStopping.worse(),
              metricForBestModel.key(),
              earlyStopping.best()));
    }
    log.report(step);
  }

  /** Keeps the weights as they are after the last step, if they give a finite loss. */
  private void keepLast() {
    EncodedDataset shard = rows.shard();
    double sum = 0;
    if (shard.size() > 0) {
      int size = Math.min(shard.size(), arguments.perDeviceEvalBatchSize());
      sum = evaluator.loss(shard, IntStream.range(0, size).toArray());
    }
    double loss = workers.allReduceSum(new double[] {sum})[0] / workers.size();
    losses.show(loss);
    requireFinite(loss, "the loss after the last step is " + loss);
    best.keepLast(step, weights.lazyDecayFactor());
  }

  private void restoreBest() {
    weights.endTraining();
    best.restore();
    weights.setLazyDecayFactor(best.state().lazyDecayFactor());
  }

  private void requireFinite(double value, String what) {
    if (!Double.isFinite(value)) {
      throw diverged(what);
    }
  }

  private DivergedException diverged(String what) {
    restoreBest();
    return new DivergedException(
        step + 1,
        what,
        losses.last(LOSSES_SHOWN),
        arguments.optimizer().learningRate(),
        best.state().description(),
        result(best.state().metrics()));
  }

  private Checkpoints.Tensors tensors() {
    return new Checkpoints.Tensors(weights.tensors(), weights.optimizerState(), best.tensors());
  }

  private TrainerState state() {
    return new TrainerState(
        context.run(),
        step,
        plan.rowsSeen(step),
        plan.batchSize(),
        weights.optimizerSteps(),
        log.seconds(),
        fingerprints,
        settings,
        losses.state(),
        best.state(),
        earlyStopping.best(),
        earlyStopping.worse(),
        weights.lazyDecayFactor(),
        scaler.state(),
        log.history());
  }

  private void resume(Checkpoints checkpoints) {
    Optional<Checkpoints.Found> found = checkpoints.newest(context.run(), log::note);
    if (found.isEmpty()) {
      return;
    }
    TrainerState state = found.get().state();
    Resumption.check(state, settings, fingerprints, arguments.checkpoint().checkpointDir());
    Checkpoints.load(found.get(), tensors());
    boolean sameSteps = state.batchSize() == plan.batchSize();
    step = sameSteps ? state.step() : plan.stepAfter(state.rowsSeen());
    weights.resume(state.optimizerSteps(), state.lazyDecayFactor());
    losses.resume(state.losses());
    scaler.resume(state.lossScale());
    log.resume(state.logHistory(), state.seconds());
    if (Resumption.sameValidation(state, fingerprints)) {
      best.resume(sameSteps ? state.best() : state.best().withoutStep());
      if (Resumption.sameMetric(state, settings)) {
        earlyStopping.resume(state.earlyStoppingBest(), state.earlyStoppingWorse());
      }
    } else {
      best.keepUnevaluated(step, state.lazyDecayFactor());
    }
    Resumption.notes(state, step, plan, settings, fingerprints).forEach(log::note);
  }

  private TrainingResult result(Map<String, Double> metrics) {
    return new TrainingResult(metrics, log.history(), model.loadReport());
  }

  /**
   * Names and meaning as Hugging Face's Trainer reports them: the runtime includes evaluations and,
   * as rows and steps do, what came before a resumption.
   */
  private Map<String, Double> summary() {
    double runtime = log.seconds();
    double rowsASecond = plan.rowsSeen(step) / runtime;
    Map<String, Double> metrics = new LinkedHashMap<>(best.state().metrics());
    metrics.put(Metric.LOSS.at(Stage.TRAIN), losses.mean());
    metrics.put(Metric.RUNTIME.at(Stage.TRAIN), runtime);
    metrics.put(Metric.SAMPLES_PER_SECOND.at(Stage.TRAIN), rowsASecond);
    metrics.put(Metric.STEPS_PER_SECOND.at(Stage.TRAIN), step / runtime);
    metrics.put(
        Metric.TOKENS_PER_SECOND.at(Stage.TRAIN), rowsASecond * rows.tokens() / rows.size());
    MachineMemory.peakOfProcess()
        .ifPresent(
            bytes ->
                metrics.put(Metric.PEAK_MEMORY_MB.at(Stage.TRAIN), bytes / (double) (1 << 20)));
    metrics.put(Metric.EPOCH.at(Stage.STEP), plan.epoch(step));
    return metrics;
  }

  private void closeTraining() {
    if (best != null) {
      best.close();
    }
    if (weights != null) {
      weights.close();
    }
  }

  @Override
  public void close() {
    generator.close();
  }
}
