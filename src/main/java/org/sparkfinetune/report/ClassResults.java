package org.sparkfinetune.report;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.ConfusionMatrix;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Scores;
import org.sparkfinetune.text.TextWidth;

/**
 * What a report says of the classes.
 *
 * @param labels the label names, by index
 * @param scores by label index
 * @param averages by name, as in {@code macro}
 * @param confusions of single labels
 */
public record ClassResults(
    List<String> labels,
    List<Scores> scores,
    Map<String, Scores> averages,
    Optional<ConfusionMatrix> confusions) {
  public ClassResults {
    labels = List.copyOf(labels);
    scores = List.copyOf(scores);
    if (labels.size() != scores.size()) {
      throw new IllegalArgumentException(
          labels.size() + " labels for the scores of " + scores.size());
    }
  }

  /**
   * What metrics of either problem type know.
   *
   * @param labels the label names, by index
   */
  public static ClassResults of(Metrics metrics, List<String> labels) {
    return new ClassResults(labels, metrics.perLabel(), metrics.averages(), metrics.confusions());
  }

  /**
   * What the counts of a confusion matrix say, read from the file {@code confusion_matrix.csv} that
   * the jobs write.
   *
   * @throws UserException when it is none
   */
  public static ClassResults ofConfusionMatrix(String csv) {
    List<List<String>> rows = Csv.parse(csv);
    int classes = rows.isEmpty() ? 0 : rows.get(0).size() - 1;
    if (classes < 1 || rows.size() != classes + 1) {
      throw notOne(rows.size() + " lines for " + classes + " classes");
    }
    ConfusionMatrix matrix = new ConfusionMatrix(classes);
    for (int label = 0; label < classes; label++) {
      List<String> row = rows.get(label + 1);
      if (row.size() != classes + 1) {
        throw notOne("line " + (label + 2) + " has " + row.size() + " fields");
      }
      for (int predicted = 0; predicted < classes; predicted++) {
        matrix.add(label, predicted, count(row.get(predicted + 1), label + 2));
      }
    }
    List<String> labels = rows.get(0).subList(1, classes + 1);
    return of(ClassificationMetrics.of(matrix, Double.NaN), labels);
  }

  /** These results with the confusions that another file has, if it is of the same labels. */
  public ClassResults with(ClassResults counted) {
    return counted.labels.equals(labels)
        ? new ClassResults(labels, scores, averages, counted.confusions)
        : this;
  }

  private static long count(String field, int line) {
    if (!field.matches("[0-9]{1,15}")) {
      throw notOne("line " + line + " has no count but '" + TextWidth.shortened(field, 20) + "'");
    }
    return Long.parseLong(field);
  }

  private static UserException notOne(String why) {
    return new UserException(
        "not a confusion matrix of this project's (" + why + "): expected confusion_matrix.csv");
  }
}
