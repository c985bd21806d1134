package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.sparkfinetune.conformal.SetCoverage;

/** What labeled rows say of a classifier, of whichever problem type. */
public interface Metrics {
  /** Rows. */
  long n();

  /** Share of the rows whose predicted labels are exactly their labels; 0 without rows. */
  double accuracy();

  /** The probability from which on labels were predicted; empty where there is none. */
  default OptionalDouble threshold() {
    return OptionalDouble.empty();
  }

  /** Scores by label index. */
  List<Scores> perLabel();

  /** What was decided on each label, by label index. */
  List<Decisions> decisions();

  /** Averages of the scores, by name, as in {@code macro}. */
  Map<String, Scores> averages();

  /** The counts of rows by label and prediction; empty where a row may have several labels. */
  Optional<ConfusionMatrix> confusions();

  /**
   * What the bins of the expected calibration error hold, from the lowest probability up; empty
   * without rows.
   */
  List<ReliabilityBin> reliability();

  /** What the order of each label's scores says, by label index; empty where it is not known. */
  List<RankedScores> ranked();

  /**
   * How often predictions are right from a confidence on; empty where it is not known, and where a
   * row may have several labels.
   */
  default Optional<RiskCoverage> riskCoverage() {
    return Optional.empty();
  }

  /** How the model's prediction sets fare, by coverage; empty where it has none. */
  default List<SetCoverage> predictionSets() {
    return List.of();
  }

  /**
   * These metrics and how prediction sets fare.
   *
   * @param sets of the same rows; none where a row may have several labels
   */
  default Metrics withPredictionSets(List<SetCoverage> sets) {
    if (!sets.isEmpty()) {
      throw new IllegalArgumentException("prediction sets are of rows of one label");
    }
    return this;
  }

  /** Where metrics lie; empty where that is not known. */
  Map<Metric, Interval> intervals();

  /** The same by the metrics' names, as in {@code test_accuracy}. */
  default Map<String, Interval> intervalsAt(Stage stage) {
    Map<String, Interval> named = new TreeMap<>();
    intervals().forEach((metric, interval) -> named.put(metric.at(stage), interval));
    return named;
  }

  /**
   * These metrics and those that the order of all rows' scores gives.
   *
   * @param columns of the same rows, every one of their {@link ScoreBlocks}
   */
  Metrics with(List<RankedScores> columns);

  /**
   * These metrics with their intervals.
   *
   * @param intervals of the same rows
   */
  Metrics with(Map<Metric, Interval> intervals);

  /**
   * The metrics by name, with a prefix such as {@code eval_} before each: those of {@link Metric}
   * that say how well rows of the problem type are predicted, but for the threshold and, without
   * {@link #ranked}, for those that are measured on test rows alone; and {@code samples}. Behind
   * one that has an interval come its ends, named {@code ..._ci_low} and {@code ..._ci_high}.
   */
  Map<String, Double> toMap(String prefix);

  /**
   * The metrics as text.
   *
   * @param labels the label names, by index
   */
  Report report(List<String> labels);
}
