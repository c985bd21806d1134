package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/**
 * Metrics of single-label classification, each as scikit-learn defines it.
 *
 * <p>A ratio whose denominator is zero counts as 0 ({@code zero_division=0}). Averages run over the
 * classes that occur as a label or as a prediction, which is scikit-learn's default: a class that
 * the rows never mention neither helps nor harms.
 */
public final class ClassificationMetrics implements Metrics, Serializable {
  private static final long serialVersionUID = 1L;

  private final ConfusionMatrix matrix;
  private final ConfusionScores.Counts counts;
  private final EnumMap<Metric, Double> others;
  private final List<ReliabilityBin> reliability;
  private final List<RankedScores> ranked;
  // There is no Optional that can be sent. Null where it is not known.
  private final RiskCoverage riskCoverage;
  private final Map<Metric, Interval> intervals;
  private final List<SetCoverage> predictionSets;
  private final List<Scores> perLabel;

  /**
   * @param others the metrics that do not come of the matrix
   */
  private ClassificationMetrics(
      ConfusionMatrix matrix,
      Map<Metric, Double> others,
      List<ReliabilityBin> reliability,
      List<RankedScores> ranked,
      RiskCoverage riskCoverage,
      Map<Metric, Interval> intervals,
      List<SetCoverage> predictionSets) {
    this.matrix = matrix;
    this.others = new EnumMap<>(others);
    this.reliability = List.copyOf(reliability);
    this.ranked = List.copyOf(ranked);
    this.riskCoverage = riskCoverage;
    this.intervals = Map.copyOf(intervals);
    this.predictionSets = List.copyOf(predictionSets);
    this.counts = ConfusionScores.Counts.of(matrix);
    this.perLabel = ConfusionScores.perLabel(counts);
  }

  /**
   * The metrics of rows that have been counted.
   *
   * @param loss their mean log loss
   */
  public static ClassificationMetrics of(ConfusionMatrix matrix, double loss) {
    return new ClassificationMetrics(
        matrix.copy(), Map.of(Metric.LOSS, loss), List.of(), List.of(), null, Map.of(), List.of());
  }

  @Override
  public long n() {
    return matrix.total();
  }

  @Override
  public double accuracy() {
    return matrix.accuracy();
  }

  /**
   * Log loss in nats: the mean of {@code -ln p(label)}, with p clipped to {@code [eps, 1 - eps]}
   * for the double's eps, 2^-52, as scikit-learn clips; 0 without rows.
   */
  public double loss() {
    return others.get(Metric.LOSS);
  }

  /** The unweighted mean over the classes that occur. */
  public Scores macro() {
    return ConfusionScores.macro(counts, perLabel);
  }

  /** The mean over the classes, weighted with their rows. */
  public Scores weighted() {
    return ConfusionScores.weighted(counts, perLabel);
  }

  @Override
  public List<Scores> perLabel() {
    return perLabel;
  }

  @Override
  public List<Decisions> decisions() {
    return IntStream.range(0, matrix.classes())
        .mapToObj(
            c ->
                new Decisions(
                    n(), counts.correct()[c], counts.predictions()[c], counts.support()[c]))
        .toList();
  }

  /** {@inheritDoc} They are {@code macro} and {@code weighted}. */
  @Override
  public Map<String, Scores> averages() {
    Map<String, Scores> averages = new LinkedHashMap<>();
    averages.put("macro", macro());
    averages.put("weighted", weighted());
    return averages;
  }

  /** The counts of rows by label and prediction. */
  public ConfusionMatrix confusionMatrix() {
    return matrix.copy();
  }

  @Override
  public Optional<ConfusionMatrix> confusions() {
    return Optional.of(confusionMatrix());
  }

  @Override
  public List<ReliabilityBin> reliability() {
    return reliability;
  }

  @Override
  public List<RankedScores> ranked() {
    return ranked;
  }

