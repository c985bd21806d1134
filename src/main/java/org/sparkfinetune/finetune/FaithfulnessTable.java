package org.sparkfinetune.finetune;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.report.FaithfulnessFigure;
import org.sparkfinetune.text.NumberFormat;

/** How faithful attributions are, beside a random order of the words. */
final class FaithfulnessTable {
  private static final int DIGITS = 4;
  private static final String RANDOM = "random_";

  private FaithfulnessTable() {}

  /** Of the means of all rows, by name; none where nothing was measured. */
  static List<FaithfulnessFigure> of(Map<String, Double> figures) {
    List<FaithfulnessFigure> rows = new ArrayList<>();
    for (String name : List.of("comprehensiveness", "sufficiency", "deletion", "insertion")) {
      if (figures.containsKey(name)) {
        boolean higher = name.equals("comprehensiveness") || name.equals("insertion");
        rows.add(
            new FaithfulnessFigure(name, figures.get(name), figures.get(RANDOM + name), higher));
      }
    }
    return rows;
  }

  /** As text, a line each; empty where nothing was measured. */
  static String text(Map<String, Double> figures) {
    List<FaithfulnessFigure> rows = of(figures);
    if (rows.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder(line("", "words", "random", ""));
    for (FaithfulnessFigure row : rows) {
      text.append(
          line(
              row.name(),
              NumberFormat.fixed(row.value(), DIGITS),
              NumberFormat.fixed(row.random(), DIGITS),
              row.higherIsBetter() ? "higher is better" : "lower is better"));
    }
    return text.toString();
  }

  private static String line(String name, String value, String random, String better) {
    return "%-18s %8s %8s  %s".formatted(name, value, random, better).stripTrailing() + "\n";
  }
}
