package io.sparkfinetune.model;

import java.util.Locale;

/** How the token vectors of a text become the one vector that the head classifies. */
public enum Pooling {
  /** The first token's vector, through the family's own pooler. */
  CLS,
  /** The mean of the vectors of all tokens that are not padding. */
  MEAN;

  /** The name in {@code config.json} and in {@code model.pooling}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }
}