  @Override
  public Optional<RiskCoverage> riskCoverage() {
    return Optional.ofNullable(riskCoverage);
  }

  @Override
  public ClassificationMetrics with(List<RankedScores> columns) {
    Map<Metric, Double> more = new EnumMap<>(others);
    more.putAll(
        RankedMetrics.of(ProblemType.SINGLE_LABEL_CLASSIFICATION, matrix.classes(), columns));
    return new ClassificationMetrics(
        matrix,
        more,
        reliability,
        RankedMetrics.ofLabels(matrix.classes(), columns),
        RankedMetrics.riskCoverage(matrix.classes(), columns).orElse(null),
        intervals,
        predictionSets);
  }

  @Override
  public Map<Metric, Interval> intervals() {
    return intervals;
  }

  @Override
  public ClassificationMetrics with(Map<Metric, Interval> known) {
    return new ClassificationMetrics(
        matrix, others, reliability, ranked, riskCoverage, known, predictionSets);
  }

  @Override
  public List<SetCoverage> predictionSets() {
    return predictionSets;
  }

  @Override
  public ClassificationMetrics withPredictionSets(List<SetCoverage> sets) {
    return new ClassificationMetrics(
        matrix, others, reliability, ranked, riskCoverage, intervals, sets);
  }

  @Override
  public Map<String, Double> toMap(String prefix) {
    Map<Metric, Double> metrics = new EnumMap<>(others);
    metrics.putAll(ConfusionScores.of(counts));
    metrics.put(Metric.SAMPLES, (double) n());
    return IntervalNames.named(prefix, metrics, intervals);
  }

  @Override
  public ClassificationReport report(List<String> labels) {
    return new ClassificationReport(matrix.copy(), perLabel, averages(), labels);
  }

  /** Collects rows, each of one label, whose most probable one is predicted. */
  public static final class Accumulator implements MetricsAccumulator {
    private static final long serialVersionUID = 1L;
    private final ConfusionMatrix matrix;
    private final Map<Metric, Statistic> statistics =
        Metric.statistics(ProblemType.SINGLE_LABEL_CLASSIFICATION);

    /** An accumulator without rows, over the class indices {@code 0 .. classes - 1}. */
    public Accumulator(int classes) {
      this.matrix = new ConfusionMatrix(classes);
    }

    /**
     * Adds one row.
     *
     * @param label the index of the row's class
     * @param probabilities the probability given to each class
     * @throws IllegalArgumentException as {@link #add(int[], double[])} does
     */
    public void add(int label, double[] probabilities) {
      add(new int[] {label}, probabilities);
    }

    @Override
    public void add(int[] labels, double[] probabilities) {
      if (labels.length != 1) {
        throw new IllegalArgumentException(labels.length + " labels of a row: expected one");
      }
      Checks.probabilities(probabilities, matrix.classes());
      matrix.add(labels[0], Predictions.argmax(probabilities));
      statistics.values().forEach(statistic -> statistic.add(labels, probabilities));
    }

    @Override
    public double[] state() {
      List<double[]> states = new ArrayList<>();
      states.add(matrix.state());
      statistics.values().forEach(statistic -> states.add(statistic.state()));
      return States.join(states);
    }

    @Override
    public Accumulator merge(double[] state) {
      Iterator<double[]> states = States.split(state).iterator();
      matrix.merge(states.next());
      statistics.values().forEach(statistic -> statistic.merge(states.next()));
      return this;
    }

    @Override
    public ClassificationMetrics metrics() {
      Map<Metric, Double> values = new EnumMap<>(Metric.class);
      statistics.forEach((metric, statistic) -> values.put(metric, statistic.value()));
      List<ReliabilityBin> bins = ((CalibrationError) statistics.get(Metric.ECE)).reliability();
      return new ClassificationMetrics(
          matrix.copy(), values, bins, List.of(), null, Map.of(), List.of());
    }
  }
}
