package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;

/**
 * How often a classifier is right when it answers only from a confidence on (selective
 * classification; El-Yaniv and Wiener, 2010): the curve from few answers to all, and the area under
 * it.
 *
 * @param aurc the mean, over the rows, of the share of errors among the rows that are at least as
 *     confident (Geifman et al., 2019): the area under risk by coverage, less is better. Equal
 *     confidences are taken at once. 0 without rows
 * @param points of the curve, from the fewest answers to all of them, at most {@value #POINTS}: the
 *     first to reach each hundredth of the rows
 */
@PublicApi
public record RiskCoverage(double aurc, List<Point> points) implements Serializable {
  static final int POINTS = 100;

  /**
   * A point of the curve.
   *
   * @param confidence the least confidence that is answered
   * @param coverage the share of rows that are answered, from 0 to 1
   * @param accuracy the share of these that are answered rightly, from 0 to 1
   */
  @PublicApi
  public record Point(double confidence, double coverage, double accuracy) implements Serializable {
    /** The numbers by name, for a file. */
    public Map<String, Double> toMap() {
      Map<String, Double> map = new LinkedHashMap<>();
      map.put("confidence", confidence);
      map.put("coverage", coverage);
      map.put("accuracy", accuracy);
      return map;
    }
  }

  /** Copies the points. */
  public RiskCoverage {
    points = List.copyOf(points);
  }

  /**
   * Of rows.
   *
   * @param right the confidences of the rows that are predicted rightly, ascending
   * @param wrong those of the others, ascending
   */
  static RiskCoverage of(double[] right, double[] wrong) {
    long rows = (long) right.length + wrong.length;
    ExactSum area = new ExactSum();
    List<Point> points = new ArrayList<>();
    Descent descent = new Descent(right, wrong);
    long before = 0;
    long reached = 0;
    while (descent.next()) {
      area.add((descent.answered - before) * (descent.errors() / (double) descent.answered));
      before = descent.answered;
      long hundredths = descent.answered * POINTS / rows;
      if (hundredths > reached) {
        points.add(descent.point(rows));
        reached = hundredths;
      }
    }
    return new RiskCoverage(Scores.ratio(area.value(), rows), points);
  }

  /**
   * The most answers of which a share is right; empty when no confidence gives it.
   *
   * @param right as of {@link #of}
   * @param wrong as of {@link #of}
   * @param accuracy the share, from 0 to 1
   */
  static Optional<Point> mostAnswers(double[] right, double[] wrong, double accuracy) {
    long rows = (long) right.length + wrong.length;
    Point most = null;
    Descent descent = new Descent(right, wrong);
    while (descent.next()) {
      Point point = descent.point(rows);
      most = point.accuracy() >= accuracy ? point : most;
    }
    return Optional.ofNullable(most);
  }

  /** Goes down from the highest confidence to the lowest, equal ones at once. */
  private static final class Descent {
    private final double[] right;
    private final double[] wrong;
    private int ofRight;
    private int ofWrong;
    private double confidence;
    private long answered;

    Descent(double[] right, double[] wrong) {
      this.right = right;
      this.wrong = wrong;
      ofRight = right.length;
      ofWrong = wrong.length;
    }

    /** Whether there is a lower confidence, to which it has gone. */
    boolean next() {
      if (ofRight == 0 && ofWrong == 0) {
        return false;
      }
      confidence =
          Math.max(
              ofRight == 0 ? Double.NEGATIVE_INFINITY : right[ofRight - 1],
              ofWrong == 0 ? Double.NEGATIVE_INFINITY : wrong[ofWrong - 1]);
      while (ofRight > 0 && right[ofRight - 1] == confidence) {
        ofRight--;
      }
      while (ofWrong > 0 && wrong[ofWrong - 1] == confidence) {
        ofWrong--;
      }
      answered = (long) right.length - ofRight + wrong.length - ofWrong;
      return true;
    }

    long errors() {
      return (long) wrong.length - ofWrong;
    }

    Point point(long rows) {
      return new Point(
          confidence, answered / (double) rows, (answered - errors()) / (double) answered);
    }
  }
}
