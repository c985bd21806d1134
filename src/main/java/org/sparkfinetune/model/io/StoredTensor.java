package org.sparkfinetune.model.io;

import java.util.List;

/**
 * Where a tensor's data lies, and how.
 *
 * @param source the file
 * @param position of the first element's first byte in the file
 * @param info the type that is stored, and the shape that the tensor has when it is read
 * @param strides the elements from one index to the next, by dimension, as in PyTorch: {@code [4,
 *     1]} is a matrix of four columns, {@code [1, 4]} one of four rows that was stored transposed
 */
record StoredTensor(ByteSource source, long position, TensorInfo info, List<Long> strides) {
  StoredTensor {
    strides = List.copyOf(strides);
  }

  /** A tensor in C order, as all formats but PyTorch's own store it. */
  static StoredTensor contiguous(ByteSource source, long position, TensorInfo info) {
    return new StoredTensor(source, position, info, rowMajor(info.shape()));
  }

  /** The transpose of this matrix. */
  StoredTensor transposed() {
    List<Long> shape = info.shape();
    return new StoredTensor(
        source,
        position,
        new TensorInfo(info.dtype(), List.of(shape.get(1), shape.get(0))),
        List.of(strides.get(1), strides.get(0)));
  }

  /** Whether the elements lie in C order. */
  boolean isContiguous() {
    List<Long> rowMajor = rowMajor(info.shape());
    for (int i = 0; i < strides.size(); i++) {
      if (info.shape().get(i) > 1 && !strides.get(i).equals(rowMajor.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The elements from the first to the last, with those of no concern between them.
   *
   * @throws ArithmeticException when it does not fit a {@code long}
   */
  long span() {
    long last = 0;
    for (int i = 0; i < strides.size(); i++) {
      long length = info.shape().get(i);
      if (length == 0) {
        return 0;
      }
      last = Math.addExact(last, Math.multiplyExact(length - 1, strides.get(i)));
    }
    return last + 1;
  }

  private static List<Long> rowMajor(List<Long> shape) {
    Long[] strides = new Long[shape.size()];
    long stride = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, Math.max(1, shape.get(i)));
    }
    return List.of(strides);
  }
}
