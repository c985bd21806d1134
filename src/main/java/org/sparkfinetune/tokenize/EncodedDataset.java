package org.sparkfinetune.tokenize;

import java.nio.file.Path;
import java.util.Arrays;
import org.sparkfinetune.UserException;

/**
 * Tokenized rows in compact form: a row is one record of ints, and all records lie one after the
 * other in an {@link IntPool}.
 *
 * <p>A row has a set of labels: any number of them, exactly one when the data are single-label.
 *
 * <p>Rows are held in the order of their {@link EncodedRow#position}, so that the same rows give
 * the same data set whatever order Spark delivered them in, and so that data sets of adjacent
 * ranges of positions, put one after the other, are the data set of all their rows.
 */
public final class EncodedDataset implements Rows, AutoCloseable {
  private final IntPool pool;
  private final long[] starts;
  private final int[] sizes;
  private final int[] lengths;
  private final long tokens;

  private EncodedDataset(IntPool pool, long[] starts, int[] sizes, int[] lengths) {
    this.pool = pool;
    this.starts = starts;
    this.sizes = sizes;
    this.lengths = lengths;
    this.tokens = Arrays.stream(lengths).asLongStream().sum();
  }

  /** Starts an empty data set that is held in memory. */
  public static Builder builder() {
    return new Builder(new IntPool(Long.MAX_VALUE, null));
  }

  /**
   * Starts an empty data set.
   *
   * @param memoryBytes how much of the records is held in memory
   * @param folder a local folder for a file with the rest
   */
  public static Builder builder(long memoryBytes, Path folder) {
    return new Builder(new IntPool(memoryBytes, folder));
  }

  @Override
  public int size() {
    return lengths.length;
  }

  @Override
  public int length(int row) {
    return lengths[row];
  }

  /** The number of tokens of all rows. */
  public long tokens() {
    return tokens;
  }

  /** The label indices of a row, ascending. */
  public int[] labels(int row) {
    return EncodedRow.labels(record(row));
  }

  /** The ints of a row's record, which need not be read for it. */
  public int recordSize(int row) {
    return sizes[row];
  }

  /** A row as {@link EncodedRow} lays it out. */
  public int[] record(int row) {
    return pool.read(starts[row], sizes[row]);
  }

  /**
   * The rows as one batch, padded on the right to the longest of them.
   *
   * @param rows row numbers
   * @param padTokenId what fills the unused places
   */
  public Batch batch(int[] rows, int padTokenId) {
    return EncodedRow.batch(Arrays.stream(rows).mapToObj(this::record).toList(), padTokenId);
  }

  /** How many bytes of the records lie on the local disk. */
  long spilledBytes() {
    return pool.spilledBytes();
  }

  /** Lets go of the file, if there is one. */
  @Override
  public void close() {
    pool.close();
  }

  /** Collects rows; not thread-safe. */
  public static final class Builder {
    private final IntPool pool;
    private long[] starts = new long[64];
    private int[] sizes = new int[64];
    private int rows;

    private Builder(IntPool pool) {
      this.pool = pool;
    }

    /**
     * Adds a row whose tokens are all of type 0.
     *
     * @param inputIds token ids, special tokens included, no padding; at least one
     * @param labels the labels' indices, in any order
     */
    public Builder add(int[] inputIds, int... labels) {
      return add(inputIds, inputIds.length, labels);
    }

    /**
     * Adds a row.
     *
     * @param inputIds token ids, special tokens included, no padding; at least one
     * @param secondSegmentStart where its tokens of type 1 start, as in {@link
     *     Encoding#secondSegmentStart}
     * @param labels the labels' indices, in any order; repeated ones count once
     */
    public Builder add(int[] inputIds, int secondSegmentStart, int[] labels) {
      return add(EncodedRow.of(inputIds, secondSegmentStart, labels));
    }

    /**
     * Adds a row as {@link EncodedRow} lays it out.
     *
     * @throws UserException when there are more rows than an array holds
     */
    public Builder add(EncodedRow row) {
      if (rows == Integer.MAX_VALUE - 8) {
        throw new UserException(
            "more than " + rows + " rows for one worker: use more workers (resources.num_workers)");
      }
      if (rows == starts.length) {
        int more = (int) Math.min(Integer.MAX_VALUE - 8, 2L * rows);
        starts = Arrays.copyOf(starts, more);
        sizes = Arrays.copyOf(sizes, more);
      }
      sizes[rows] = row.record().length;
      starts[rows++] = pool.add(row.record());
      return this;
    }

    /** The data set, in the order of positions. */
    public EncodedDataset build() {
      long[] positions = new long[rows];
      Integer[] order = new Integer[rows];
      for (int row = 0; row < rows; row++) {
        positions[row] = EncodedRow.position(record(row));
        order[row] = row;
      }
      Arrays.sort(
          order,
          (a, b) -> {
            int byPosition = Long.compareUnsigned(positions[a], positions[b]);
            // Different rows of one position are rarer than cosmic rays, but the order must be one.
            return byPosition != 0 ? byPosition : Arrays.compare(record(a), record(b));
          });
      long[] orderedStarts = new long[rows];
      int[] orderedSizes = new int[rows];
      int[] lengths = new int[rows];
      for (int i = 0; i < rows; i++) {
        orderedStarts[i] = starts[order[i]];
        orderedSizes[i] = sizes[order[i]];
        lengths[i] = EncodedRow.length(record(order[i]));
      }
      return new EncodedDataset(pool, orderedStarts, orderedSizes, lengths);
    }

    private int[] record(int row) {
      return pool.read(starts[row], sizes[row]);
    }
  }
}
