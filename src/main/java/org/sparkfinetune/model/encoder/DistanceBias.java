package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * A bias on attention scores, one for each head, by the distance of two tokens, in buckets (Raffel
 * et al., 2019, T5).
 */
final class DistanceBias {
  private static final int BUCKETS = 32;
  private static final int MAX_DISTANCE = 128;

  private final Parameter table;

  /** Bucket of each distance from {@code -(maxTokens - 1)} to {@code maxTokens - 1}. */
  private final long[] buckets;

  /**
   * Declares the table.
   *
   * @param rows its rows, at least {@value #BUCKETS}
   * @param maxTokens tokens of the longest row
   */
  DistanceBias(ParameterSet.Scope scope, int rows, int heads, int maxTokens) {
    table = scope.parameter("weight", Parameter.Init.NORMAL, rows, heads);
    buckets = new long[2 * maxTokens - 1];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = bucket(i - (maxTokens - 1));
    }
  }

  /** The rows of a configuration that may have more of them than are used. */
  static int rows(ConfigValues config) {
    return config.integer(
        "relative_attention_num_buckets", BUCKETS, BUCKETS, ConfigValues.MAX_SIZE);
  }

  /**
   * The bucket of a key's position less the query's: half of the buckets for keys on the right; of
   * each half one a distance at first, then logarithmically up to {@link #MAX_DISTANCE}.
   */
  private static long bucket(int distance) {
    int half = BUCKETS / 2;
    int exact = half / 2;
    int side = distance > 0 ? half : 0;
    int n = Math.abs(distance);
    if (n < exact) {
      return side + n;
    }
    // In fp32, as transformers: on the edge of a bucket rounding decides.
    float share =
        (float) Math.log((float) n / exact) / (float) Math.log((double) MAX_DISTANCE / exact);
    return side + Math.min(half - 1, exact + (long) (share * (half - exact)));
  }

  /**
   * The bias with that of padding, {@code [1 or rows, heads, length, length]}.
   *
   * @param padding as of {@link TensorOps#paddingBias}; may be null
   */
  <T> T plus(TensorOps<T> ops, Tokens<T> tokens, T padding) {
    T index = ops.add(ops.distances(tokens), ops.constant(new long[] {(buckets.length - 1) / 2}));
    T bucket = ops.embedding(ops.constant(buckets), index);
    // [length, length, heads] -> [1, heads, length, length]
    T bias = ops.unsqueeze(ops.permute(ops.embedding(ops.weight(table), bucket), 2, 0, 1), 0);
    return padding == null ? bias : ops.add(bias, padding);
  }
}
