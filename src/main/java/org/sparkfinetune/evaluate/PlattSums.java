package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Adds up what {@link PlattScaling} asks of rows at slopes and intercepts: the same, bit for bit,
 * whatever order they come in and however many processes share them. Not thread-safe.
 */
public final class PlattSums implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Loss, two first derivatives, three second ones. */
  private static final int SUMS = 6;

  private final double[][] parameters;
  private final double[] targets;
  private final double[] others;
  private final ExactSum[][] sums;
  private long rows;

  /**
   * One without rows.
   *
   * @param parameters by label its slope and intercept; null for a label that does not count
   * @param positives by label, how many of the rows have it
   * @param of how many rows there are
   */
  public PlattSums(double[][] parameters, long[] positives, long of) {
    this.parameters = parameters;
    targets = new double[parameters.length];
    others = new double[parameters.length];
    sums = new ExactSum[parameters.length][];
    for (int label = 0; label < parameters.length; label++) {
      targets[label] = (positives[label] + 1.0) / (positives[label] + 2.0);
      others[label] = 1.0 / (of - positives[label] + 2.0);
      if (parameters[label] != null) {
        sums[label] = new ExactSum[SUMS];
        for (int i = 0; i < SUMS; i++) {
          sums[label][i] = new ExactSum();
        }
      }
    }
  }

  /**
   * Adds a row.
   *
   * @param labels the indices of its labels
   * @param logits by label index
   */
  public void add(int[] labels, double[] logits) {
    boolean[] isLabel = Checks.indicators(labels, parameters.length);
    for (int label = 0; label < parameters.length; label++) {
      if (parameters[label] != null) {
        double target = isLabel[label] ? targets[label] : others[label];
        add(sums[label], parameters[label], logits[label], target);
      }
    }
    rows++;
  }

  private static void add(ExactSum[] of, double[] parameters, double logit, double target) {
    double scaled = parameters[0] * logit + parameters[1];
    double p = 1 / (1 + Math.exp(-scaled));
    double curvature = p * (1 - p);
    of[0].add(Math.log1p(Math.exp(-Math.abs(scaled))) + Math.max(0, scaled) - target * scaled);
    of[1].add((p - target) * logit);
    of[2].add(p - target);
    of[3].add(curvature * logit * logit);
    of[4].add(curvature * logit);
    of[5].add(curvature);
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public double[] state() {
    List<double[]> states = new ArrayList<>(List.of(States.of(rows)));
    for (ExactSum[] of : sums) {
      for (int i = 0; of != null && i < SUMS; i++) {
        states.add(of[i].state());
      }
    }
    return States.join(states);
  }

  /** Adds the rows of another one of the same parameters, by its state; returns this one. */
  public PlattSums merge(double[] state) {
    List<double[]> parts = States.split(state);
    rows += (long) parts.get(0)[0];
    int place = 1;
    for (ExactSum[] of : sums) {
      for (int i = 0; of != null && i < SUMS; i++) {
        of[i].merge(parts.get(place++));
      }
    }
    return this;
  }

  /** What the rows have of a label that counts. */
  Point at(int label) {
    double[] means = new double[SUMS];
    for (int i = 0; i < SUMS; i++) {
      means[i] = Scores.ratio(sums[label][i].value(), rows);
    }
    return new Point(means[0], means[1], means[2], means[3], means[4], means[5]);
  }

  /**
   * Means over the rows.
   *
   * @param loss the log loss of the smoothed targets, in nats
   * @param a its derivative by the slope
   * @param b by the intercept
   * @param aa its second derivatives
   */
  record Point(double loss, double a, double b, double aa, double ab, double bb) {
    /** The derivative along a direction. */
    double slope(double[] direction) {
      return a * direction[0] + b * direction[1];
    }

    /** Newton's step where the slope stays as it is. */
    double[] interceptStep(double ridge) {
      return new double[] {0, -b / (bb + ridge)};
    }

    /** Newton's step. */
    double[] newton(double ridge) {
      double determinant = (aa + ridge) * (bb + ridge) - ab * ab;
      return new double[] {
        -((bb + ridge) * a - ab * b) / determinant, -((aa + ridge) * b - ab * a) / determinant
      };
    }
  }
}
