package io.sparkfinetune.tokenize;

import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.List;

/**
 * Tokenised rows in compact form: all token ids in one array, with offsets, and one label a row.
 *
 * <p>Rows are held in a canonical order (by length, then by ids, then by label), so that the same
 * rows give the same data set whatever order Spark delivered them in.
 */
public final class EncodedDataset {
  private final int[] ids;
  private final int[] offsets;
  private final int[] labels;

  private EncodedDataset(int[] ids, int[] offsets, int[] labels) {
    this.ids = ids;
    this.offsets = offsets;
    this.labels = labels;
  }

  /** Starts an empty data set. */
  public static Builder builder() {
    return new Builder();
  }

  /** The number of rows. */
  public int size() {
    return labels.length;
  }

  /** The number of tokens of a row, special tokens included. */
  public int length(int row) {
    return offsets[row + 1] - offsets[row];
  }

  /** The number of tokens of all rows. */
  public long tokens() {
    return ids.length;
  }

  /** The label index of a row. */
  public int label(int row) {
    return labels[row];
  }

  /**
   * The rows as one batch, padded on the right to the longest of them.
   *
   * @param rows row numbers
   * @param padTokenId what fills the unused places
   */
  public Batch batch(int[] rows, int padTokenId) {
    List<int[]> inputIds =
        Arrays.stream(rows)
            .mapToObj(row -> Arrays.copyOfRange(ids, offsets[row], offsets[row + 1]))
            .toList();
    return Batch.of(inputIds, Arrays.stream(rows).mapToLong(this::label).toArray(), padTokenId);
  }

  /** Collects rows; not thread-safe. */
  public static final class Builder {
    /** The longest array that a JVM grants. */
    private static final int MAX_TOKENS = Integer.MAX_VALUE - 8;

    private int[] ids = new int[1024];
    private int[] offsets = new int[64];
    private int[] labels = new int[64];
    private int rows;

    private Builder() {}

    /**
     * Adds a row.
     *
     * @param inputIds token ids, special tokens included, no padding; at least one
     * @param label the label's index
     * @throws UserException when there are more tokens than an array holds
     */
    public Builder add(int[] inputIds, int label) {
      if (inputIds.length == 0) {
        // Attention over nothing is NaN, many steps later.
        throw new IllegalArgumentException("A row must have at least one token");
      }
      int start = offsets[rows];
      if (inputIds.length > MAX_TOKENS - start) {
        throw new UserException(
            "More than %,d tokens for one worker. Use more workers or a smaller max_length."
                .formatted(MAX_TOKENS));
      }
      int end = start + inputIds.length;
      if (end > ids.length) {
        ids = Arrays.copyOf(ids, Math.max(end, (int) Math.min(MAX_TOKENS, 2L * ids.length)));
      }
      System.arraycopy(inputIds, 0, ids, start, inputIds.length);
      if (rows + 1 == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * offsets.length);
        labels = Arrays.copyOf(labels, 2 * labels.length);
      }
      labels[rows] = label;
      offsets[++rows] = end;
      return this;
    }

    /** The data set, in canonical order. */
    public EncodedDataset build() {
      Integer[] order = new Integer[rows];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, this::compare);
      int[] sortedIds = new int[offsets[rows]];
      int[] sortedOffsets = new int[rows + 1];
      int[] sortedLabels = new int[rows];
      for (int i = 0; i < rows; i++) {
        int row = order[i];
        int length = offsets[row + 1] - offsets[row];
        System.arraycopy(ids, offsets[row], sortedIds, sortedOffsets[i], length);
        sortedOffsets[i + 1] = sortedOffsets[i] + length;
        sortedLabels[i] = labels[row];
      }
      return new EncodedDataset(sortedIds, sortedOffsets, sortedLabels);
    }

    private int compare(int a, int b) {
      int byLength = Integer.compare(offsets[a + 1] - offsets[a], offsets[b + 1] - offsets[b]);
      if (byLength != 0) {
        return byLength;
      }
      int byIds = Arrays.compare(ids, offsets[a], offsets[a + 1], ids, offsets[b], offsets[b + 1]);
      return byIds != 0 ? byIds : Integer.compare(labels[a], labels[b]);
    }
  }
}
