package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.FileNotFoundException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.model.io.SavedStage;
import org.sparkfinetune.storage.Storage;

/**
 * A fine-tuned classifier, wherever a user says that it is. All that load one find it here, with a
 * Spark session or without.
 *
 * @param name as the user gave it
 * @param location of the pipeline, or else of the classifier
 * @param assemblers of the saved pipeline, of pairs two; empty for a classifier by itself
 */
record SavedClassifier(
    String name,
    String location,
    Optional<List<DocumentAssembler>> assemblers,
    TransformerClassifierModel classifier) {
  /** Where the output folder of {@code fine-tune} has its pipeline. */
  private static final String IN_OUTPUT = "/model";

  /**
   * Finds a pipeline that {@code fine-tune} has saved, in its own folder or the output folder of
   * the job, or else a classifier that {@link TransformerClassifierModel#loadSavedModel} reads.
   * Nothing in the folder is executed.
   *
   * @param path also a URI, as {@code models:/NAME@ALIAS}
   * @throws UserException when there is none at the path, or a pipeline of other stages
   */
  static SavedClassifier find(String path, Configuration hadoop) {
    return orRefused(
        path,
        () -> {
          String location = ModelLocator.locate(path, hadoop);
          for (String saved : new String[] {location, location + IN_OUTPUT}) {
            if (ask(path, saved, hadoop, (fs, at) -> fs.exists(new Path(at, SavedStage.STAGES)))) {
              SavedPipeline pipeline =
                  ask(path, saved, hadoop, (fs, at) -> SavedPipeline.read(at, hadoop));
              return new SavedClassifier(
                  path, saved, Optional.of(pipeline.assemblers()), pipeline.classifier());
            }
          }
          return new SavedClassifier(
              path,
              location,
              Optional.empty(),
              TransformerClassifierModel.loadSavedModel(location, hadoop));
        });
  }

  /** What a calibration has left in the pipeline's folder. */
  Optional<MahalanobisScore> mahalanobis(Configuration hadoop) {
    if (assemblers.isEmpty()) {
      return Optional.empty();
    }
    int labels = classifier.getClasses().length;
    return orRefused(
        name,
        () ->
            ask(
                name,
                location,
                hadoop,
                (fs, at) -> MahalanobisFile.read(at.toString(), labels, hadoop)));
  }

  private static <T> T ask(
      String name, String place, Configuration hadoop, Storage.Question<T> question) {
    try {
      return Storage.ask(setting(name), place, hadoop, question);
    } catch (FileNotFoundException e) {
      throw new UserException("a part of it cannot be read: " + e.getMessage(), e);
    }
  }

  private static <T> T orRefused(String name, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (UserException e) {
      String message = e.getMessage();
      throw new UserException(
          message.startsWith(setting(name)) ? message : setting(name) + ": " + message, e);
    }
  }

  private static String setting(String name) {
    return "model=" + name;
  }
}
