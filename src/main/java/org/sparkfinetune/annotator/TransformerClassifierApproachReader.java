package org.sparkfinetune.annotator;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.ml.util.MLReader;
import org.sparkfinetune.model.io.SavedStage;

/** Reads a saved {@link TransformerClassifierApproach}: Spark's metadata, as data. */
final class TransformerClassifierApproachReader extends MLReader<TransformerClassifierApproach> {
  @Override
  public TransformerClassifierApproach load(String path) {
    try {
      SavedStage saved =
          SavedParams.read(
              path,
              TransformerClassifierApproach.class,
              sparkSession().sessionState().newHadoopConf());
      return SavedParams.fill(new TransformerClassifierApproach(saved.uid()), saved);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }
}
