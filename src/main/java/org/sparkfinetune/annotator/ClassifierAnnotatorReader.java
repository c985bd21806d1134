package org.sparkfinetune.annotator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.MLReader;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.model.io.SavedStage;

/**
 * Reads a saved annotator of a classifier: Spark's metadata, as data, then the model's files.
 *
 * @param <M> the annotator
 */
final class ClassifierAnnotatorReader<M extends ClassifierAnnotator<M>> extends MLReader<M> {
  private final Class<M> type;
  private final Function<String, M> create;

  /**
   * @param create makes one without weights, of its uid
   */
  ClassifierAnnotatorReader(Class<M> type, Function<String, M> create) {
    this.type = type;
    this.create = create;
  }

  @Override
  public M load(String path) {
    Configuration hadoop = sparkSession().sessionState().newHadoopConf();
    try {
      if (!SavedStage.isOne(new Path(path), hadoop)) {
        throw new UserException(
            "%s is no saved %s: there is no metadata folder in it; a pipeline is loaded with PipelineModel.load"
                .formatted(path, type.getSimpleName()));
      }
      SavedStage saved = SavedParams.read(path, type, hadoop);
      M annotator = SavedParams.fill(create.apply(saved.uid()), saved);
      if (annotator.getBatchSize() < 1) {
        throw new UserException(
            "%s: its metadata sets batchSize=%s: expected >= 1"
                .formatted(saved.folder(), annotator.getBatchSize()));
      }
      Path folder = new Path(saved.folder(), SavedModel.FOLDER);
      return annotator.setFiles(HuggingFaceFolder.open(folder, hadoop).read());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }
}
