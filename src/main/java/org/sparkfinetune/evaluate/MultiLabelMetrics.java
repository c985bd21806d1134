package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.sparkfinetune.task.ProblemType;

/**
 * Metrics of multi-label classification, each as scikit-learn defines it for indicator matrices.
 *
 * <p>A ratio whose denominator is zero counts as 0 ({@code zero_division=0}). Averages over labels
 * run over all of them, which is scikit-learn's default here: a label that never occurs counts as
 * 0.
 */
public final class MultiLabelMetrics implements Metrics, Serializable {
  private static final long serialVersionUID = 1L;

  private final Accumulator counts;
  private final EnumMap<Metric, Double> others;
  private final List<RankedScores> ranked;
  private final Map<Metric, Interval> intervals;
  private final List<Scores> perLabel;

  /**
   * @param ofOrder the metrics of the order of scores; none where that is not known
   * @param ranked the same by label
   */
  private MultiLabelMetrics(
      Accumulator counts,
      Map<Metric, Double> ofOrder,
      List<RankedScores> ranked,
      Map<Metric, Interval> intervals) {
    this.counts = counts;
    this.others = new EnumMap<>(Metric.class);
    counts.statistics.forEach((metric, statistic) -> others.put(metric, statistic.value()));
    others.putAll(ofOrder);
    this.ranked = List.copyOf(ranked);
    this.intervals = Map.copyOf(intervals);
    this.perLabel =
        IntStream.range(0, counts.correct.length)
            .mapToObj(l -> Scores.of(counts.correct[l], counts.predicted[l], counts.support[l]))
            .toList();
  }

  @Override
  public long n() {
    return counts.rows;
  }

  /**
   * {@inheritDoc} scikit-learn's {@code accuracy_score} of multi-label data, the subset accuracy.
   */
  @Override
  public double accuracy() {
    return Scores.ratio(counts.exact, n());
  }

  /** Share of all decisions, rows times labels, that are wrong; 0 without rows. */
  public double hammingLoss() {
    return Scores.ratio(counts.wrong, n() * perLabel.size());
  }

  /**
   * Log loss in nats: the mean over rows and labels of {@code -ln p} for a label that the row has
   * and {@code -ln (1 - p)} for one that it has not, both clipped to {@code [eps, 1 - eps]} for the
   * double's eps, 2^-52; 0 without rows.
   */
  public double loss() {
    return others.get(Metric.LOSS);
  }

  @Override
  public OptionalDouble threshold() {
    return OptionalDouble.of(counts.threshold);
  }

  @Override
  public List<Scores> perLabel() {
    return perLabel;
  }

  @Override
  public List<Decisions> decisions() {
    return IntStream.range(0, perLabel.size())
        .mapToObj(
            l -> new Decisions(n(), counts.correct[l], counts.predicted[l], counts.support[l]))
        .toList();
  }

  /** {@inheritDoc} They are {@code micro}, {@code macro}, {@code weighted}, {@code samples}. */
  @Override
  public Map<String, Scores> averages() {
    Map<String, Scores> averages = new LinkedHashMap<>();
    averages.put("micro", micro());
    averages.put("macro", macro());
    averages.put("weighted", weighted());
    averages.put("samples", samples());
    return averages;
  }

  @Override
  public Optional<ConfusionMatrix> confusions() {
    return Optional.empty();
  }

  /** The scores of all decisions together. */
  public Scores micro() {
    return Scores.of(sum(counts.correct), sum(counts.predicted), sum(counts.support));
  }

  /** The unweighted mean over the labels. */
  public Scores macro() {
    return Scores.mean(perLabel, l -> true, l -> 1, sum(counts.support));
  }

  /** The mean over the labels, weighted with their rows. */
  public Scores weighted() {
    return Scores.mean(perLabel, l -> true, l -> counts.support[l], sum(counts.support));
  }

  /** The mean over the rows of each row's own scores. */
  public Scores samples() {
    return new Scores(
        Scores.ratio(counts.precisionSum.value(), n()),
        Scores.ratio(counts.recallSum.value(), n()),
        Scores.ratio(counts.f1Sum.value(), n()),
        sum(counts.support));
  }

  @Override
  public List<ReliabilityBin> reliability() {
    return ((CalibrationError) counts.statistics.get(Metric.ECE)).reliability();
  }

  @Override
  public List<RankedScores> ranked() {
    return ranked;
  }

  @Override
  public MultiLabelMetrics with(List<RankedScores> columns) {
    int labels = perLabel.size();
    return new MultiLabelMetrics(
        counts,
        RankedMetrics.of(ProblemType.MULTI_LABEL_CLASSIFICATION, labels, columns),
        RankedMetrics.ofLabels(labels, columns),
        intervals);
  }

  @Override
  public Map<Metric, Interval> intervals() {
    return intervals;
  }

  @Override
  public MultiLabelMetrics with(Map<Metric, Interval> known) {
    return new MultiLabelMetrics(counts, others, ranked, known);
  }

