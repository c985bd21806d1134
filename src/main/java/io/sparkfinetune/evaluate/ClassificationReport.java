package io.sparkfinetune.evaluate;

import io.sparkfinetune.evaluate.ClassificationMetrics.Scores;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Metrics as text: the table that scikit-learn's {@code classification_report} prints, cut to the
 * classes that need attention where there are many, and the confusions that occur most.
 */
public final class ClassificationReport {
  private static final int DIGITS = 4;
  private static final int MANY_CLASSES = 20;
  private static final int WORST = 10;
  private static final int CONFUSIONS = 10;

  private record Confusion(int label, int predicted, long count) {}

  private final ClassificationMetrics metrics;
  private final ConfusionMatrix matrix;
  private final List<String> labels;

  /**
   * @param labels the label names, by class index
   */
  public ClassificationReport(ClassificationMetrics metrics, List<String> labels) {
    this.metrics = metrics;
    this.matrix = metrics.confusionMatrix();
    this.labels = List.copyOf(labels);
    if (labels.size() != matrix.classes()) {
      throw new IllegalArgumentException(
          labels.size() + " labels for " + matrix.classes() + " classes");
    }
  }

  /** The report in brief: with more than 20 classes, the 10 of the lowest F1 stand for all. */
  public String summary() {
    List<Integer> classes = classes();
    if (classes.size() <= MANY_CLASSES) {
      return table(classes) + confusions();
    }
    List<Integer> worst =
        classes.stream()
            .sorted(Comparator.comparingDouble(label -> metrics.perClass().get(label).f1()))
            .limit(WORST)
            .toList();
    return "The "
        + WORST
        + " of "
        + classes.size()
        + " classes with the lowest F1\n\n"
        + table(worst)
        + confusions();
  }

  /** The report with every class that occurs. */
  public String full() {
    return table(classes()) + confusions();
  }

  /** scikit-learn's {@code classification_report(digits=4, zero_division=0)}, to the letter. */
  String table(List<Integer> classes) {
    int width = "weighted avg".length();
    for (int label : classes) {
      width = Math.max(width, labels.get(label).length());
    }
    String name = "%" + width + "s ";
    StringBuilder out = new StringBuilder();
    line(out, name + " %9s %9s %9s %9s", "", "precision", "recall", "f1-score", "support");
    out.append('\n');
    for (int label : classes) {
      scores(out, name, labels.get(label), metrics.perClass().get(label));
    }
    out.append('\n');
    String accuracy = decimal(metrics.accuracy());
    line(out, name + " %9s %9s %9s %9d", "accuracy", "", "", accuracy, metrics.n());
    scores(out, name, "macro avg", metrics.macro());
    scores(out, name, "weighted avg", metrics.weighted());
    return out.toString();
  }

  private String confusions() {
    List<Confusion> all = new ArrayList<>();
    for (int label = 0; label < labels.size(); label++) {
      for (int predicted = 0; predicted < labels.size(); predicted++) {
        long count = matrix.count(label, predicted);
        if (label != predicted && count > 0) {
          all.add(new Confusion(label, predicted, count));
        }
      }
    }
    if (all.isEmpty()) {
      return "\nNo row was predicted wrongly.\n";
    }
    all.sort(Comparator.comparingLong(Confusion::count).reversed());
    StringBuilder out = new StringBuilder("\nMost frequent confusions (label -> prediction)\n\n");
    for (Confusion confusion : all.subList(0, Math.min(CONFUSIONS, all.size()))) {
      line(
          out,
          "%9d  %s -> %s",
          confusion.count(),
          labels.get(confusion.label()),
          labels.get(confusion.predicted()));
    }
    return out.toString();
  }

  /**
   * The confusion matrix as CSV: a row a label, a column a prediction, label names in the header
   * and in the first column.
   */
  public String confusionMatrixCsv() {
    StringBuilder out = new StringBuilder("label");
    labels.forEach(label -> out.append(',').append(quoted(label)));
    out.append('\n');
    for (int label = 0; label < labels.size(); label++) {
      out.append(quoted(labels.get(label)));
      for (int predicted = 0; predicted < labels.size(); predicted++) {
        out.append(',').append(matrix.count(label, predicted));
      }
      out.append('\n');
    }
    return out.toString();
  }

  private List<Integer> classes() {
    return IntStream.range(0, labels.size()).filter(metrics::occurs).boxed().toList();
  }

  private static void scores(StringBuilder out, String name, String title, Scores scores) {
    line(
        out,
        name + " %9s %9s %9s %9d",
        title,
        decimal(scores.precision()),
        decimal(scores.recall()),
        decimal(scores.f1()),
        scores.support());
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** Rounds the double's exact value, half to even, as Python does; Java's formatter would not. */
  private static String decimal(double value) {
    return new BigDecimal(value).setScale(DIGITS, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String quoted(String field) {
    return field.matches("(?s).*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
  }
}
