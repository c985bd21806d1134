package org.sparkfinetune.evaluate;

import java.util.Optional;

/** Metrics as text. */
public interface Report {
  /** The report in brief: where there are many classes, those that need attention. */
  String summary();

  /** The report with every class. */
  String full();

  /**
   * The confusions of classes as CSV; empty where a row has no one class to be confused, or the
   * classes are too many for a table.
   */
  Optional<String> confusionMatrixCsv();
}
