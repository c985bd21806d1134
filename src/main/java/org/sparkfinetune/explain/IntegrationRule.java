package org.sparkfinetune.explain;

import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;

/** How the way from a baseline to a text is summed over; Captum's names. */
public enum IntegrationRule {
  /** Gauss and Legendre's points: the most exact of smooth functions. */
  GAUSSLEGENDRE,
  /** The middle of each of as many equal parts. */
  RIEMANN_MIDDLE;

  /** Keeps what it has computed, and is not thread-safe. */
  private static final GaussIntegratorFactory GAUSS = new GaussIntegratorFactory();

  /**
   * Where to look, and what each place counts.
   *
   * @param at from 0, the baseline, to 1
   * @param weights add up to 1
   */
  record Points(double[] at, double[] weights) {}

  Points points(int steps) {
    double[] at = new double[steps];
    double[] weights = new double[steps];
    if (this == RIEMANN_MIDDLE) {
      for (int i = 0; i < steps; i++) {
        at[i] = (i + 0.5) / steps;
        weights[i] = 1.0 / steps;
      }
      return new Points(at, weights);
    }
    synchronized (GAUSS) {
      GaussIntegrator rule = GAUSS.legendre(steps, 0, 1);
      for (int i = 0; i < steps; i++) {
        at[i] = rule.getPoint(i);
        weights[i] = rule.getWeight(i);
      }
    }
    return new Points(at, weights);
  }
}
