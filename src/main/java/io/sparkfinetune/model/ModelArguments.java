package io.sparkfinetune.model;

import io.sparkfinetune.UserException;
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
                    + " first token), mean, max, or auto (mean for minilm-l6 and other sentence"
                    + " encoders, else cls).",
            defaultValue = "auto",
            choices = {"auto", "cls", "mean", "max"})
        String pooling,
    @Key(
            doc = "Longest text in tokens, special tokens included; longer texts are truncated.",
            defaultValue = "128",
            min = 3)
        int maxLength,
    @Key(
            doc =
                "What a row's labels are: one (single_label_classification), or a set of any size"
                    + " (multi_label_classification).",
            defaultValue = "single_label_classification")
        ProblemType problemType,
    @Key(
            doc =
                "Multi-label: the probability from which on a label is predicted, above 0 and below"
                    + " 1; or auto: the one of the best micro-F1 on the validation rows, 0.5"
                    + " without any.",
            defaultValue = "auto")
        String threshold) {
  private static final String AUTO = "auto";

  /**
   * Checks what no range can.
   *
   * @throws UserException when {@code threshold} is neither auto nor a probability
   */
  public ModelArguments {
    if (!threshold.equals(AUTO) && !ModelConfig.isThreshold(number(threshold))) {
      throw new UserException(
          "model.threshold="
              + threshold
              + " is not allowed: expected auto or a number above 0 and below 1");
    }
  }

  /**
   * The configuration of a classifier over {@code labels} on a checkpoint.
   *
   * @throws UserException when {@code max_length} is more than the model has positions for
   */
  public ModelConfig configure(ModelConfig checkpoint, List<String> labels) {
    checkpoint.requirePositions(maxLength);
    Pooling chosen =
        pooling.equals(AUTO)
            ? checkpoint.pooling()
            : Pooling.valueOf(pooling.toUpperCase(Locale.ROOT));
    ModelConfig config = checkpoint.withHead(labels, chosen, problemType);
    return problemType.isMultiLabel() && !threshold.equals(AUTO)
        ? config.withThreshold(number(threshold))
        : config;
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
