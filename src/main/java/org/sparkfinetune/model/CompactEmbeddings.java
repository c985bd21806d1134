package org.sparkfinetune.model;

import java.util.Arrays;
import java.util.BitSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.compute.TokenTensors;

/**
 * A table of word vectors of which only the rows in use are there. Of a pretrained model's
 * vocabulary a data set uses a part, often less than a fifth, and no other row ever has a gradient:
 * to an optimizer that leaves such rows as they are, or shrinks them by its weight decay alone,
 * they need not be shown. {@link #close} puts the whole table back.
 */
public final class CompactEmbeddings implements AutoCloseable {
  private final Tensor table;
  private final Tensor whole;
  private final long[] ids;
  private final int[] rowOf;
  private final Runnable onClose;
  private double factor = 1;

  /** Trims a table, a trainable weight, to the rows of a set. */
  CompactEmbeddings(Tensor table, BitSet used, Runnable onClose) {
    this.table = table;
    this.onClose = onClose;
    ids = used.stream().asLongStream().toArray();
    rowOf = new int[(int) table.size(0)];
    Arrays.fill(rowOf, -1);
    for (int row = 0; row < ids.length; row++) {
      rowOf[(int) ids[row]] = row;
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      whole = table.detach();
      whole.retainReference();
      table.set_data(whole.index_select(0, index()));
    }
  }

  /** The number of rows left. */
  public int size() {
    return ids.length;
  }

  /** The number of rows of the whole table. */
  public int vocabulary() {
    return rowOf.length;
  }

  /** The numbers that the whole table consists of. */
  public long wholeSize() {
    return whole.numel();
  }

  /** What the rows that are not there are to be multiplied with in the end; 1 at first. */
  public double factor() {
    return factor;
  }

  /** Sets {@link #factor}. */
  public void setFactor(double newFactor) {
    factor = newFactor;
  }

  /** The rows of tokens in the trimmed table. */
  long[] rows(long[] inputIds) {
    long[] rows = new long[inputIds.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = rowOf[(int) inputIds[i]];
      if (rows[i] < 0) {
        throw new IllegalStateException(
            "the token id "
                + inputIds[i]
                + " is not among those that the vocabulary was trimmed to");
      }
    }
    return rows;
  }

  private Tensor index() {
    return TokenTensors.int64(ids, ids.length).to(table.device(), ScalarType.Long);
  }

  /** Puts the whole table back, with the rows in use as they are now. */
  @Override
  public void close() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      // Of the old shape; the next backward pass makes one of the new.
      table.mutable_grad().reset();
      whole.mul_(new Scalar(factor));
      whole.index_copy_(0, index(), table.detach());
      table.set_data(whole);
    }
    whole.close();
    onClose.run();
  }
}
