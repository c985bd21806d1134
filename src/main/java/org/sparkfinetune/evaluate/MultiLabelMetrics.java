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
  private final List<Scores> perLabel;

  private MultiLabelMetrics(Accumulator counts) {
    this.counts = counts;
    this.others = new EnumMap<>(Metric.class);
    counts.statistics.forEach((metric, statistic) -> others.put(metric, statistic.value()));
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
  public Map<String, Double> toMap(String prefix) {
    Map<String, Double> map = new LinkedHashMap<>();
    others.forEach((metric, value) -> map.put(prefix + metric.key(), value));
    Scores micro = micro();
    map.put(prefix + Metric.F1_MICRO.key(), micro.f1());
    map.put(prefix + Metric.PRECISION_MICRO.key(), micro.precision());
    map.put(prefix + Metric.RECALL_MICRO.key(), micro.recall());
    Scores macro = macro();
    map.put(prefix + Metric.F1_MACRO.key(), macro.f1());
    map.put(prefix + Metric.PRECISION_MACRO.key(), macro.precision());
    map.put(prefix + Metric.RECALL_MACRO.key(), macro.recall());
    Scores weighted = weighted();
    map.put(prefix + Metric.F1_WEIGHTED.key(), weighted.f1());
    map.put(prefix + Metric.PRECISION_WEIGHTED.key(), weighted.precision());
    map.put(prefix + Metric.RECALL_WEIGHTED.key(), weighted.recall());
    Scores samples = samples();
    map.put(prefix + Metric.F1_SAMPLES.key(), samples.f1());
    map.put(prefix + Metric.PRECISION_SAMPLES.key(), samples.precision());
    map.put(prefix + Metric.RECALL_SAMPLES.key(), samples.recall());
    map.put(prefix + Metric.ACCURACY.key(), accuracy());
    map.put(prefix + Metric.HAMMING_LOSS.key(), hammingLoss());
    map.put(prefix + Metric.SAMPLES.key(), (double) n());
    return map;
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
      return new MultiLabelMetrics(new Accumulator(support.length, threshold).merge(state()));
    }
  }
}
