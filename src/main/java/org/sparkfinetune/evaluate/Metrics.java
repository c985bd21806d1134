package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What labelled rows say of a classifier, of whichever problem type. */
public interface Metrics {
  /** Rows. */
  long n();

  /** Share of the rows whose predicted labels are exactly their labels; 0 without rows. */
  double accuracy();

  /** The probability from which on labels were predicted; empty where there is none. */
  default OptionalDouble threshold() {
    return OptionalDouble.empty();
  }

  /** Scores by label index. */
  List<Scores> perLabel();

  /** Averages of the scores, by name, as in {@code macro}. */
  Map<String, Scores> averages();

  /** The counts of rows by label and prediction; empty where a row may have several labels. */
  Optional<ConfusionMatrix> confusions();

  /**
   * The metrics by name, with a prefix such as {@code eval_} before each: those of {@link Metric}
   * that say how well rows of the problem type are predicted, but for the threshold, and {@code
   * samples}.
   */
  Map<String, Double> toMap(String prefix);

  /**
   * The metrics as text.
   *
   * @param labels the label names, by index
   */
  Report report(List<String> labels);
}
