package org.sparkfinetune.model.compute;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The operations that a forward pass consists of. An encoder is written once, in these: libtorch
 * runs them ({@link ForwardPass}), and an export writes them down as a graph.
 *
 * <p>Tensors broadcast as in NumPy. Negative axes count from the end.
 *
 * @param <T> what stands for a tensor
 */
public interface TensorOps<T> {
  /** A weight of the model, fp32. */
  T weight(Parameter weight);

  /**
   * Weights as {@link #linear} multiplies with them: in the pass's arithmetic, one below the other
   * where there are several.
   */
  default T factors(List<Parameter> weights) {
    // Cast before they are put together, they are fewer bytes.
    List<T> cast = weights.stream().map(this::weight).map(this::cast).toList();
    return cast.size() == 1 ? cast.get(0) : concat(0, cast);
  }

  /** An int64 vector. */
  T constant(long[] values);

  /** An fp32 tensor; {@code values} in C order. */
  T constant(float[] values, long... shape);

  /** Rows of a table: {@code table: [n, ...]}, {@code ids} int64 of any shape. */
  T embedding(T table, T ids);

  /**
   * {@code x} times the transposed weight, plus bias, in the pass's arithmetic.
   *
   * @param x {@code [..., in]}
   * @param weight {@code [out, in]}
   * @param bias {@code [out]}, or null
   */
  T linear(T x, T weight, T bias);

  /** The product of the last two axes. */
  T matmul(T a, T b);

  /**
   * Normalizes the last axis; statistics are taken in fp32.
   *
   * @param bias may be null
   */
  T layerNorm(T x, T weight, T bias, double eps);

  /**
   * Convolution along the tokens, without stride, padded to keep the length.
   *
   * @param x {@code [rows, channels, length]}
   * @param weight {@code [channels, channels / groups, kernel]}, kernel odd
   */
  T conv1d(T x, T weight, T bias, int groups);

  T add(T a, T b);

  T multiply(T a, T b);

  T divide(T a, T b);

  /** Each element times a number. */
  T scale(T x, double factor);

  T activation(Activation function, T x);

  T cos(T x);

  T sin(T x);

  /** Over the last axis. */
  T softmax(T x);

  /** Zeroes elements with probability {@code p} and scales the others up; only while training. */
  T dropout(T x, double p);

  /**
   * {@code softmax(scale q k^T + bias) v}.
   *
   * @param q {@code [rows, heads, length, size]}, and so {@code k} and {@code v}
   * @param bias added to the scores, broadcast to {@code [rows, heads, length, length]}; may be
   *     null
   * @param dropout the probability with which an attention weight is dropped
   */
  T attention(T q, T k, T v, T bias, double scale, double dropout);

  /**
   * {@link #attention} of each head, all of one input.
   *
   * @param projected queries, keys and values side by side, {@code [rows, length, 3 * hidden]}
   * @param heads a divisor of {@code hidden}
   * @param bias added to the scores, broadcast to {@code [rows, heads, length, length]}; may be
   *     null
   * @param size the width of a head
   * @return the heads side by side, {@code [rows, length, hidden]}
   */
  default T selfAttention(T projected, int heads, int size, T bias, double scale, double dropout) {
    T split = splitHeads(projected, heads, size);
    T context =
        attention(
            select(split, 0, 0), select(split, 0, 1), select(split, 0, 2), bias, scale, dropout);
    return mergeHeads(context);
  }

  /**
   * Queries, keys and values apart, and their heads: {@code [rows, length, 3 * heads * size]} to
   * {@code [3, rows, heads, length, size]}.
   */
  default T splitHeads(T projected, int heads, int size) {
    return permute(reshape(projected, 0, 0, 3, heads, size), 2, 0, 3, 1, 4);
  }

  /**
   * Heads side by side again: {@code [rows, heads, length, size]} to {@code [rows, length,
   * hidden]}.
   */
  default T mergeHeads(T context) {
    return reshape(permute(context, 0, 2, 1, 3), 0, 0, -1);
  }

  /**
   * A layer whose insides need not be kept for the backward pass, as they can be computed again.
   *
   * @param layer from a tensor to one of the same shape. It may use others too
   */
  default T recomputable(UnaryOperator<T> layer, T x) {
    return layer.apply(x);
  }

  /**
   * In ONNX's way: a 0 in {@code shape} keeps the length of that axis, one -1 takes what is left.
   */
  T reshape(T x, long... shape);

  T permute(T x, int... axes);

  /** The places {@code [start, end)} of an axis. */
  T slice(T x, int axis, long start, long end);

  /** One place of an axis, which goes. */
  T select(T x, int axis, long index);

  T unsqueeze(T x, int axis);

  T concat(int axis, List<T> parts);

  /**
   * From each row of scores the ones named by a matrix.
   *
   * @param x {@code [rows, heads, length, n]}
   * @param index int64 in {@code [0, n)}, {@code [length, k]}, the same for all rows and heads
   * @return {@code [rows, heads, length, k]}: at {@code l, j} the element {@code index[l, j]} of
   *     {@code x[..., l, :]}
   */
  T gather(T x, T index);

  /** Of the int64 elements before and at each place of the last axis. */
  T cumulativeSum(T x);

  /** int64: 1 where an int64 element is not {@code value}, else 0. */
  T notEqual(T x, long value);

  /** Over an axis, which goes. */
  T sum(T x, int axis);

  /** Over an axis, which goes. */
  T max(T x, int axis);

  /** {@code x} with {@code value} where {@code mask} (boolean) is true. */
  T maskedFill(T x, T mask, double value);

  /** A tensor in the arithmetic of the pass, which may be less exact than fp32. */
  T cast(T x);

  /** A tensor in fp32. */
  T fp32(T x);

  /** The number of each token in its row, from 0: int64, {@code [length]}. */
  T positions(Tokens<T> tokens);

  /** The position of the key less that of the query: int64, {@code [length, length]}. */
  default T distances(Tokens<T> tokens) {
    T positions = positions(tokens);
    T negative = multiply(positions, constant(new long[] {-1}));
    return add(unsqueeze(positions, 0), unsqueeze(negative, 1));
  }

  /**
   * What is added to attention scores so that no token sees padding: {@code [rows, 1, 1, length]};
   * null when nothing is padding.
   */
  T paddingBias(Tokens<T> tokens);
}
