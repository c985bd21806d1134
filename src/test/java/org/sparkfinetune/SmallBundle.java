package org.sparkfinetune;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.export.OnnxExport;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.task.ProblemType;

/**
 * A network of four narrow layers and random weights over the vocabulary of {@code minilm-l6}, for
 * class paths on which it comes before the jar that has the real one: documentation is run as it
 * stands, and trains it in seconds. The real one is that of QuickstartTest, of the jobs' and the
 * annotators' tests, and of notes whose outputs are kept.
 */
public final class SmallBundle {
  private static final String CONFIG =
      """
      {"architectures": ["BertModel"], "model_type": "bert", "classifier_pooling": "mean",
       "vocab_size": 30522, "hidden_size": 24, "num_hidden_layers": 4, "num_attention_heads": 4,
       "intermediate_size": 48, "max_position_embeddings": 512, "type_vocab_size": 2,
       "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
       "initializer_range": 0.1, "layer_norm_eps": 1e-12, "pad_token_id": 0}
      """;

  private SmallBundle() {}

  /**
   * The tests' class path behind the small one, for another JVM.
   *
   * @param entry what {@link #writeEntry} has written
   */
  public static String before(Path entry) {
    return entry + File.pathSeparator + System.getProperty("java.class.path");
  }

  /**
   * Writes an entry of a class path.
   *
   * @param folder a new one
   * @return {@code folder}
   */
  public static Path writeEntry(Path folder) throws IOException {
    Path configs = Files.createDirectories(folder.resolve("org/sparkfinetune/model/io"));
    Files.writeString(configs.resolve("minilm-l6.config.json"), CONFIG);
    try (SequenceClassifier model = model()) {
      OnnxExport.write(model, folder);
    }
    Files.move(folder.resolve("model.onnx"), folder.resolve("all-minilm-l6-v2.onnx"));
    return folder;
  }

  /** Writes a folder as the hub has it. */
  public static Path writeHuggingFace(Path folder) {
    try (SequenceClassifier model = model()) {
      HuggingFaceFolder.write(
          model.toFiles(TestModels.tiny().tokenizer()),
          model.config().inputs(),
          new org.apache.hadoop.fs.Path(folder.toUri()),
          new Configuration(false));
    }
    return folder;
  }

  private static SequenceClassifier model() {
    ModelConfig config =
        ModelConfig.parse(CONFIG)
            .withHead(
                List.of("LABEL_0", "LABEL_1"),
                Pooling.MEAN,
                ProblemType.SINGLE_LABEL_CLASSIFICATION);
    return SequenceClassifier.fromScratch(config, 42);
  }
}
