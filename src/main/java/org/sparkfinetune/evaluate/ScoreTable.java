package org.sparkfinetune.evaluate;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.sparkfinetune.text.OneLine;

/** The layout of scikit-learn's {@code classification_report(digits=4)}, line by line. */
final class ScoreTable {
  private static final int DIGITS = 4;
  private static final int MANY_CLASSES = 20;
  private static final int WORST = 10;

  private final StringBuilder out = new StringBuilder();
  private final List<String> labels;
  private final List<Integer> classes;
  private final String name;

  /**
   * Starts a table with its header.
   *
   * @param labels the label names, by index
   * @param classes the classes listed
   */
  ScoreTable(List<String> labels, List<Integer> classes) {
    this.labels = labels.stream().map(OneLine::of).toList();
    this.classes = classes;
    int width = "weighted avg".length();
    for (int label : classes) {
      width = Math.max(width, this.labels.get(label).length());
    }
    name = "%" + width + "s ";
    line(name + " %9s %9s %9s %9s", "", "precision", "recall", "f1-score", "support");
    out.append('\n');
  }

  /** With more than 20 classes, the table of the 10 with the lowest F1; else that of all. */
  static String brief(
      List<Integer> classes,
      List<Scores> scores,
      String noun,
      Function<List<Integer>, String> table) {
    if (classes.size() <= MANY_CLASSES) {
      return table.apply(classes);
    }
    List<Integer> worst =
        classes.stream()
            .sorted(Comparator.comparingDouble(label -> scores.get(label).f1()))
            .limit(WORST)
            .toList();
    return "The %s of %s %s with the lowest F1\n\n".formatted(WORST, classes.size(), noun)
        + table.apply(worst);
  }

  /** Adds a line a class, and an empty one. */
  ScoreTable classes(List<Scores> scores) {
    classes.forEach(label -> average(labels.get(label), scores.get(label)));
    out.append('\n');
    return this;
  }

  /** Adds the accuracy. */
  ScoreTable accuracy(double accuracy, long rows) {
    line(name + " %9s %9s %9s %9d", "accuracy", "", "", decimal(accuracy), rows);
    return this;
  }

  /** Adds an average. */
  ScoreTable average(String title, Scores scores) {
    line(
        name + " %9s %9s %9s %9d",
        title,
        decimal(scores.precision()),
        decimal(scores.recall()),
        decimal(scores.f1()),
        scores.support());
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }

  private void line(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** Rounds the double's exact value, half to even, as Python does; Java's formatter would not. */
  static String decimal(double value) {
    return new BigDecimal(value).setScale(DIGITS, RoundingMode.HALF_EVEN).toPlainString();
  }
}
