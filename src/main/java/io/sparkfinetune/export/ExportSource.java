package io.sparkfinetune.export;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.AdapterFiles;
import io.sparkfinetune.model.io.HuggingFaceFolder;
import io.sparkfinetune.model.io.SavedModel;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.model.io.TrainingRecord;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The classifier that is to be exported, loaded whole.
 *
 * @param classifier its network; closed with this
 * @param tokenizer the text of its {@code tokenizer.json}
 * @param training what is known of its training; empty fields when that is nothing
 * @param adapter what the weights were merged with, where it is kept as files of its own
 */
public record ExportSource(
    SequenceClassifier classifier,
    String tokenizer,
    TrainingRecord training,
    Optional<AdapterFiles> adapter)
    implements AutoCloseable {
  /** Of transformers, which does not write {@code id2label} for labels that it has named itself. */
  private static final int DEFAULT_NUM_LABELS = 2;

  /** A classifier that keeps no adapter. */
  public ExportSource(SequenceClassifier classifier, String tokenizer, TrainingRecord training) {
    this(classifier, tokenizer, training, Optional.empty());
  }

  /**
   * Loads a classifier from the output folder of a job, a saved pipeline, a saved {@code
   * TransformerClassifierModel} or a Hugging Face folder.
   *
   * @throws UserException when the path is none of them, or the model is no whole classifier
   */
  public static ExportSource open(Path path, Configuration hadoop) throws IOException {
    Path folder = SavedModel.huggingFaceFolder(path, hadoop).orElse(path);
    HuggingFaceFolder files = HuggingFaceFolder.open(folder, hadoop);
    ModelConfig config = complete(ModelConfig.parse(files.config()), folder);
    TrainingRecord training = TrainingRecord.read(folder, hadoop).orElseGet(TrainingRecord::empty);
    try (TensorSource weights = files.openWeights()) {
      return new ExportSource(
          SequenceClassifier.load(config, weights), files.tokenizer(), training, files.adapter());
    }
  }

  /** A configuration with what tools look for and transformers itself leaves to defaults. */
  private static ModelConfig complete(ModelConfig stored, Path folder) {
    List<String> labels = stored.labels();
    if (labels.isEmpty()
        && stored.words("architectures").contains(stored.classifierArchitecture())) {
      labels =
          IntStream.range(0, stored.integer("num_labels", DEFAULT_NUM_LABELS))
              .mapToObj(id -> "LABEL_" + id)
              .toList();
    }
    if (labels.isEmpty()) {
      throw new UserException(
          folder
              + ": config.json has no id2label: expected a fine-tuned classifier, as jobs/fine-tune"
              + " writes it");
    }
    ModelConfig config = stored.withHead(labels, stored.pooling(), stored.problemType());
    OptionalDouble threshold = stored.threshold();
    return threshold.isPresent() ? config.withThreshold(threshold.getAsDouble()) : config;
  }

  /** This source with more that is known of its training. */
  public ExportSource with(TrainingRecord more) {
    return new ExportSource(classifier, tokenizer, more, adapter);
  }

  @Override
  public void close() {
    classifier.close();
  }
}
