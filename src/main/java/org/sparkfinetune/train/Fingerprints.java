package org.sparkfinetune.train;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.train.checkpoint.TensorFile;

/**
 * Hashes of what a training started from, to tell whether a checkpoint is of the same training.
 *
 * @param train of the training rows and their order
 * @param validation of the validation rows and their order
 * @param base of the weights that came from the base, or are not trained
 */
record Fingerprints(long train, long validation, long base) {
  /** Reads each weight and row once; an operation of all workers, before the first step. */
  static Fingerprints of(SequenceClassifier model, ShardedRows train, ShardedRows validation) {
    return new Fingerprints(train.fingerprint(), validation.fingerprint(), base(model));
  }

  /** Without what another seed changes and a checkpoint holds. */
  private static long base(SequenceClassifier model) {
    Set<String> fresh = Set.copyOf(model.freshWeights());
    Map<String, Tensor> weights = new LinkedHashMap<>();
    for (Parameter weight : model.parameters().parameters()) {
      if (!weight.trainable() || !fresh.contains(weight.name())) {
        weights.put(weight.name(), weight.tensor());
      }
    }
    CheckedOutputStream sum =
        new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32C());
    try {
      TensorFile.write(sum, weights);
    } catch (IOException e) {
      throw new UncheckedIOException("the sum of the base's weights cannot be taken", e);
    }
    return sum.getChecksum().getValue();
  }
}
