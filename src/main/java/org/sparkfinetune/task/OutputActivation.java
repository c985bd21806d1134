package org.sparkfinetune.task;

import java.util.Locale;

/** What makes probabilities of logits; the loss that is trained with goes by it. */
public enum OutputActivation {
  /** One distribution over all labels; its loss is cross-entropy. */
  SOFTMAX,
  /** A probability of its own for each label; its loss is binary cross-entropy. */
  SIGMOID;

  /** The name that Spark NLP and PyTorch have for it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The probability of each label, of logits of one row. */
  public double[] probabilities(float[] logits) {
    return switch (this) {
      case SOFTMAX -> Predictions.softmax(logits);
      case SIGMOID -> Predictions.sigmoid(logits);
    };
  }
}
