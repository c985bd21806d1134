package io.sparkfinetune.model;

import io.sparkfinetune.config.Key;
import java.util.List;
import java.util.Locale;

/** What to build: the base checkpoint and the head on it. */
public record ModelArguments(
    @Key(
            doc =
                "The checkpoint to start from: minilm-l6 (in the jar), or the path of a Hugging Face"
                    + " folder or an ONNX file, on any Hadoop file system.",
            defaultValue = "minilm-l6")
        String base,
    @Key(
            doc =
                "How token vectors become one vector a text: cls (the family's own pooler on the"
                    + " first token), mean, or auto (mean for minilm-l6 and other sentence"
                    + " encoders, else cls).",
            defaultValue = "auto",
            choices = {"auto", "cls", "mean"})
        String pooling,
    @Key(
            doc = "Longest text in tokens, special tokens included; longer texts are truncated.",
            defaultValue = "128",
            min = 3)
        int maxLength) {

  /**
   * The configuration of a classifier over {@code labels} on a checkpoint.
   *
   * @throws io.sparkfinetune.UserException when {@code max_length} is more than the model has
   *     positions for
   */
  public ModelConfig configure(ModelConfig checkpoint, List<String> labels) {
    checkpoint.requirePositions(maxLength);
    Pooling chosen =
        pooling.equals("auto")
            ? checkpoint.pooling()
            : Pooling.valueOf(pooling.toUpperCase(Locale.ROOT));
    return checkpoint.withHead(labels, chosen);
  }
}
