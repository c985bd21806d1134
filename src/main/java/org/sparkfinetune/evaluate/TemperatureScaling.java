package org.sparkfinetune.evaluate;

import java.util.function.DoubleFunction;

/**
 * Finds the temperature that a model's logits are best divided by (Guo et al., 2017): that of the
 * least log loss of rows that it was not trained on. Which label is the most probable stays as it
 * is.
 *
 * <p>The log loss is convex in the temperature's inverse, so that Newton's method finds the one
 * minimum, kept within a bracket by bisection.
 */
public final class TemperatureScaling {
  /** The temperatures that are looked at: without an error the best would be 0. */
  public static final double MIN = 0.05;

  /** Its opposite: without anything learned the best would be infinite. */
  public static final double MAX = 20;

  private static final int ITERATIONS = 60;
  private static final double AT_END = 1e-6;
  private static final double CONVERGED = 1e-12;

  private TemperatureScaling() {}

  /**
   * Whether a best temperature is an end of what is looked at: the rows do not say which is best.
   */
  public static boolean isEnd(double temperature) {
    return temperature <= MIN * (1 + AT_END) || temperature >= MAX * (1 - AT_END);
  }

  /**
   * What rows have at an inverse temperature.
   *
   * @param loss their mean log loss in nats
   * @param slope its first derivative by the inverse temperature
   * @param curvature its second
   */
  public record Slope(double loss, double slope, double curvature) {}

  /**
   * The best temperature, from {@link #MIN} to {@link #MAX}; the one that there is without rows.
   *
   * @param now what the logits have been divided by already
   * @param rows what they have at a further inverse temperature, see {@link TemperatureSums}
   */
  public static double fit(double now, DoubleFunction<Slope> rows) {
    double low = now / MAX;
    double high = now / MIN;
    double inverse = Math.max(low, Math.min(high, 1));
    for (int i = 0; i < ITERATIONS; i++) {
      Slope here = rows.apply(inverse);
      if (here.slope() > 0) {
        high = inverse;
      } else if (here.slope() < 0) {
        low = inverse;
      } else {
        break;
      }
      double next = inverse - here.slope() / here.curvature();
      if (!(next > low && next < high)) {
        next = (low + high) / 2;
      }
      boolean done = Math.abs(next - inverse) <= CONVERGED * inverse;
      inverse = next;
      if (done) {
        break;
      }
    }
    return now / inverse;
  }
}
