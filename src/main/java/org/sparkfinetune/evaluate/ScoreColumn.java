package org.sparkfinetune.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The scores that some rows have in one column of a {@link ScoreBlocks}, those of rows that it is
 * right for apart from the others, and what follows from their order: measured as scikit-learn
 * does, equal scores included, and the same bit for bit in whatever order and parts they come.
 */
final class ScoreColumn {
  /** Ascending. */
  private final double[] positives;

  /** Ascending. */
  private final double[] negatives;

  /** Of blocks of the same column. */
  ScoreColumn(List<ScoreBlock> blocks) {
    positives = sorted(blocks.stream().map(ScoreBlock::positives).toList());
    negatives = sorted(blocks.stream().map(ScoreBlock::negatives).toList());
  }

  private static double[] sorted(List<double[]> parts) {
    double[] all =
        new double[parts.stream().mapToInt(part -> part.length).reduce(0, Math::addExact)];
    int place = 0;
    for (double[] part : parts) {
      System.arraycopy(part, 0, all, place, part.length);
      place += part.length;
    }
    Arrays.sort(all);
    return all;
  }

  long support() {
    return positives.length;
  }

  /**
   * The area under the receiver operating characteristic: the share of pairs of a right and a wrong
   * row in which the right one has the higher score, equal ones counting half. NaN without a pair.
   */
  double auroc() {
    if (positives.length == 0 || negatives.length == 0) {
      return Double.NaN;
    }
    long twice = 0;
    int below = 0;
    int upTo = 0;
    for (double score : positives) {
      while (below < negatives.length && negatives[below] < score) {
        below++;
      }
      upTo = Math.max(upTo, below);
      while (upTo < negatives.length && negatives[upTo] <= score) {
        upTo++;
      }
      twice += (long) below + upTo;
    }
    return twice / (2.0 * positives.length * negatives.length);
  }

  /**
   * Average precision: the mean over the right rows of the precision from their score on. NaN
   * without a right row.
   */
  double averagePrecision() {
    if (positives.length == 0) {
      return Double.NaN;
    }
    ExactSum sum = new ExactSum();
    int wrong = negatives.length - 1;
    int right = positives.length - 1;
    while (right >= 0) {
      double score = positives[right];
      int before = right;
      while (right >= 0 && positives[right] == score) {
        right--;
      }
      while (wrong >= 0 && negatives[wrong] >= score) {
        wrong--;
      }
      double hits = positives.length - 1 - right;
      sum.add((before - right) * (hits / (hits + negatives.length - 1 - wrong)));
    }
    return sum.value() / positives.length;
  }

  /**
   * Expected calibration error over bins of equally many rows: their edges are the quantiles 0,
   * 1/15, ..., 1 of the scores as NumPy has them, and equal scores are never parted. 0 without
   * rows.
   */
  double equalMassError() {
    double[] all = new double[Math.addExact(positives.length, negatives.length)];
    System.arraycopy(positives, 0, all, 0, positives.length);
    System.arraycopy(negatives, 0, all, positives.length, negatives.length);
    Arrays.sort(all);
    double error = 0;
    int right = 0;
    int row = 0;
    for (int bin = 1; bin <= CalibrationBins.BINS && row < all.length; bin++) {
      boolean last = bin == CalibrationBins.BINS;
      double edge = quantile(all, bin);
      ExactSum confidence = new ExactSum();
      while (row < all.length && (last || all[row] < edge)) {
        confidence.add(all[row++]);
      }
      int before = right;
      while (right < positives.length && (last || positives[right] < edge)) {
        right++;
      }
      error += Math.abs(right - before - confidence.value());
    }
    return Scores.ratio(error, all.length);
  }

  /** How often the rows' predictions are right from a confidence on. */
  RiskCoverage riskCoverage() {
    return RiskCoverage.of(positives, negatives);
  }

  /** See {@link RiskCoverage#mostAnswers}. */
  Optional<RiskCoverage.Point> mostAnswers(double accuracy) {
    return RiskCoverage.mostAnswers(positives, negatives, accuracy);
  }

  /** Between the two nearest scores, by NumPy's own arithmetic. */
  private static double quantile(double[] ascending, int bin) {
    double place = (ascending.length - 1) * (bin * (1.0 / CalibrationBins.BINS));
    int lower = (int) place;
    double share = place - lower;
    double a = ascending[lower];
    double b = ascending[Math.min(lower + 1, ascending.length - 1)];
    return share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share;
  }
}
