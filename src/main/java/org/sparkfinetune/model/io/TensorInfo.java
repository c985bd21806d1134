package org.sparkfinetune.model.io;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What a file says of a tensor without its data.
 *
 * @param dtype the type of the stored elements
 * @param shape the length of each dimension; empty for a scalar
 */
public record TensorInfo(DType dtype, List<Long> shape) {
  /** More than any weight has: what costs time or memory by dimension is bounded by it. */
  static final int MAX_DIMENSIONS = 8;

  /** Copies the shape. */
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** What a file would say of a tensor; empty when safetensors lacks its element type. */
  public static Optional<TensorInfo> of(Tensor tensor) {
    return DType.of(tensor.scalar_type())
        .map(dtype -> new TensorInfo(dtype, Arrays.stream(tensor.shape()).boxed().toList()));
  }

  /** The shape as libtorch takes it. */
  public long[] dims() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * The size of the stored data in bytes.
   *
   * @throws ArithmeticException when it does not fit a {@code long}, or a dimension is negative
   */
  public long bytes() {
    long bytes = dtype.bytes();
    for (long length : shape) {
      if (length < 0) {
        throw new ArithmeticException("negative dimension");
      }
      // An empty tensor's other dimensions are multiplied too, by libtorch for one.
      bytes = Math.multiplyExact(bytes, Math.max(1, length));
    }
    return shape.contains(0L) ? 0 : bytes;
  }
}
