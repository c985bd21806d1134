package org.sparkfinetune.annotator;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.MLReader;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.model.io.SavedStage;

/**
 * Reads a saved {@link TransformerClassifierModel}: Spark's metadata, as data, then the model's
 * files.
 */
final class TransformerClassifierReader extends MLReader<TransformerClassifierModel> {
  @Override
  public TransformerClassifierModel load(String path) {
    return load(path, sparkSession().sessionState().newHadoopConf());
  }

  static TransformerClassifierModel load(String path, Configuration hadoop) {
    try {
      if (!SavedStage.isOne(new Path(path), hadoop)) {
        throw new UserException(
            path
                + " is no saved TransformerClassifierModel: there is no metadata folder in it;"
                + " a pipeline is loaded with PipelineModel.load");
      }
      return load(SavedParams.read(path, TransformerClassifierModel.class, hadoop), hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  static TransformerClassifierModel load(SavedStage saved, Configuration hadoop) {
    TransformerClassifierModel model =
        SavedParams.fill(new TransformerClassifierModel(saved.uid()), saved);
    if (model.getBatchSize() < 1) {
      throw new UserException(
          saved.folder()
              + ": its metadata sets batchSize="
              + model.getBatchSize()
              + ": expected >= 1");
    }
    Path folder = new Path(saved.folder(), SavedModel.FOLDER);
    return model
        .setFiles(HuggingFaceFolder.open(folder, hadoop).read())
        .setProvenance(ModelProvenance.read(folder, hadoop).orElse(null));
  }
}
