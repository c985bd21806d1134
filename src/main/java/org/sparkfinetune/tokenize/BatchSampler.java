package org.sparkfinetune.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Which rows form a batch, and in which order batches come. Every row is in exactly one batch, and
 * every batch is full but one, which may hold fewer rows.
 */
public final class BatchSampler {
  /** Batches that are sorted by length together, at most: the value of Hugging Face's sampler. */
  private static final int MEGA_BATCH = 50;

  private BatchSampler() {}

  /**
   * The batches of one pass over training rows, in random order.
   *
   * <p>With {@code groupByLength} a batch holds rows of like length, as from Hugging Face's {@code
   * LengthGroupedSampler}: the shuffled rows are cut into mega-batches of {@code min(rows / (4 *
   * batchSize), 50)} batches (at least one), each sorted by length and cut into batches. Unlike
   * there, the batches are then shuffled too: left as they are, lengths would fall from long to
   * short within every mega-batch, and the loss would follow them.
   *
   * <p>Within a batch the longest row comes first, so that workers that take its rows in turn have
   * about the same number of tokens.
   *
   * <p>The order is a function of the arguments alone, the same on every JVM: it is drawn from
   * {@link Random} (whose sequence Java's specification fixes), seeded with the {@code (epoch +
   * 1)}th output of the SplitMix64 generator that starts from {@code seed}. So a training that
   * resumes within an epoch finds the same batches again.
   *
   * @param batchSize rows a batch
   * @param seed the training's seed
   * @param epoch passes done before this one
   * @return row numbers of {@code data}, a batch an array
   */
  public static List<int[]> trainingBatches(
      Rows data, int batchSize, boolean groupByLength, long seed, int epoch) {
    checkBatchSize(batchSize);
    Random random = new Random(SplitMix64.output(seed, epoch + 1L));
    int[] rows = IntStream.range(0, data.size()).toArray();
    for (int i = rows.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int row = rows[i];
      rows[i] = rows[j];
      rows[j] = row;
    }
    if (!groupByLength) {
      return cut(rows, batchSize).stream().map(batch -> longestFirst(data, batch)).toList();
    }
    long batches = Math.max(1, Math.min(data.size() / (4L * batchSize), MEGA_BATCH));
    List<int[]> grouped = new ArrayList<>();
    // In long: a mega-batch of a huge batch size may be larger than an int, and larger than rows.
    int megaBatchSize = (int) Math.min(batches * batchSize, Math.max(1, rows.length));
    for (int[] megaBatch : cut(rows, megaBatchSize)) {
      grouped.addAll(cut(longestFirst(data, megaBatch), batchSize));
    }
    Collections.shuffle(grouped, random);
    return grouped;
  }

  /**
   * The batches of an evaluation: rows of like length, the longest first, so that memory reaches
   * its peak at once.
   *
   * @param batchSize rows a batch
   * @return row numbers of {@code data}, a batch an array
   */
  public static List<int[]> evaluationBatches(Rows data, int batchSize) {
    checkBatchSize(batchSize);
    return cut(longestFirst(data, IntStream.range(0, data.size()).toArray()), batchSize);
  }

  private static int[] longestFirst(Rows data, int[] rows) {
    return Arrays.stream(rows)
        .boxed()
        .sorted(Comparator.comparingInt(data::length).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static List<int[]> cut(int[] rows, int size) {
    List<int[]> pieces = new ArrayList<>();
    for (int start = 0; start < rows.length; start += size) {
      pieces.add(Arrays.copyOfRange(rows, start, (int) Math.min((long) start + size, rows.length)));
    }
    return pieces;
  }

  private static void checkBatchSize(int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batchSize is " + batchSize + ", expected 1 or more");
    }
  }
}
