package io.sparkfinetune.train;

import io.sparkfinetune.evaluate.ClassificationMetrics;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.Predictions;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.BatchSampler;
import io.sparkfinetune.tokenize.EncodedDataset;
import java.util.Optional;
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

  /** The metrics over all rows; empty when a logit is not finite. */
  Optional<ClassificationMetrics> evaluate(EncodedDataset data) {
    ClassificationMetrics.Accumulator accumulator =
        new ClassificationMetrics.Accumulator(model.labels().size());
    for (int[] rows : BatchSampler.evaluationBatches(data, batchSize)) {
      float[][] logits = model.logits(pass, data.batch(rows, model.padTokenId()));
      for (int i = 0; i < rows.length; i++) {
        double[] probabilities = Predictions.softmax(logits[i]);
        int label = data.label(rows[i]);
        // One logit that is not finite makes every probability NaN.
        if (Double.isNaN(probabilities[label])) {
          return Optional.empty();
        }
        accumulator.add(label, Predictions.argmax(probabilities), probabilities[label]);
      }
    }
    return Optional.of(accumulator.metrics());
  }

  /** The mean loss of some rows. */
  double loss(EncodedDataset data, int[] rows) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return model.loss(pass, data.batch(rows, model.padTokenId())).item_float();
    }
  }
}
