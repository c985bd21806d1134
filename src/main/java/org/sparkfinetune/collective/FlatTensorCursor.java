package org.sparkfinetune.collective;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Walks over the numbers of several tensors as if they were one. */
final class FlatTensorCursor {
  private final List<Tensor> tensors;
  private long left;
  private int tensor;
  private long offset;

  /** Takes a part of a tensor, and its place among the numbers of a walk. */
  interface Part {
    void take(Tensor part, long at);
  }

  /** At the first number; the tensors have no gaps. */
  FlatTensorCursor(List<Tensor> tensors) {
    this.tensors = tensors.stream().map(whole -> whole.view(-1)).toList();
    left = tensors.stream().mapToLong(Tensor::numel).sum();
  }

  /** How many numbers are still to come. */
  long left() {
    return left;
  }

  /** Walks over the next so many numbers, part for part. */
  void next(long count, Part part) {
    long at = 0;
    while (at < count) {
      Tensor current = tensors.get(tensor);
      long length = Math.min(count - at, current.numel() - offset);
      if (length > 0) {
        part.take(current.narrow(0, offset, length), at);
      }
      at += length;
      offset += length;
      if (offset == current.numel()) {
        tensor++;
        offset = 0;
      }
    }
    left -= count;
  }
}
