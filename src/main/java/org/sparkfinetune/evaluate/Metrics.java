package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;

/** What labelled rows say of a classifier, of whichever problem type. */
public interface Metrics {
  /** Rows. */
  long n();

  /** Share of the rows whose predicted labels are exactly their labels; 0 without rows. */
  double accuracy();

  /** The metrics by name, with a prefix such as {@code eval_} before each. */
  Map<String, Double> toMap(String prefix);

  /**
   * The metrics as text.
   *
   * @param labels the label names, by index
   */
  Report report(List<String> labels);
}
