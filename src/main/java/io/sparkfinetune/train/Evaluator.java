package io.sparkfinetune.train;

import io.sparkfinetune.evaluate.ClassificationMetrics;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.Predictions;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.Batch;
import io.sparkfinetune.tokenize.BatchSampler;
import io.sparkfinetune.tokenize.EncodedDataset;

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

  ClassificationMetrics evaluate(EncodedDataset data) {
    ClassificationMetrics.Accumulator accumulator =
        new ClassificationMetrics.Accumulator(model.labels().size());
    for (int[] rows : BatchSampler.evaluationBatches(data, batchSize)) {
      Batch batch = data.batch(rows, model.padTokenId());
      float[][] logits = model.logits(pass, batch);
      for (int i = 0; i < rows.length; i++) {
        double[] probabilities = Predictions.softmax(logits[i]);
        int label = data.label(rows[i]);
        accumulator.add(label, Predictions.argmax(probabilities), probabilities[label]);
      }
    }
    return accumulator.metrics();
  }
}
