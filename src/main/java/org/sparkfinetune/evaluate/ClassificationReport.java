package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.sparkfinetune.evaluate.ConfusionMatrix.Cell;
import org.sparkfinetune.text.OneLine;

/**
 * Metrics as text: the table that scikit-learn's {@code classification_report} prints, cut to the
 * classes that need attention where there are many, and the confusions that occur most.
 */
public final class ClassificationReport implements Report {
  private static final int CONFUSIONS = 10;

  /** A square of more is nothing to read, and soon more than a file holds. */
  static final int MATRIX_CLASSES = 5_000;

  private final ConfusionMatrix matrix;
  private final List<Scores> perClass;
  private final Map<String, Scores> averages;
  private final List<String> labels;

  /**
   * @param perClass the scores by class index
   * @param averages of the scores, by name, as in {@code macro}
   * @param labels the label names, by class index
   */
  ClassificationReport(
      ConfusionMatrix matrix,
      List<Scores> perClass,
      Map<String, Scores> averages,
      List<String> labels) {
    this.matrix = matrix;
    this.perClass = perClass;
    this.averages = averages;
    this.labels = List.copyOf(labels);
    if (labels.size() != matrix.classes()) {
      throw new IllegalArgumentException(
          labels.size() + " labels for " + matrix.classes() + " classes");
    }
  }

  @Override
  public String summary() {
    return ScoreTable.brief(classes(), perClass, "classes", this::table) + confusions();
  }

  @Override
  public String full() {
    return table(classes()) + confusions();
  }

  /** scikit-learn's {@code classification_report(digits=4, zero_division=0)}, to the letter. */
  String table(List<Integer> classes) {
    ScoreTable table =
        new ScoreTable(labels, classes)
            .classes(perClass)
            .accuracy(matrix.accuracy(), matrix.total());
    averages.forEach((name, scores) -> table.average(name + " avg", scores));
    return table.toString();
  }

  private String confusions() {
    List<Cell> all = matrix.confusions();
    if (all.isEmpty()) {
      return "\nNo row was predicted wrongly.\n";
    }
    StringBuilder out = new StringBuilder("\nMost frequent confusions (label -> prediction)\n\n");
    for (Cell confusion : all.subList(0, Math.min(CONFUSIONS, all.size()))) {
      out.append(
          "%9s  %s -> %s\n"
              .formatted(
                  confusion.count(),
                  OneLine.of(labels.get(confusion.label())),
                  OneLine.of(labels.get(confusion.predicted()))));
    }
    return out.toString();
  }

  /**
   * The confusion matrix as CSV: a row a label, a column a prediction, label names in the header
   * and in the first column. Empty beyond 5,000 classes.
   */
  @Override
  public Optional<String> confusionMatrixCsv() {
    if (labels.size() > MATRIX_CLASSES) {
      return Optional.empty();
    }
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
    return Optional.of(out.toString());
  }

  private List<Integer> classes() {
    return IntStream.range(0, labels.size()).filter(matrix::occurs).boxed().toList();
  }

  private static String quoted(String field) {
    return field.matches("(?s).*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
  }
}
