package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.SavedParams;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.model.io.SavedStage;

/**
 * A pipeline that {@code fine-tune} has saved, made anew from its metadata. {@code
 * PipelineModel.load} makes an object of every class that a folder names and lets it read whatever
 * it likes, so that a folder from elsewhere runs as a program; here a folder is data.
 *
 * @param assemblers of the classifier's columns of documents, in order
 */
record SavedPipeline(List<DocumentAssembler> assemblers, TransformerClassifierModel classifier) {
  private static final String ASSEMBLER = DocumentAssembler.class.getName();
  private static final String CLASSIFIER = TransformerClassifierModel.class.getName();

  /**
   * Reads a saved pipeline.
   *
   * @throws UserException when it has other stages, or lacks one
   */
  static SavedPipeline read(Path folder, Configuration hadoop) throws IOException {
    List<SavedStage> stages = SavedStage.read(folder, hadoop).stages(hadoop);
    List<SavedStage> classifiers =
        stages.stream().filter(s -> s.type().equals(CLASSIFIER)).toList();
    for (SavedStage stage : stages) {
      if (!stage.type().equals(ASSEMBLER) && !stage.type().equals(CLASSIFIER)) {
        throw foreign(stage, classifiers);
      }
    }
    if (classifiers.size() != 1) {
      throw new UserException(
          "%s: a pipeline with %s stages TransformerClassifierModel: expected one"
              .formatted(folder, classifiers.size()));
    }
    // By the column that each writes.
    Map<String, DocumentAssembler> assemblers = new LinkedHashMap<>();
    for (SavedStage stage : stages) {
      if (stage.type().equals(ASSEMBLER)) {
        DocumentAssembler assembler = assembler(stage);
        assemblers.put(assembler.getOutputCol(), assembler);
      }
    }
    TransformerClassifierModel classifier =
        TransformerClassifierModel.load(classifiers.get(0).folder().toString(), hadoop);
    return new SavedPipeline(of(classifier, assemblers, folder), classifier);
  }

  private static List<DocumentAssembler> of(
      TransformerClassifierModel classifier,
      Map<String, DocumentAssembler> assemblers,
      Path folder) {
    List<DocumentAssembler> read = new ArrayList<>();
    String[] columns =
        classifier.isDefined(classifier.inputCols()) ? classifier.getInputCols() : new String[0];
    for (String column : columns) {
      if (!assemblers.containsKey(column)) {
        throw new UserException(
            "%s: its classifier reads the column %s, which no DocumentAssembler in it writes (%s)"
                .formatted(folder, column, String.join(", ", assemblers.keySet())));
      }
      read.add(assemblers.get(column));
    }
    if (read.isEmpty() || read.size() > 2) {
      throw new UserException(
          "%s: its classifier reads %s columns: expected one of documents, or two of pairs"
              .formatted(folder, read.size()));
    }
    if (read.size() == 2 && columns[0].equals(columns[1])) {
      throw new UserException(
          "%s: its classifier reads the column %s twice: expected two columns of pairs"
              .formatted(folder, columns[0]));
    }
    return read;
  }

  /** The ids and metadata that it gives documents are of columns that jobs do not have. */
  private static DocumentAssembler assembler(SavedStage stage) {
    DocumentAssembler assembler = SavedParams.fill(new DocumentAssembler(stage.uid()), stage);
    assembler.clear(assembler.idCol());
    assembler.clear(assembler.metadataCol());
    try {
      return assembler.setCleanupMode(assembler.getCleanupMode());
    } catch (IllegalArgumentException e) {
      throw new UserException(
          stage.folder() + ": its metadata sets cleanupMode: " + e.getMessage(), e);
    }
  }

  private static UserException foreign(SavedStage stage, List<SavedStage> classifiers) {
    return new UserException(
        ("its stage %s is a %s, and jobs make no other stages than those that fine-tune writes,"
                + " DocumentAssembler and TransformerClassifierModel, since others can run code. %s"
                + "load it by PipelineModel.load in a program of your own if you trust who made it")
            .formatted(
                stage.folder(),
                stage.shownType(),
                classifiers.isEmpty()
                    ? "Expected a model of fine-tune; or "
                    : "Give its classifier alone, model=%s, or "
                        .formatted(classifiers.get(0).folder())));
  }
}
