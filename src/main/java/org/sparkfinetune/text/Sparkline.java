package org.sparkfinetune.text;

import java.util.List;

/** A curve in one line of text. */
public final class Sparkline {
  private static final String BLOCKS = "▁▂▃▄▅▆▇█";
  private static final char GAP = ' ';

  private Sparkline() {}

  /**
   * So many columns at most, each the mean of its share of the values; a gap where none is finite.
   */
  public static String of(List<Double> values, int columns) {
    int width = Math.min(columns, values.size());
    double[] means = new double[width];
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < width; i++) {
      long from = (long) values.size() * i / width;
      long to = (long) values.size() * (i + 1) / width;
      means[i] =
          values.subList((int) from, (int) to).stream()
              .mapToDouble(Double::doubleValue)
              .filter(Double::isFinite)
              .average()
              .orElse(Double.NaN);
      if (Double.isFinite(means[i])) {
        low = Math.min(low, means[i]);
        high = Math.max(high, means[i]);
      }
    }
    StringBuilder line = new StringBuilder();
    for (double mean : means) {
      double share = high > low ? (mean - low) / (high - low) : 0;
      int block = (int) Math.min(BLOCKS.length() - 1, Math.floor(share * BLOCKS.length()));
      line.append(Double.isFinite(mean) ? BLOCKS.charAt(block) : GAP);
    }
    return line.toString();
  }
}
