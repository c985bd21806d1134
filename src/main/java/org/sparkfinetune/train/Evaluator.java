package org.sparkfinetune.train;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MultiLabelMetrics;
import org.sparkfinetune.evaluate.ThresholdTuner;
import org.sparkfinetune.model.Predictions;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.BatchSampler;
import org.sparkfinetune.tokenize.EncodedDataset;

/** Measures a model on labeled rows, without changing it. */
final class Evaluator {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final int batchSize;
  private final Runnable beforeBatch;

  /**
   * Evaluates with the arithmetic of {@code pass}, which must not drop out.
   *
   * @param beforeBatch called before each batch of {@link #evaluate}; what it throws ends that
   */
  Evaluator(SequenceClassifier model, ForwardPass pass, int batchSize, Runnable beforeBatch) {
    this.model = model;
    this.pass = pass;
    this.batchSize = batchSize;
    this.beforeBatch = beforeBatch;
  }

  /**
   * What an evaluation says.
   *
   * @param threshold of multi-label: the one that the metrics were measured with; else empty
   */
  record Evaluation(Metrics metrics, OptionalDouble threshold) {}

  /**
   * Measures all rows of all workers, each worker its own, and gives every worker the same result.
   * Multi-label: with the threshold of the model's configuration, or when it has none with the best
   * one for these very rows.
   *
   * @return empty when a logit is not finite
   */
  Optional<Evaluation> evaluate(ShardedRows rows, WorkerGroup workers) {
    return model.config().problemType().isMultiLabel()
        ? multiLabel(rows, workers)
        : singleLabel(rows, workers);
  }

  private Optional<Evaluation> singleLabel(ShardedRows rows, WorkerGroup workers) {
    // Of each row: its label, the predicted one and the label's probability.
    double[] outcomes = new double[3 * rows.size()];
    forEachRow(
        rows.shard(),
        Predictions::softmax,
        (probabilities, row) -> {
          int label = rows.shard().labels(row)[0];
          int place = 3 * (rows.first() + row);
          outcomes[place] = label;
          outcomes[place + 1] = Predictions.argmax(probabilities);
          // One that is NaN makes each of them so.
          outcomes[place + 2] = probabilities[label];
        });
    double[] all = workers.allReduceSum(outcomes);
    ClassificationMetrics.Accumulator accumulator =
        new ClassificationMetrics.Accumulator(model.labels().size());
    for (int place = 0; place < all.length; place += 3) {
      if (Double.isNaN(all[place + 2])) {
        return Optional.empty();
      }
      accumulator.add((int) all[place], (int) all[place + 1], all[place + 2]);
    }
    return Optional.of(new Evaluation(accumulator.metrics(), OptionalDouble.empty()));
  }

  private Optional<Evaluation> multiLabel(ShardedRows rows, WorkerGroup workers) {
    int count = model.labels().size();
    double[] outcomes = new double[Math.multiplyExact(count, rows.size())];
    int[] indicators = new int[outcomes.length];
    forEachRow(
        rows.shard(),
        Predictions::sigmoid,
        (ofRow, row) -> {
          int place = count * (rows.first() + row);
          System.arraycopy(ofRow, 0, outcomes, place, count);
          for (int label : rows.shard().labels(row)) {
            indicators[place + label] = 1;
          }
        });
    double[] all = workers.allReduceSum(outcomes);
    int[] allIndicators = workers.allReduceSum(indicators);
    if (Arrays.stream(all).anyMatch(Double::isNaN)) {
      return Optional.empty();
    }
    int[][] labels = new int[rows.size()][];
    double[][] probabilities = new double[rows.size()][];
    for (int row = 0; row < labels.length; row++) {
      int place = count * row;
      probabilities[row] = Arrays.copyOfRange(all, place, place + count);
      labels[row] =
          IntStream.range(0, count).filter(label -> allIndicators[place + label] == 1).toArray();
    }
    double threshold =
        model.config().threshold().orElseGet(() -> ThresholdTuner.best(labels, probabilities));
    MultiLabelMetrics.Accumulator accumulator = new MultiLabelMetrics.Accumulator(count);
    for (int row = 0; row < labels.length; row++) {
      double[] ofRow = probabilities[row];
      accumulator.add(labels[row], Predictions.atLeast(ofRow, threshold), ofRow);
    }
    return Optional.of(new Evaluation(accumulator.metrics(), OptionalDouble.of(threshold)));
  }

  /** Calls with each row's probabilities and number. */
  private void forEachRow(
      EncodedDataset data, Function<float[], double[]> activation, ObjIntConsumer<double[]> use) {
    for (int[] rows : BatchSampler.evaluationBatches(data, batchSize)) {
      beforeBatch.run();
      float[][] logits = model.logits(pass, data.batch(rows, model.padTokenId()));
      for (int i = 0; i < rows.length; i++) {
        use.accept(activation.apply(logits[i]), rows[i]);
      }
    }
  }

  /** The mean loss of some rows. */
  double loss(EncodedDataset data, int[] rows) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return model.loss(pass, data.batch(rows, model.padTokenId())).item_float();
    }
  }
}
