package org.sparkfinetune.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Finds for each label the slope and the intercept of its logit, so that {@code sigmoid(slope *
 * logit + intercept)} is the label's probability (Platt, 1999), by the least log loss of rows that
 * the model was not trained on.
 *
 * <p>The loss is that of Platt's smoothed targets, {@code (n1 + 1) / (n1 + 2)} for the {@code n1}
 * rows that have the label and {@code 1 / (n0 + 2)} for the {@code n0} others: so there is a finite
 * optimum also where a logit tells them apart without an error. It is convex; Newton's method with
 * a backtracking line search (Lin, Lin and Weng, 2007) finds the optimum, for all labels in the
 * same passes over the rows.
 */
public final class PlattScaling {
  /**
   * The least slope: a label whose logit says nothing of it, or the opposite, gets nearly the same
   * probability in all rows, and keeps its order.
   */
  public static final double MIN_SLOPE = 1e-3;

  private static final int PASSES = 400;

  /** Relative to a parameter: what comes after it is below the rounding of sums. */
  private static final double CONVERGED = 1e-10;

  /** Added to the diagonal where all logits are the same. */
  private static final double RIDGE = 1e-12;

  private static final double ARMIJO = 1e-4;

  /** Below it, two losses are the same but for rounding. */
  private static final double ROUNDING = 1e-14;

  private static final double LEAST_STEP = 1e-10;

  private PlattScaling() {}

  /**
   * What to make of a label's logit.
   *
   * @param slope at least {@link #MIN_SLOPE}, with which the intercept is then the best one
   * @param fitted false where the label stays as it is, slope 1 and intercept 0: no row has it, or
   *     every row
   */
  public record Fit(double slope, double intercept, boolean fitted) {
    static final Fit NONE = new Fit(1, 0, false);
  }

  /**
   * Fits every label.
   *
   * @param positives by label, the rows that have it
   * @param rows of all labels
   * @param sums what the rows have at slopes and intercepts, which it is given by label, null for a
   *     label that does not count: see {@link PlattSums}
   */
  public static List<Fit> fit(long[] positives, long rows, Function<double[][], PlattSums> sums) {
    Search[] searches = new Search[positives.length];
    for (int label = 0; label < positives.length; label++) {
      searches[label] = new Search(positives[label] == 0 || positives[label] == rows);
    }
    for (int pass = 0; pass < PASSES; pass++) {
      double[][] asked =
          Arrays.stream(searches).map(s -> s.done ? null : s.next).toArray(double[][]::new);
      if (Arrays.stream(asked).allMatch(parameters -> parameters == null)) {
        break;
      }
      PlattSums found = sums.apply(asked);
      for (int label = 0; label < searches.length; label++) {
        if (asked[label] != null) {
          searches[label].go(found.at(label));
        }
      }
    }
    List<Fit> fits = new ArrayList<>();
    for (Search search : searches) {
      fits.add(search.fit());
    }
    return fits;
  }

  /** Of one label. */
  private static final class Search {
    private final boolean hopeless;
    private boolean done;

    /** Slope and intercept. */
    private double[] next = {1, 0};

    private double[] kept;
    private PlattSums.Point at;
    private double[] direction;
    private double step;
    private boolean slopeStays;

    Search(boolean hopeless) {
      this.hopeless = hopeless;
      this.done = hopeless;
    }

    /** Takes what the rows have at {@link #next}, and sets the next ones to be asked for. */
    void go(PlattSums.Point here) {
      boolean better =
          at == null
              || here.loss()
                  <= at.loss()
                      + ARMIJO * step * at.slope(direction)
                      + ROUNDING * Math.abs(at.loss());
      if (!better) {
        step /= 2;
      } else {
        kept = next;
        at = here;
        direction = slopeStays ? here.interceptStep(RIDGE) : here.newton(RIDGE);
        step = 1;
      }
      next = new double[] {kept[0] + step * direction[0], kept[1] + step * direction[1]};
      if (better ? isSmall() : step < LEAST_STEP) {
        kept = better ? next : kept;
        end();
      }
    }

    private void end() {
      done = slopeStays || kept[0] >= MIN_SLOPE;
      if (!done) {
        slopeStays = true;
        at = null;
        next = new double[] {MIN_SLOPE, 0};
      }
    }

    private boolean isSmall() {
      return Math.abs(direction[0]) <= CONVERGED * (1 + Math.abs(kept[0]))
          && Math.abs(direction[1]) <= CONVERGED * (1 + Math.abs(kept[1]));
    }

    Fit fit() {
      return hopeless || kept == null ? Fit.NONE : new Fit(kept[0], kept[1], true);
    }
  }
}
