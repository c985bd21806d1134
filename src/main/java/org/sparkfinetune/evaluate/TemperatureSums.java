package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.List;
import org.sparkfinetune.task.ProblemType;

/**
 * Adds up what {@link TemperatureScaling} asks of rows at one inverse temperature: the same, bit
 * for bit, whatever order they come in and however many processes share them. Not thread-safe.
 *
 * <p>It is given probabilities, which say as much as logits: of single labels their logarithms are
 * logits but for what all labels of a row have in common, and of sets of labels {@code ln p - ln(1
 * - p)} is the logit.
 */
public final class TemperatureSums implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Below it, a probability has no logarithm. */
  private static final double LEAST = Double.MIN_NORMAL;

  private final boolean sets;
  private final double inverse;
  private final ExactSum loss = new ExactSum();
  private final ExactSum slope = new ExactSum();
  private final ExactSum curvature = new ExactSum();
  private final ExactSum squaredSlope = new ExactSum();
  private long rows;

  /** One without rows. */
  public TemperatureSums(ProblemType problemType, double inverse) {
    this.sets = problemType.task().hasLabelSets();
    this.inverse = inverse;
  }

  /** Adds a row, as {@link MetricsAccumulator#add} is given it. */
  public void add(int[] labels, double[] probabilities) {
    if (sets) {
      addSet(labels, probabilities);
    } else {
      addSingle(labels[0], probabilities);
    }
    rows++;
  }

  private void addSingle(int label, double[] probabilities) {
    double[] logits = new double[probabilities.length];
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.log(Math.max(probabilities[i], LEAST));
      max = Math.max(max, logits[i]);
    }
    double sum = 0;
    double mean = 0;
    double square = 0;
    for (double logit : logits) {
      double weight = Math.exp(inverse * (logit - max));
      sum += weight;
      mean += weight * (logit - max);
      square += weight * (logit - max) * (logit - max);
    }
    mean /= sum;
    double own = logits[label] - max;
    loss.add(Math.log(sum) - inverse * own);
    addSlope(mean - own);
    curvature.add(square / sum - mean * mean);
  }

  private void addSet(int[] labels, double[] probabilities) {
    boolean[] isLabel = Checks.indicators(labels, probabilities.length);
    double ofLoss = 0;
    double ofSlope = 0;
    double ofCurvature = 0;
    for (int i = 0; i < isLabel.length; i++) {
      double logit =
          Math.log(Math.max(probabilities[i], LEAST))
              - Math.log(Math.max(1 - probabilities[i], LEAST));
      double signed = isLabel[i] ? logit : -logit;
      double wrong = 1 / (1 + Math.exp(inverse * signed));
      ofLoss += Math.log1p(Math.exp(-Math.abs(inverse * signed))) + Math.max(0, -inverse * signed);
      ofSlope -= signed * wrong;
      ofCurvature += signed * signed * wrong * (1 - wrong);
    }
    loss.add(ofLoss / isLabel.length);
    addSlope(ofSlope / isLabel.length);
    curvature.add(ofCurvature / isLabel.length);
  }

  private void addSlope(double ofRow) {
    slope.add(ofRow);
    squaredSlope.add(ofRow * ofRow);
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public double[] state() {
    return States.join(
        List.of(
            States.of(rows), loss.state(), slope.state(), curvature.state(), squaredSlope.state()));
  }

  /** Adds the rows of another one, by its state; returns this one. */
  public TemperatureSums merge(double[] state) {
    List<double[]> parts = States.split(state);
    rows += (long) parts.get(0)[0];
    loss.merge(parts.get(1));
    slope.merge(parts.get(2));
    curvature.merge(parts.get(3));
    squaredSlope.merge(parts.get(4));
    return this;
  }

  /** What the rows have. */
  public TemperatureScaling.Slope slope() {
    return new TemperatureScaling.Slope(
        Scores.ratio(loss.value(), rows),
        Scores.ratio(slope.value(), rows),
        Scores.ratio(curvature.value(), rows));
  }

  /**
   * At the best temperature of these rows: by how many nats their mean log loss is less than that
   * of other rows with it, for that it was fitted to these ones. It is the mean of the squared
   * slopes over the mean curvature and the number of rows, the correction of Takeuchi's information
   * criterion (1976), by which leaving out each row in turn differs too; 0 where the loss is flat.
   */
  public double optimism() {
    double curved = curvature.value() * rows;
    return curved == 0 ? 0 : squaredSlope.value() / curved;
  }
}