  @Override
  public Map<String, Double> toMap(String prefix) {
    Map<Metric, Double> metrics = new EnumMap<>(others);
    Scores micro = micro();
    metrics.put(Metric.F1_MICRO, micro.f1());
    metrics.put(Metric.PRECISION_MICRO, micro.precision());
    metrics.put(Metric.RECALL_MICRO, micro.recall());
    Scores macro = macro();
    metrics.put(Metric.F1_MACRO, macro.f1());
    metrics.put(Metric.PRECISION_MACRO, macro.precision());
    metrics.put(Metric.RECALL_MACRO, macro.recall());
    Scores weighted = weighted();
    metrics.put(Metric.F1_WEIGHTED, weighted.f1());
    metrics.put(Metric.PRECISION_WEIGHTED, weighted.precision());
    metrics.put(Metric.RECALL_WEIGHTED, weighted.recall());
    Scores samples = samples();
    metrics.put(Metric.F1_SAMPLES, samples.f1());
    metrics.put(Metric.PRECISION_SAMPLES, samples.precision());
    metrics.put(Metric.RECALL_SAMPLES, samples.recall());
    metrics.put(Metric.ACCURACY, accuracy());
    metrics.put(Metric.HAMMING_LOSS, hammingLoss());
    metrics.put(Metric.SAMPLES, (double) n());
    return IntervalNames.named(prefix, metrics, intervals);
  }

  @Override
  public MultiLabelReport report(List<String> labels) {
    String sets =
        "\nRows whose label set is predicted exactly: %s of %s; wrong decisions: %s\n"
            .formatted(ScoreTable.decimal(accuracy()), n(), ScoreTable.decimal(hammingLoss()));
    return new MultiLabelReport(perLabel, averages(), sets, labels);
  }

  private static long sum(long[] values) {
    return Arrays.stream(values).sum();
  }

  /** Collects rows, each of any number of labels, which are predicted from a threshold on. */
  public static final class Accumulator implements MetricsAccumulator {
    private static final long serialVersionUID = 1L;

    private final double threshold;

    // By label: predictions that are right, predictions, rows that have it.
    private final long[] correct;
    private final long[] predicted;
    private final long[] support;
    private long rows;
    private long exact;
    private long wrong;
    private final ExactSum precisionSum = new ExactSum();
    private final ExactSum recallSum = new ExactSum();
    private final ExactSum f1Sum = new ExactSum();
    private final Map<Metric, Statistic> statistics =
        Metric.statistics(ProblemType.MULTI_LABEL_CLASSIFICATION);

    /**
     * An accumulator without rows, over the label indices {@code 0 .. labels - 1}.
     *
     * @param threshold the probability from which on a label is predicted
     */
    public Accumulator(int labels, double threshold) {
      if (labels < 1) {
        throw new IllegalArgumentException("labels=" + labels + ": expected at least 1");
      }
      this.threshold = threshold;
      correct = new long[labels];
      predicted = new long[labels];
      support = new long[labels];
    }

    @Override
    public void add(int[] labels, double[] probabilities) {
      Checks.probabilities(probabilities, support.length);
      boolean[] isLabel = Checks.indicators(labels, support.length);
      int predictions = 0;
      int hits = 0;
      for (int l = 0; l < support.length; l++) {
        boolean isPredicted = probabilities[l] >= threshold;
        support[l] += isLabel[l] ? 1 : 0;
        predicted[l] += isPredicted ? 1 : 0;
        predictions += isPredicted ? 1 : 0;
        if (isLabel[l] && isPredicted) {
          correct[l]++;
          hits++;
        }
      }
      Scores row = Scores.of(hits, predictions, labels.length);
      int misses = labels.length + predictions - 2 * hits;
      rows++;
      wrong += misses;
      exact += misses == 0 ? 1 : 0;
      precisionSum.add(row.precision());
      recallSum.add(row.recall());
      f1Sum.add(row.f1());
      statistics.values().forEach(statistic -> statistic.add(labels, probabilities));
    }

    @Override
    public double[] state() {
      List<double[]> states = new ArrayList<>();
      states.add(States.of(correct));
      states.add(States.of(predicted));
      states.add(States.of(support));
      states.add(States.of(rows, exact, wrong));
      sums().forEach(sum -> states.add(sum.state()));
      statistics.values().forEach(statistic -> states.add(statistic.state()));
      return States.join(states);
    }

    @Override
    public Accumulator merge(double[] state) {
      Iterator<double[]> states = States.split(state).iterator();
      add(correct, states.next());
      add(predicted, states.next());
      add(support, states.next());
      double[] counts = states.next();
      rows += (long) counts[0];
      exact += (long) counts[1];
      wrong += (long) counts[2];
      sums().forEach(sum -> sum.merge(states.next()));
      statistics.values().forEach(statistic -> statistic.merge(states.next()));
      return this;
    }

    private List<ExactSum> sums() {
      return List.of(precisionSum, recallSum, f1Sum);
    }

    private static void add(long[] counts, double[] others) {
      Checks.sameLabels(others.length, counts.length, "labels");
      for (int l = 0; l < counts.length; l++) {
        counts[l] += (long) others[l];
      }
    }

    @Override
    public MultiLabelMetrics metrics() {
      return new MultiLabelMetrics(
          new Accumulator(support.length, threshold).merge(state()), Map.of(), List.of(), Map.of());
    }
  }
}
