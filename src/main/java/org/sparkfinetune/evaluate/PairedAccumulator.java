package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.sparkfinetune.task.ProblemType;

/**
 * Counts rows that two classifiers have predicted, by what matters for how the two differ. As
 * {@link MetricsAccumulator} it is given rows, travels by its state, and does not mind their order.
 */
public abstract class PairedAccumulator implements Serializable {
  private static final long serialVersionUID = 1L;

  private final MetricsAccumulator first;
  private final MetricsAccumulator second;

  /** Of the metrics that are means over rows; by the difference that a row has. */
  private final Map<Metric, RowMean> means = new LinkedHashMap<>();

  private final Map<Metric, CellTable> differences = new LinkedHashMap<>();

  /** What the two predict, by stratum. */
  private final CellTable outcomes = new CellTable();

  private long agreements;

  PairedAccumulator(ProblemType problemType, int labels, double[] thresholds) {
    first = Accumulators.of(problemType, labels, threshold(thresholds[0]));
    second = Accumulators.of(problemType, labels, threshold(thresholds[1]));
    Metric.statistics(problemType)
        .forEach(
            (metric, statistic) -> {
              if (statistic instanceof RowMean mean) {
                means.put(metric, mean);
                differences.put(metric, new CellTable());
              }
            });
  }

  private static OptionalDouble threshold(double threshold) {
    return Double.isNaN(threshold) ? OptionalDouble.empty() : OptionalDouble.of(threshold);
  }

  /** The stratum of a row, of which as many are drawn as there are. */
  abstract int stratum(int[] labels);

  /** What the two predict of a row, in a number. */
  abstract long outcome(int[] labels, double[] first, double[] second);

  /** Which of the two are right in an outcome: 1 the first, 2 the second. */
  abstract int right(int stratum, long outcome);

  /** Whether the two predict the same of a row. */
  abstract boolean agree(double[] first, double[] second);

  /** What the two predict of a stratum's rows of an outcome; empty where that is not known. */
  abstract Optional<PairedMetrics.Disagreement> disagreement(int stratum, long outcome, long rows);

  /**
   * Metrics of the first less those of the second.
   *
   * @param strata that of each line of the others
   * @param outcomes by stratum
   * @param rows how many have them
   */
  abstract Map<Metric, Double> differences(int[] strata, long[][] outcomes, long[][] rows);

  /**
   * Adds a row.
   *
   * @param labels as {@link MetricsAccumulator#add} is given them
   * @param ofFirst the probability that the first gives to each label
   * @param ofSecond the probability that the second gives to each label
   */
  public final void add(int[] labels, double[] ofFirst, double[] ofSecond) {
    first.add(labels, ofFirst);
    second.add(labels, ofSecond);
    int stratum = stratum(labels);
    means.forEach(
        (metric, mean) -> {
          double difference = mean.of(labels, ofFirst) - mean.of(labels, ofSecond);
          differences.get(metric).add(stratum, CellTable.cellOf(difference), difference);
        });
    outcomes.add(stratum, outcome(labels, ofFirst, ofSecond), 0);
    agreements += agree(ofFirst, ofSecond) ? 1 : 0;
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public final double[] state() {
    List<double[]> states = new ArrayList<>(List.of(first.state(), second.state()));
    states.add(outcomes.state());
    states.add(States.of(agreements));
    differences.values().forEach(table -> states.add(table.state()));
    return States.join(states);
  }

  /** Adds the rows of another one of the same labels, by its state. */
  public final void merge(double[] state) {
    Iterator<double[]> states = States.split(state).iterator();
    first.merge(states.next());
    second.merge(states.next());
    outcomes.merge(states.next());
    agreements += (long) states.next()[0];
    differences.values().forEach(table -> table.merge(states.next()));
  }

  /**
   * What the rows so far say.
   *
   * @param bootstrap how intervals are drawn; empty for none
   */
  public final PairedMetrics metrics(Optional<Bootstrap> bootstrap) {
    CellTable.Strata strata = outcomes.strata();
    int[] keys = outcomes.keys();
    long[] byRight = new long[4];
    List<PairedMetrics.Disagreement> disagreements = new ArrayList<>();
    for (int stratum = 0; stratum < keys.length; stratum++) {
      for (int cell = 0; cell < strata.cells()[stratum].length; cell++) {
        byRight[right(keys[stratum], strata.cells()[stratum][cell])] +=
            strata.rows()[stratum][cell];
        disagreement(keys[stratum], strata.cells()[stratum][cell], strata.rows()[stratum][cell])
            .ifPresent(disagreements::add);
      }
    }
    Map<Metric, Interval> intervals = new EnumMap<>(Metric.class);
    if (bootstrap.isPresent() && keys.length > 0) {
      intervals.putAll(
          bootstrap
              .get()
              .intervals(strata.rows(), rows -> differences(keys, strata.cells(), rows)));
      differences.forEach(
          (metric, table) -> {
            CellTable.Strata of = table.strata();
            intervals.putAll(
                bootstrap
                    .get()
                    .intervals(
                        of.rows(),
                        rows -> Map.of(metric, IntervalAccumulator.mean(rows, of.means()))));
          });
    }
    return new PairedMetrics(
        first.metrics(),
        second.metrics(),
        byRight[3],
        byRight[1],
        byRight[2],
        byRight[0],
        agreements,
        disagreements.stream()
            .sorted(Comparator.comparingLong(PairedMetrics.Disagreement::rows).reversed())
            .limit(PairedMetrics.DISAGREEMENTS)
            .toList(),
        intervals);
  }
}
