package org.sparkfinetune.model.compute;

import java.util.Arrays;

/**
 * What stands for a tensor where {@link ActivationMemory} goes through a model: its shape, and
 * whose memory it lies in. Results of the operations here are views: they lie in the same memory.
 *
 * <p>An axis may be counted from the end, from -1 down.
 *
 * @param dims the length of each axis
 * @param size bytes an element
 * @param contiguous whether its elements lie in memory in C order
 * @param gradient whether a backward pass goes through it: it depends on a trainable weight
 * @param storage the memory that it shares with its views
 */
public record Shape(long[] dims, int size, boolean contiguous, boolean gradient, Storage storage) {
  /** Memory of a tensor and its views. */
  static final class Storage {
    private final long bytes;
    private boolean stays;

    Storage(long bytes) {
      this.bytes = bytes;
    }

    long bytes() {
      return bytes;
    }

    /** Whether the backward pass needs it. */
    boolean stays() {
      return stays;
    }
  }

  /** A tensor in memory of its own, in C order. */
  static Shape made(boolean gradient, int size, long... dims) {
    Storage storage = new Storage(Math.multiplyExact(elements(dims), size));
    return new Shape(dims, size, true, gradient, storage);
  }

  /** Marks it as needed for the backward pass, if that is so. */
  void stays(boolean needed) {
    storage.stays |= needed;
  }

  /** Marks two factors: the gradient of one needs the other. */
  static void factors(Shape a, Shape b) {
    a.stays(b.gradient);
    b.stays(a.gradient);
  }

  long elements() {
    return elements(dims);
  }

  /** The number of elements of a tensor of these lengths. */
  static long elements(long[] dims) {
    return Arrays.stream(dims).reduce(1, Math::multiplyExact);
  }

  long bytes() {
    return Math.multiplyExact(elements(), size);
  }

  long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /** Its lengths, with another one of an axis. */
  long[] with(int axis, long length) {
    long[] changed = dims.clone();
    changed[axis < 0 ? axis + dims.length : axis] = length;
    return changed;
  }

  /** Its lengths but that of an axis. */
  long[] without(int axis) {
    int left = axis < 0 ? axis + dims.length : axis;
    long[] others = new long[dims.length - 1];
    for (int i = 0; i < others.length; i++) {
      others[i] = dims[i < left ? i : i + 1];
    }
    return others;
  }

  /** The lengths of what comes of two tensors element by element. */
  static long[] broadcast(Shape a, Shape b) {
    int rank = Math.max(a.dims.length, b.dims.length);
    long[] dims = new long[rank];
    for (int back = 1; back <= rank; back++) {
      long ofA = back <= a.dims.length ? a.dim(-back) : 1;
      long ofB = back <= b.dims.length ? b.dim(-back) : 1;
      dims[rank - back] = Math.max(ofA, ofB);
    }
    return dims;
  }

  /** The lengths of a product of matrices, or of batches of them. */
  static long[] product(Shape a, Shape b) {
    long[] dims = a.with(-1, b.dim(-1));
    for (int back = 3; back <= Math.min(dims.length, b.dims.length); back++) {
      dims[dims.length - back] = Math.max(a.dim(-back), b.dim(-back));
    }
    return dims;
  }

  /** The lengths of a table's rows, looked up by their ids. */
  static long[] embedded(Shape table, Shape ids) {
    long[] dims = Arrays.copyOf(ids.dims, ids.dims.length + table.dims.length - 1);
    System.arraycopy(table.dims, 1, dims, ids.dims.length, table.dims.length - 1);
    return dims;
  }

  /**
   * A view.
   *
   * @param inOrder whether its elements lie in C order where this one's do
   */
  Shape view(boolean inOrder, long... lengths) {
    return new Shape(lengths, size, contiguous && inOrder, gradient, storage);
  }

  /** As {@link TensorOps#reshape}, of elements in C order. */
  Shape reshape(long... shape) {
    long[] lengths = shape.clone();
    long rest = elements();
    int open = -1;
    for (int axis = 0; axis < lengths.length; axis++) {
      if (lengths[axis] == 0) {
        lengths[axis] = dims[axis];
      }
      if (lengths[axis] < 0) {
        open = axis;
      } else {
        rest /= lengths[axis];
      }
    }
    if (open >= 0) {
      lengths[open] = rest;
    }
    return view(true, lengths);
  }

  /** As {@link TensorOps#permute}. */
  Shape permute(int... axes) {
    boolean same = true;
    long[] lengths = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      lengths[i] = dims[axes[i]];
      same &= axes[i] == i;
    }
    return view(same, lengths);
  }

  /** As {@link TensorOps#slice}. */
  Shape slice(int axis, long start, long end) {
    long length = dim(axis);
    long from = Math.min(start < 0 ? start + length : start, length);
    long to = Math.min(end < 0 ? end + length : end, length);
    return view(axis == 0 || to - from == length, with(axis, to - from));
  }

  /** As {@link TensorOps#unsqueeze}. */
  Shape unsqueeze(int axis) {
    long[] lengths = Arrays.copyOf(dims, dims.length + 1);
    int at = axis < 0 ? axis + lengths.length : axis;
    System.arraycopy(dims, at, lengths, at + 1, dims.length - at);
    lengths[at] = 1;
    return view(true, lengths);
  }
}
