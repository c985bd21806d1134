package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.task.ProblemType;

/**
 * Counts rows by what matters for {@link Bootstrap} intervals: as much as there are different rows,
 * for a metric, and not as many as there are rows. As {@link MetricsAccumulator} it is given rows,
 * travels by its state, and does not mind their order.
 */
public abstract class IntervalAccumulator implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Of the metrics that are means over rows. */
  private final Map<Metric, RowMean> means = new LinkedHashMap<>();

  private final Map<Metric, CellTable> tables = new LinkedHashMap<>();

  IntervalAccumulator(ProblemType problemType) {
    Metric.statistics(problemType)
        .forEach(
            (metric, statistic) -> {
              if (statistic instanceof RowMean mean) {
                means.put(metric, mean);
                tables.put(metric, new CellTable());
              }
            });
  }

  /** The stratum of a row. */
  abstract int stratum(int[] labels);

  /** Adds what is no mean over rows. */
  abstract void addOthers(int[] labels, double[] probabilities);

  /** What is no mean over rows. */
  abstract List<CellTable> others();

  /** The intervals of what is no mean over rows. */
  abstract Map<Metric, Interval> intervalsOfOthers(Bootstrap bootstrap);

  /** Adds a row, as {@link MetricsAccumulator#add} is given it. */
  public final void add(int[] labels, double[] probabilities) {
    int stratum = stratum(labels);
    means.forEach(
        (metric, mean) -> {
          double value = mean.of(labels, probabilities);
          tables.get(metric).add(stratum, CellTable.cellOf(value), value);
        });
    addOthers(labels, probabilities);
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public final double[] state() {
    return States.join(all().stream().map(CellTable::state).toList());
  }

  /** Adds the rows of another one of the same labels, by its state. */
  public final void merge(double[] state) {
    Iterator<double[]> states = States.split(state).iterator();
    all().forEach(table -> table.merge(states.next()));
  }

  private List<CellTable> all() {
    List<CellTable> all = new ArrayList<>(tables.values());
    all.addAll(others());
    return all;
  }

  /** The intervals of the metrics that have some; none without rows. */
  public final Map<Metric, Interval> intervals(Bootstrap bootstrap) {
    Map<Metric, Interval> intervals = new EnumMap<>(Metric.class);
    for (Map.Entry<Metric, CellTable> table : tables.entrySet()) {
      CellTable.Strata strata = table.getValue().strata();
      if (strata.rows().length == 0) {
        return intervals;
      }
      intervals.putAll(
          bootstrap.intervals(
              strata.rows(), rows -> Map.of(table.getKey(), mean(rows, strata.means()))));
    }
    intervals.putAll(intervalsOfOthers(bootstrap));
    return intervals;
  }

  static double mean(long[][] rows, double[][] means) {
    double sum = 0;
    long all = 0;
    for (int stratum = 0; stratum < rows.length; stratum++) {
      for (int cell = 0; cell < rows[stratum].length; cell++) {
        sum += rows[stratum][cell] * means[stratum][cell];
        all += rows[stratum][cell];
      }
    }
    return sum / all;
  }
}
