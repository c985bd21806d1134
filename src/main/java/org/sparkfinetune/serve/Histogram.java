package org.sparkfinetune.serve;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;

/** Counts of values by buckets, as Prometheus has them. Thread-safe. */
final class Histogram {
  private final double[] bounds;
  private final AtomicLongArray counts;
  private final DoubleAdder sum = new DoubleAdder();

  /**
   * @param bounds the largest value of each bucket, ascending; one more takes the rest
   */
  Histogram(double... bounds) {
    this.bounds = bounds;
    counts = new AtomicLongArray(bounds.length + 1);
  }

  void add(double value) {
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    counts.incrementAndGet(bucket);
    sum.add(value);
  }

  /** Adds the lines of the format: each bucket has those below it too. */
  void print(String name, StringBuilder to) {
    long total = 0;
    for (int i = 0; i <= bounds.length; i++) {
      total += counts.get(i);
      String bound = i == bounds.length ? "+Inf" : Double.toString(bounds[i]);
      to.append("%s_bucket{le=\"%s\"} %d\n".formatted(name, bound, total));
    }
    to.append("%s_sum %s\n%s_count %d\n".formatted(name, sum.sum(), name, total));
  }
}
