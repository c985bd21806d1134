package org.sparkfinetune.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import scala.Tuple2;

/** The numbers of a column in their order, which stay where they are: single ones are asked for. */
final class SortedNumbers {
  private final JavaRDD<Double> sorted;

  /** By partition how many numbers are before it; at the end all. */
  private final long[] before;

  private final long distinct;

  private SortedNumbers(JavaRDD<Double> sorted, long[] before, long distinct) {
    this.sorted = sorted;
    this.before = before;
    this.distinct = distinct;
  }

  /**
   * Sorts.
   *
   * @param column of doubles; nulls are left out
   */
  static SortedNumbers of(Dataset<Row> column) {
    JavaRDD<Double> numbers =
        column.javaRDD().filter(row -> !row.isNullAt(0)).map(row -> row.getDouble(0) + 0.0);
    JavaRDD<Double> sorted =
        numbers.sortBy(number -> number, true, Math.max(1, numbers.getNumPartitions()));
    // Equal numbers are in one partition.
    List<long[]> counts =
        sorted
            .mapPartitions(
                all -> {
                  long count = 0;
                  long different = 0;
                  double last = Double.NaN;
                  while (all.hasNext()) {
                    double number = all.next();
                    count++;
                    different += number == last ? 0 : 1;
                    last = number;
                  }
                  return List.of(new long[] {count, different}).iterator();
                })
            .collect();
    long[] before = new long[counts.size() + 1];
    for (int i = 0; i < counts.size(); i++) {
      before[i + 1] = before[i] + counts.get(i)[0];
    }
    return new SortedNumbers(sorted, before, counts.stream().mapToLong(c -> c[1]).sum());
  }

  /** How many there are. */
  long size() {
    return before[before.length - 1];
  }

  /** How many different ones there are. */
  long distinct() {
    return distinct;
  }

  /** The numbers at places, from 0 on. */
  Map<Long, Double> at(long... places) {
    long[] starts = before;
    Map<Long, Double> found = new HashMap<>();
    sorted
        .mapPartitionsWithIndex(
            (index, all) -> {
              List<Tuple2<Long, Double>> here = new ArrayList<>();
              for (long place = starts[index]; all.hasNext(); place++) {
                double number = all.next();
                if (Arrays.binarySearch(places, place) >= 0) {
                  here.add(new Tuple2<>(place, number));
                }
              }
              return here.iterator();
            },
            true)
        .collect()
        .forEach(one -> found.put(one._1(), one._2()));
    return found;
  }
}
