package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

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
  private final double loss;
  private final List<Scores> perClass;

  private ClassificationMetrics(ConfusionMatrix matrix, double loss) {
    this.matrix = matrix;
    this.loss = loss;
    this.perClass = IntStream.range(0, matrix.classes()).mapToObj(this::scores).toList();
  }

  /**
   * The metrics of rows that have been counted.
   *
   * @param loss their mean log loss
   */
  public static ClassificationMetrics of(ConfusionMatrix matrix, double loss) {
    return new ClassificationMetrics(matrix.copy(), loss);
  }

  @Override
  public long n() {
    return matrix.total();
  }

  @Override
  public double accuracy() {
    long correct =
        IntStream.range(0, matrix.classes()).mapToLong(label -> matrix.count(label, label)).sum();
    return Scores.ratio(correct, n());
  }

  /**
   * Log loss in nats: the mean of {@code -ln p(label)}, with p clipped to {@code [eps, 1 - eps]}
   * for the double's eps, 2^-52, as scikit-learn clips; 0 without rows.
   */
  public double loss() {
    return loss;
  }

  /** The unweighted mean over the classes that occur. */
  public Scores macro() {
    return Scores.mean(perClass, this::occurs, label -> 1, n());
  }

  /** The mean over the classes, weighted with their rows. */
  public Scores weighted() {
    return Scores.mean(perClass, this::occurs, matrix::support, n());
  }

  /** Scores by class index. */
  public List<Scores> perClass() {
    return perClass;
  }

  /** The counts of rows by label and prediction. */
  public ConfusionMatrix confusionMatrix() {
    return matrix.copy();
  }

  /** Whether a class occurs as a label or as a prediction. */
  public boolean occurs(int label) {
    return matrix.support(label) > 0 || matrix.predictions(label) > 0;
  }

  /**
   * {@inheritDoc} The names are {@code loss}, {@code accuracy}, {@code f1}, {@code precision},
   * {@code recall} (macro averages), {@code f1_weighted}, {@code precision_weighted}, {@code
   * recall_weighted} and {@code samples}.
   */
  @Override
  public Map<String, Double> toMap(String prefix) {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put(prefix + "loss", loss);
    map.put(prefix + "accuracy", accuracy());
    Scores macro = macro();
    map.put(prefix + "f1", macro.f1());
    map.put(prefix + "precision", macro.precision());
    map.put(prefix + "recall", macro.recall());
    Scores weighted = weighted();
    map.put(prefix + "f1_weighted", weighted.f1());
    map.put(prefix + "precision_weighted", weighted.precision());
    map.put(prefix + "recall_weighted", weighted.recall());
    map.put(prefix + "samples", (double) n());
    return map;
  }

  @Override
  public ClassificationReport report(List<String> labels) {
    return new ClassificationReport(this, labels);
  }

  private Scores scores(int label) {
    return Scores.of(matrix.count(label, label), matrix.predictions(label), matrix.support(label));
  }

  /** Collects rows one by one, or partition by partition. Not thread-safe. */
  public static final class Accumulator implements Serializable {
    private static final long serialVersionUID = 1L;
    private final ConfusionMatrix matrix;
    private double lossSum;

    /** An accumulator without rows, over the class indices {@code 0 .. classes - 1}. */
    public Accumulator(int classes) {
      this.matrix = new ConfusionMatrix(classes);
    }

    /**
     * Adds one row.
     *
     * @param label the index of the row's class
     * @param predicted the index of the class predicted
     * @param probabilityOfLabel the probability that was given to {@code label}
     * @throws IllegalArgumentException when an index is not one of a class, or the probability is
     *     not in [0, 1]; a little above 1 is let pass, since sums of floats round
     */
    public void add(int label, int predicted, double probabilityOfLabel) {
      if (!(probabilityOfLabel >= 0 && probabilityOfLabel <= 1 + 1e-6)) {
        throw new IllegalArgumentException(
            "probability " + probabilityOfLabel + ": expected 0 to 1");
      }
      matrix.add(label, predicted);
      lossSum -= LogLoss.log(probabilityOfLabel);
    }

    /** Adds another accumulator's rows to this one's; returns this one. */
    public Accumulator merge(Accumulator other) {
      matrix.merge(other.matrix);
      lossSum += other.lossSum;
      return this;
    }

    /** The metrics of the rows so far. */
    public ClassificationMetrics metrics() {
      long n = matrix.total();
      return new ClassificationMetrics(matrix.copy(), n == 0 ? 0 : lossSum / n);
    }
  }
}
