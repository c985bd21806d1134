package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

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
  private final List<Scores> perLabel;

  private MultiLabelMetrics(Accumulator counts) {
    this.counts = counts;
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
    return Scores.ratio(counts.lossSum, n() * perLabel.size());
  }

  /** Scores by label index. */
  public List<Scores> perLabel() {
    return perLabel;
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
        Scores.ratio(counts.precisionSum, n()),
        Scores.ratio(counts.recallSum, n()),
        Scores.ratio(counts.f1Sum, n()),
        sum(counts.support));
  }

  /**
   * {@inheritDoc} The names are {@code loss}, {@code accuracy}, {@code hamming_loss}; {@code f1},
   * {@code precision} and {@code recall}, each followed by {@code _micro}, {@code _macro}, {@code
   * _weighted} and {@code _samples}; and {@code samples}.
   */
  @Override
  public Map<String, Double> toMap(String prefix) {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put(prefix + "loss", loss());
    put(map, prefix, "micro", micro());
    put(map, prefix, "macro", macro());
    put(map, prefix, "weighted", weighted());
    put(map, prefix, "samples", samples());
    map.put(prefix + "accuracy", accuracy());
    map.put(prefix + "hamming_loss", hammingLoss());
    map.put(prefix + "samples", (double) n());
    return map;
  }

  private static void put(Map<String, Double> map, String prefix, String average, Scores scores) {
    map.put(prefix + "f1_" + average, scores.f1());
    map.put(prefix + "precision_" + average, scores.precision());
    map.put(prefix + "recall_" + average, scores.recall());
  }

  @Override
  public MultiLabelReport report(List<String> labels) {
    return new MultiLabelReport(this, labels);
  }

  private static long sum(long[] values) {
    return Arrays.stream(values).sum();
  }

  /** Collects rows one by one, or partition by partition. Not thread-safe. */
  public static final class Accumulator implements Serializable {
    private static final long serialVersionUID = 1L;

    // By label: predictions that are right, predictions, rows that have it.
    private final long[] correct;
    private final long[] predicted;
    private final long[] support;
    private long rows;
    private long exact;
    private long wrong;
    private double precisionSum;
    private double recallSum;
    private double f1Sum;
    private double lossSum;

    /** An accumulator without rows, over the label indices {@code 0 .. labels - 1}. */
    public Accumulator(int labels) {
      if (labels < 1) {
        throw new IllegalArgumentException("labels=" + labels + ": expected at least 1");
      }
      correct = new long[labels];
      predicted = new long[labels];
      support = new long[labels];
    }

    /**
     * Adds one row.
     *
     * @param rowLabels the indices of the row's labels, without repetitions
     * @param rowPredicted the indices of the labels predicted, without repetitions
     * @param probabilities the probability given to each label
     * @throws IllegalArgumentException when an index is not one of a label, or a probability is
     *     missing or not in [0, 1]; a little above 1 is let pass, since sums of floats round
     */
    public void add(int[] rowLabels, int[] rowPredicted, double[] probabilities) {
      boolean[] isLabel = indicators(rowLabels);
      boolean[] isPredicted = indicators(rowPredicted);
      double loss = loss(isLabel, probabilities);
      int hits = 0;
      for (int l = 0; l < support.length; l++) {
        support[l] += isLabel[l] ? 1 : 0;
        predicted[l] += isPredicted[l] ? 1 : 0;
        if (isLabel[l] && isPredicted[l]) {
          correct[l]++;
          hits++;
        }
      }
      Scores row = Scores.of(hits, rowPredicted.length, rowLabels.length);
      int misses = rowLabels.length + rowPredicted.length - 2 * hits;
      rows++;
      wrong += misses;
      exact += misses == 0 ? 1 : 0;
      precisionSum += row.precision();
      recallSum += row.recall();
      f1Sum += row.f1();
      lossSum += loss;
    }

    private boolean[] indicators(int[] labels) {
      boolean[] indicators = new boolean[support.length];
      for (int label : labels) {
        if (label < 0 || label >= indicators.length || indicators[label]) {
          throw new IllegalArgumentException(
              "labels "
                  + Arrays.toString(labels)
                  + ": expected different ones from 0 to "
                  + (indicators.length - 1));
        }
        indicators[label] = true;
      }
      return indicators;
    }

    private double loss(boolean[] isLabel, double[] probabilities) {
      if (probabilities.length != support.length) {
        throw new IllegalArgumentException(
            probabilities.length + " probabilities for " + support.length + " labels");
      }
      double loss = 0;
      for (int l = 0; l < probabilities.length; l++) {
        double p = probabilities[l];
        if (!(p >= 0 && p <= 1 + 1e-6)) {
          throw new IllegalArgumentException("probability " + p + ": expected 0 to 1");
        }
        loss -= LogLoss.log(isLabel[l] ? p : 1 - p);
      }
      return loss;
    }

    /** Adds another accumulator's rows to this one's; returns this one. */
    public Accumulator merge(Accumulator other) {
      if (other.support.length != support.length) {
        throw new IllegalArgumentException(
            "cannot merge " + other.support.length + " labels into " + support.length);
      }
      for (int l = 0; l < support.length; l++) {
        correct[l] += other.correct[l];
        predicted[l] += other.predicted[l];
        support[l] += other.support[l];
      }
      rows += other.rows;
      exact += other.exact;
      wrong += other.wrong;
      precisionSum += other.precisionSum;
      recallSum += other.recallSum;
      f1Sum += other.f1Sum;
      lossSum += other.lossSum;
      return this;
    }

    /** The metrics of the rows so far. */
    public MultiLabelMetrics metrics() {
      return new MultiLabelMetrics(new Accumulator(support.length).merge(this));
    }
  }
}
