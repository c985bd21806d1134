package org.sparkfinetune.evaluate;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.sparkfinetune.task.ProblemType;

/** Averages of what the columns of scores have, see {@link RankedScores}. */
final class RankedMetrics {
  private RankedMetrics() {}

  /**
   * The metrics of columns: means over the labels that they are defined for, as torchmetrics'; 0
   * where there is none.
   *
   * @param columns in any order
   */
  static Map<Metric, Double> of(ProblemType problemType, int labels, List<RankedScores> columns) {
    List<RankedScores> ofLabels = ofLabels(labels, columns);
    Map<Metric, Double> metrics = new EnumMap<>(Metric.class);
    metrics.put(Metric.AUROC, mean(ofLabels, RankedScores::auroc, column -> 1));
    metrics.put(Metric.AUROC_WEIGHTED, mean(ofLabels, RankedScores::auroc, RankedScores::support));
    metrics.put(Metric.AVERAGE_PRECISION, mean(ofLabels, RankedScores::averagePrecision, c -> 1));
    metrics.put(
        Metric.AVERAGE_PRECISION_WEIGHTED,
        mean(ofLabels, RankedScores::averagePrecision, RankedScores::support));
    if (Metric.AURC.isDefinedFor(problemType)) {
      metrics.put(Metric.AURC, riskCoverage(labels, columns).map(RiskCoverage::aurc).orElse(0.0));
    }
    if (Metric.ECE_EQUAL_MASS.isDefinedFor(problemType)) {
      metrics.put(
          Metric.ECE_EQUAL_MASS,
          columns.stream()
              .filter(column -> column.column() == labels)
              .mapToDouble(RankedScores::equalMassError)
              .sum());
    }
    return metrics;
  }

  /** Those of labels, by index. */
  static List<RankedScores> ofLabels(int labels, List<RankedScores> columns) {
    return columns.stream()
        .filter(column -> column.column() < labels)
        .sorted(Comparator.comparingInt(RankedScores::column))
        .toList();
  }

  /** That of single labels' predictions; empty without rows. */
  static Optional<RiskCoverage> riskCoverage(int labels, List<RankedScores> columns) {
    return columns.stream()
        .filter(column -> column.column() == labels)
        .map(RankedScores::riskCoverage)
        .findFirst();
  }

  private static double mean(
      List<RankedScores> columns,
      ToDoubleFunction<RankedScores> score,
      ToDoubleFunction<RankedScores> weight) {
    double sum = 0;
    double weights = 0;
    for (RankedScores column : columns) {
      double value = score.applyAsDouble(column);
      if (!Double.isNaN(value)) {
        sum += weight.applyAsDouble(column) * value;
        weights += weight.applyAsDouble(column);
      }
    }
    return weights == 0 ? 0 : sum / weights;
  }
}
