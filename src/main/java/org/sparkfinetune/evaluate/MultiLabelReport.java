package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Metrics of multi-label classification as text: the table that scikit-learn's {@code
 * classification_report} prints of indicator matrices.
 */
public final class MultiLabelReport implements Report {
  private final MultiLabelMetrics metrics;
  private final List<String> labels;

  /**
   * @param labels the label names, by index
   */
  public MultiLabelReport(MultiLabelMetrics metrics, List<String> labels) {
    this.metrics = metrics;
    this.labels = List.copyOf(labels);
    if (labels.size() != metrics.perLabel().size()) {
      throw new IllegalArgumentException(
          labels.size() + " names for " + metrics.perLabel().size() + " labels");
    }
  }

  @Override
  public String summary() {
    return ScoreTable.brief(all(), metrics.perLabel(), "labels", this::table) + sets();
  }

  @Override
  public String full() {
    return table(all()) + sets();
  }

  @Override
  public Optional<String> confusionMatrixCsv() {
    return Optional.empty();
  }

  /** scikit-learn's {@code classification_report(digits=4, zero_division=0)}, to the letter. */
  String table(List<Integer> listed) {
    return new ScoreTable(labels, listed)
        .classes(metrics.perLabel())
        .average("micro avg", metrics.micro())
        .average("macro avg", metrics.macro())
        .average("weighted avg", metrics.weighted())
        .average("samples avg", metrics.samples())
        .toString();
  }

  private String sets() {
    return "\nRows whose label set is predicted exactly: %s of %s; wrong decisions: %s\n"
        .formatted(
            ScoreTable.decimal(metrics.accuracy()),
            metrics.n(),
            ScoreTable.decimal(metrics.hammingLoss()));
  }

  private List<Integer> all() {
    return IntStream.range(0, labels.size()).boxed().toList();
  }
}
