package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Metrics of multi-label classification as text: the table that scikit-learn's {@code
 * classification_report} prints of indicator matrices.
 */
public final class MultiLabelReport implements Report {
  private final List<Scores> perLabel;
  private final Map<String, Scores> averages;
  private final String sets;
  private final List<String> labels;

  /**
   * @param perLabel the scores by label index
   * @param averages of the scores, by name, as in {@code micro}
   * @param sets what is to be said of the rows' sets of labels
   * @param labels the label names, by index
   */
  MultiLabelReport(
      List<Scores> perLabel, Map<String, Scores> averages, String sets, List<String> labels) {
    this.perLabel = perLabel;
    this.averages = averages;
    this.sets = sets;
    this.labels = List.copyOf(labels);
    if (labels.size() != perLabel.size()) {
      throw new IllegalArgumentException(
          labels.size() + " names for " + perLabel.size() + " labels");
    }
  }

  @Override
  public String summary() {
    return ScoreTable.brief(all(), perLabel, "labels", this::table) + sets;
  }

  @Override
  public String full() {
    return table(all()) + sets;
  }

  @Override
  public Optional<String> confusionMatrixCsv() {
    return Optional.empty();
  }

  /** scikit-learn's {@code classification_report(digits=4, zero_division=0)}, to the letter. */
  String table(List<Integer> listed) {
    ScoreTable table = new ScoreTable(labels, listed).classes(perLabel);
    averages.forEach((name, scores) -> table.average(name + " avg", scores));
    return table.toString();
  }

  private List<Integer> all() {
    return IntStream.range(0, labels.size()).boxed().toList();
  }
}
