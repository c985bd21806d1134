package io.sparkfinetune.train;

import io.sparkfinetune.evaluate.ClassificationMetrics;
import io.sparkfinetune.evaluate.Metrics;
import io.sparkfinetune.evaluate.MultiLabelMetrics;
import io.sparkfinetune.evaluate.ThresholdTuner;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.Predictions;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.BatchSampler;
import io.sparkfinetune.tokenize.EncodedDataset;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/** Measures a model on labelled rows, without changing it. */
final class Evaluator {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final int batchSize;

  /** Evaluates with the arithmetic of {@code pass}, which must not drop out. */
  Evaluator(SequenceClassifier model, ForwardPass pass, int batchSize) {
    this.model = model;
    this.pass = pass;
    this.batchSize = batchSize;
  }

  /**
   * What an evaluation says.
   *
   * @param threshold of multi-label: the one that the metrics were measured with; else empty
   */
  record Evaluation(Metrics metrics, OptionalDouble threshold) {}

  /**
   * Measures all rows. Multi-label: with the threshold of the model's configuration, or when it has
   * none with the best one for these very rows.
   *
   * @return empty when a logit is not finite
   */
  Optional<Evaluation> evaluate(EncodedDataset data) {
    return model.config().problemType().isMultiLabel() ? multiLabel(data) : singleLabel(data);
  }

  private Optional<Evaluation> singleLabel(EncodedDataset data) {
    ClassificationMetrics.Accumulator accumulator =
        new ClassificationMetrics.Accumulator(model.labels().size());
    boolean finite =
        forEachRow(
            data,
            Predictions::softmax,
            (probabilities, row) -> {
              int label = data.labels(row)[0];
              accumulator.add(label, Predictions.argmax(probabilities), probabilities[label]);
            });
    return finite
        ? Optional.of(new Evaluation(accumulator.metrics(), OptionalDouble.empty()))
        : Optional.empty();
  }

  private Optional<Evaluation> multiLabel(EncodedDataset data) {
    int[][] labels = new int[data.size()][];
    double[][] probabilities = new double[data.size()][];
    boolean finite =
        forEachRow(
            data,
            Predictions::sigmoid,
            (ofRow, row) -> {
              labels[row] = data.labels(row);
              probabilities[row] = ofRow;
            });
    if (!finite) {
      return Optional.empty();
    }
    double threshold =
        model.config().threshold().orElseGet(() -> ThresholdTuner.best(labels, probabilities));
    MultiLabelMetrics.Accumulator accumulator =
        new MultiLabelMetrics.Accumulator(model.labels().size());
    for (int row = 0; row < labels.length; row++) {
      double[] ofRow = probabilities[row];
      accumulator.add(labels[row], Predictions.atLeast(ofRow, threshold), ofRow);
    }
    return Optional.of(new Evaluation(accumulator.metrics(), OptionalDouble.of(threshold)));
  }

  /** Calls with each row's probabilities and number; ends with false at one that is NaN. */
  private boolean forEachRow(
      EncodedDataset data, Function<float[], double[]> activation, ObjIntConsumer<double[]> use) {
    for (int[] rows : BatchSampler.evaluationBatches(data, batchSize)) {
      float[][] logits = model.logits(pass, data.batch(rows, model.padTokenId()));
      for (int i = 0; i < rows.length; i++) {
        double[] probabilities = activation.apply(logits[i]);
        if (Arrays.stream(probabilities).anyMatch(Double::isNaN)) {
          return false;
        }
        use.accept(probabilities, rows[i]);
      }
    }
    return true;
  }

  /** The mean loss of some rows. */
  double loss(EncodedDataset data, int[] rows) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return model.loss(pass, data.batch(rows, model.padTokenId())).item_float();
    }
  }
}
