package org.sparkfinetune.model.encoder;

import java.util.Locale;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/** How the token vectors of a text become the one vector that the head classifies. */
public enum Pooling {
  /** The first token's vector. */
  CLS,
  /** The mean of the vectors of all tokens that are not padding. */
  MEAN,
  /** The largest value of each element over all tokens that are not padding. */
  MAX;

  /** The name in {@code config.json} and in {@code model.pooling}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@code [rows, length, hidden]} to {@code [rows, hidden]}. */
  public <T> T pool(TensorOps<T> ops, T vectors, Tokens<T> tokens) {
    return switch (this) {
      case CLS -> ops.select(vectors, 1, 0);
      case MEAN ->
          ops.divide(
              ops.sum(filled(ops, vectors, tokens, 0), 1),
              ops.fp32(ops.unsqueeze(tokens.lengths(), 1)));
      case MAX -> ops.max(filled(ops, vectors, tokens, Double.NEGATIVE_INFINITY), 1);
    };
  }

  /** The vectors in fp32, those of padding all {@code value}. */
  private static <T> T filled(TensorOps<T> ops, T vectors, Tokens<T> tokens, double value) {
    T real = ops.fp32(vectors);
    return tokens.padding() == null
        ? real
        : ops.maskedFill(real, ops.unsqueeze(tokens.padding(), -1), value);
  }
}
