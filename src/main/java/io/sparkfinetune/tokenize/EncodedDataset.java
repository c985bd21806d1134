package io.sparkfinetune.tokenize;

import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.List;

/**
 * Tokenised rows in compact form: all token ids in one array and all label indices in another, each
 * with offsets, and one number a row for its token types.
 *
 * <p>A row has a set of labels: any number of them, exactly one when the data are single-label.
 *
 * <p>Rows are held in a canonical order (by length, then by ids, then by token types, then by
 * labels), so that the same rows give the same data set whatever order Spark delivered them in.
 */
public final class EncodedDataset {
  private final Jagged ids;
  private final int[] typeOneStarts;
  private final Jagged labels;

  private EncodedDataset(Jagged ids, int[] typeOneStarts, Jagged labels) {
    this.ids = ids;
    this.typeOneStarts = typeOneStarts;
    this.labels = labels;
  }

  /** Starts an empty data set. */
  public static Builder builder() {
    return new Builder();
  }

  /** The number of rows. */
  public int size() {
    return ids.rows;
  }

  /** The number of tokens of a row, special tokens included. */
  public int length(int row) {
    return ids.length(row);
  }

  /** The number of tokens of all rows. */
  public long tokens() {
    return ids.offsets[ids.rows];
  }

  /** The label indices of a row, ascending. */
  public int[] labels(int row) {
    return labels.row(row);
  }

  /**
   * The rows as one batch, padded on the right to the longest of them.
   *
   * @param rows row numbers
   * @param padTokenId what fills the unused places
   */
  public Batch batch(int[] rows, int padTokenId) {
    List<int[]> inputIds = Arrays.stream(rows).mapToObj(ids::row).toList();
    int[] starts = Arrays.stream(rows).map(row -> typeOneStarts[row]).toArray();
    int[][] labelsOfRows = Arrays.stream(rows).mapToObj(labels::row).toArray(int[][]::new);
    return Batch.of(inputIds, starts, labelsOfRows, padTokenId);
  }

  /** Collects rows; not thread-safe. */
  public static final class Builder {
    private final Jagged ids = new Jagged();
    private final Jagged labels = new Jagged();
    private int[] typeOneStarts = new int[64];

    private Builder() {}

    /**
     * Adds a row whose tokens are all of type 0.
     *
     * @param inputIds token ids, special tokens included, no padding; at least one
     * @param labels the labels' indices, in any order
     * @throws UserException when there are more tokens than an array holds
     */
    public Builder add(int[] inputIds, int... labels) {
      return add(inputIds, inputIds.length, labels);
    }

    /**
     * Adds a row.
     *
     * @param inputIds token ids, special tokens included, no padding; at least one
     * @param typeOneStart where its tokens of type 1 start, as in {@link Encoding#typeOneStart}
     * @param rowLabels the labels' indices, in any order; repeated ones count once
     * @throws UserException when there are more tokens than an array holds
     */
    public Builder add(int[] inputIds, int typeOneStart, int[] rowLabels) {
      if (inputIds.length == 0) {
        // Attention over nothing is NaN, many steps later.
        throw new IllegalArgumentException("A row must have at least one token");
      }
      if (ids.rows == typeOneStarts.length) {
        typeOneStarts = Arrays.copyOf(typeOneStarts, 2 * typeOneStarts.length);
      }
      typeOneStarts[ids.rows] = typeOneStart;
      ids.add(inputIds);
      labels.add(Arrays.stream(rowLabels).sorted().distinct().toArray());
      return this;
    }

    /** The data set, in canonical order. */
    public EncodedDataset build() {
      Integer[] order = new Integer[ids.rows];
      Arrays.setAll(order, i -> i);
      Arrays.sort(order, this::compare);
      int[] starts = Arrays.stream(order).mapToInt(row -> typeOneStarts[row]).toArray();
      return new EncodedDataset(ids.inOrder(order), starts, labels.inOrder(order));
    }

    private int compare(int a, int b) {
      int byLength = Integer.compare(ids.length(a), ids.length(b));
      if (byLength != 0) {
        return byLength;
      }
      int byIds = ids.compare(a, b);
      if (byIds != 0) {
        return byIds;
      }
      int byTypes = Integer.compare(typeOneStarts[a], typeOneStarts[b]);
      return byTypes != 0 ? byTypes : labels.compare(a, b);
    }
  }

  /** Rows of unequal length, one after the other in one array. */
  private static final class Jagged {
    /** The longest array that a JVM grants. */
    private static final int MAX_VALUES = Integer.MAX_VALUE - 8;

    private int[] values = new int[1024];
    private int[] offsets = new int[64];
    private int rows;

    void add(int[] row) {
      int start = offsets[rows];
      if (row.length > MAX_VALUES - start) {
        throw new UserException(
            "More than %,d tokens for one worker. Use more workers or a smaller max_length."
                .formatted(MAX_VALUES));
      }
      int end = start + row.length;
      if (end > values.length) {
        values =
            Arrays.copyOf(values, Math.max(end, (int) Math.min(MAX_VALUES, 2L * values.length)));
      }
      System.arraycopy(row, 0, values, start, row.length);
      if (rows + 1 == offsets.length) {
        offsets = Arrays.copyOf(offsets, 2 * offsets.length);
      }
      offsets[++rows] = end;
    }

    int length(int row) {
      return offsets[row + 1] - offsets[row];
    }

    int[] row(int row) {
      return Arrays.copyOfRange(values, offsets[row], offsets[row + 1]);
    }

    int compare(int a, int b) {
      return Arrays.compare(values, offsets[a], offsets[a + 1], values, offsets[b], offsets[b + 1]);
    }

    Jagged inOrder(Integer[] order) {
      Jagged sorted = new Jagged();
      sorted.values = new int[offsets[rows]];
      sorted.offsets = new int[rows + 1];
      for (int row : order) {
        int start = sorted.offsets[sorted.rows];
        System.arraycopy(values, offsets[row], sorted.values, start, length(row));
        sorted.offsets[++sorted.rows] = start + length(row);
      }
      return sorted;
    }
  }
}
