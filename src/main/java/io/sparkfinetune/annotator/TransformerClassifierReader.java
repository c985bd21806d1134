package io.sparkfinetune.annotator;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.io.HuggingFaceFolder;
import io.sparkfinetune.model.io.SavedModel;
import io.sparkfinetune.model.io.TrainingRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.MLReader;

/** Reads a saved {@link TransformerClassifierModel}: Spark's metadata, then the model's files. */
final class TransformerClassifierReader extends MLReader<TransformerClassifierModel> {
  @Override
  public TransformerClassifierModel load(String path) {
    Configuration hadoop = sparkSession().sessionState().newHadoopConf();
    try {
      Path metadata = new Path(path, "metadata");
      if (!metadata.getFileSystem(hadoop).exists(metadata)) {
        throw new UserException(
            path
                + " is no saved TransformerClassifierModel: there is no metadata folder in it;"
                + " a pipeline is loaded with PipelineModel.load");
      }
      TransformerClassifierModel model =
          new DefaultParamsReader<TransformerClassifierModel>().load(path);
      Path folder = new Path(path, SavedModel.FOLDER);
      return model
          .setFiles(HuggingFaceFolder.open(folder, hadoop).read())
          .setTrainingRecord(TrainingRecord.read(folder, hadoop).orElse(null));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }
}
