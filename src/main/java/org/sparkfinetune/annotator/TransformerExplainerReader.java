package org.sparkfinetune.annotator;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.MLReader;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.model.io.SavedStage;

/**
 * Reads a saved {@link TransformerClassifierExplainer}: Spark's metadata, as data, then the model's
 * files.
 */
final class TransformerExplainerReader extends MLReader<TransformerClassifierExplainer> {
  @Override
  public TransformerClassifierExplainer load(String path) {
    Configuration hadoop = sparkSession().sessionState().newHadoopConf();
    try {
      if (!SavedStage.isOne(new Path(path), hadoop)) {
        throw new UserException(
            path
                + " is no saved TransformerClassifierExplainer: there is no metadata folder in it;"
                + " a classifier gives one by explainer()");
      }
      SavedStage saved = SavedParams.read(path, TransformerClassifierExplainer.class, hadoop);
      TransformerClassifierExplainer explainer =
          SavedParams.fill(new TransformerClassifierExplainer(saved.uid()), saved);
      Path folder = new Path(saved.folder(), SavedModel.FOLDER);
      return explainer.setFiles(HuggingFaceFolder.open(folder, hadoop).read());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }
}
