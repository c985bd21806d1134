package org.sparkfinetune.export;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.SavedModel;

/**
 * The classifier that is to be exported, loaded whole.
 *
 * @param classifier its network; closed with this
 * @param tokenizer the text of its {@code tokenizer.json}
 * @param provenance what is known of its training; empty fields when that is nothing
 * @param adapter what the weights were merged with, where it is kept as files of its own
 */
public record ExportSource(
    SequenceClassifier classifier,
    String tokenizer,
    ModelProvenance provenance,
    Optional<AdapterFiles> adapter)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExportSource.class);

  /** A classifier that keeps no adapter. */
  public ExportSource(SequenceClassifier classifier, String tokenizer, ModelProvenance provenance) {
    this(classifier, tokenizer, provenance, Optional.empty());
  }

  /**
   * Loads a classifier from the output folder of a job, a saved pipeline, a saved {@code
   * TransformerClassifierModel}, a Hugging Face folder or an MLflow model.
   *
   * @throws UserException when the path is none of them, or the model is no whole classifier
   */
  public static ExportSource open(Path path, Configuration hadoop) throws IOException {
    PretrainedModel pretrained = PretrainedModel.open(path.toString(), hadoop);
    pretrained.tokenizerNotes(0).forEach(LOG::warn);
    Path folder = SavedModel.huggingFaceFolder(path, hadoop).orElse(path);
    ModelProvenance provenance = pretrained.provenance();
    Optional<AdapterFiles> adapter = Optional.ofNullable(AdapterFiles.read(folder, hadoop));
    // Last: what fails above leaves no weights behind.
    return new ExportSource(
        SequenceClassifier.load(pretrained), pretrained.tokenizer(), provenance, adapter);
  }

  /** This source with more that is known of its training. */
  public ExportSource with(ModelProvenance more) {
    return new ExportSource(classifier, tokenizer, more, adapter);
  }

  @Override
  public void close() {
    classifier.close();
  }
}
