package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.EncodedRow;
import org.sparkfinetune.tokenize.Rows;

/**
 * The rows of all workers, numbered through: first those of worker 0, then those of worker 1, and
 * so on. A worker holds its own shard, knows the size of every row, and gets those that it needs
 * from the workers that hold them, many steps' at once. So a row's number, and with it every batch
 * of the training, is the same for any number of workers.
 */
final class ShardedRows implements Rows {
  /** Numbers that are exchanged at once, about: a few megabytes. */
  private static final int WINDOW = 1 << 20;

  private final EncodedDataset shard;
  private final WorkerGroup workers;
  private final int first;
  private final int[] lengths;
  private final int[] recordSizes;
  private final long tokens;
  private Map<Integer, int[]> window = Map.of();

  /** Learns the sizes of all rows; an operation of all workers. */
  ShardedRows(EncodedDataset shard, WorkerGroup workers) {
    this.shard = shard;
    this.workers = workers;
    int[] counts = new int[workers.size()];
    counts[workers.rank()] = shard.size();
    counts = workers.allReduceSum(counts);
    first = Arrays.stream(counts, 0, workers.rank()).sum();
    int rows = Math.toIntExact(Arrays.stream(counts).asLongStream().sum());
    int[] ownLengths = new int[rows];
    int[] ownSizes = new int[rows];
    for (int i = 0; i < shard.size(); i++) {
      ownLengths[first + i] = shard.length(i);
      ownSizes[first + i] = shard.recordSize(i);
    }
    lengths = workers.allReduceSum(ownLengths);
    recordSizes = workers.allReduceSum(ownSizes);
    tokens = Arrays.stream(lengths).asLongStream().sum();
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
  long tokens() {
    return tokens;
  }

  /** The number of tokens of the longest row; 0 when there is none. */
  int longest() {
    return Arrays.stream(lengths).max().orElse(0);
  }

  /** This worker's rows. */
  EncodedDataset shard() {
    return shard;
  }

  /** A number of the content and order of all rows: equal rows have equal ones. */
  long fingerprint() {
    int[] parts = new int[2 * workers.size()];
    long own = 0;
    for (int i = 0; i < shard.size(); i++) {
      own += (2L * (first + i) + 1) * new EncodedRow(shard.record(i)).fingerprint();
    }
    parts[2 * workers.rank()] = (int) (own >>> 32);
    parts[2 * workers.rank() + 1] = (int) own;
    parts = workers.allReduceSum(parts);
    long all = 0;
    for (int worker = 0; worker < workers.size(); worker++) {
      all += (long) parts[2 * worker] << 32 | Integer.toUnsignedLong(parts[2 * worker + 1]);
    }
    return all;
  }

  /**
   * Gets the rows of coming batches; an operation of all workers.
   *
   * @param batches of which those from {@code start} on are wanted
   * @return how many batches from {@code start} on are here now, at least one
   */
  int fetch(List<int[]> batches, int start) {
    if (workers.size() == 1) {
      return batches.size() - start;
    }
    List<Integer> wanted = new ArrayList<>();
    int numbers = 0;
    int end = start;
    while (end < batches.size() && (end == start || numbers < WINDOW)) {
      for (int row : batches.get(end++)) {
        wanted.add(row);
        numbers = Math.addExact(numbers, recordSizes[row]);
      }
    }
    // Each worker puts in the rows that it holds and zeros for the others: the sum is all rows.
    int[] records = new int[numbers];
    int place = 0;
    for (int row : wanted) {
      if (row >= first && row - first < shard.size()) {
        System.arraycopy(shard.record(row - first), 0, records, place, recordSizes[row]);
      }
      place += recordSizes[row];
    }
    records = workers.allReduceSum(records);
    window = new HashMap<>();
    place = 0;
    for (int row : wanted) {
      window.put(row, Arrays.copyOfRange(records, place, place + recordSizes[row]));
      place += recordSizes[row];
    }
    return end - start;
  }

  /** Rows that have been fetched, or of one worker alone, as a padded batch. */
  Batch batch(int[] rows, int padTokenId) {
    return EncodedRow.batch(Arrays.stream(rows).mapToObj(this::record).toList(), padTokenId);
  }

  /** The label indices of each of such rows. */
  int[][] labels(int[] rows) {
    return Arrays.stream(rows).mapToObj(this::record).map(EncodedRow::labels).toArray(int[][]::new);
  }

  /** What the loss of each of such rows is multiplied by; null when all are 1. */
  float[] weights(int[] rows) {
    return EncodedRow.weights(Arrays.stream(rows).mapToObj(this::record).toList());
  }

  private int[] record(int row) {
    return workers.size() == 1 ? shard.record(row) : window.get(row);
  }
}
