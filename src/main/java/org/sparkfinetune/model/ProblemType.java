package org.sparkfinetune.model;

import java.util.Locale;

/** What a row's labels are, by Hugging Face's names for it ({@code problem_type}). */
public enum ProblemType {
  /** Exactly one label a row: softmax, cross-entropy. */
  SINGLE_LABEL_CLASSIFICATION,
  /** A set of labels a row, which may be empty: a sigmoid a label, binary cross-entropy. */
  MULTI_LABEL_CLASSIFICATION;

  /** The name in {@code config.json} and in {@code model.problem_type}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a row may have any number of labels. */
  public boolean isMultiLabel() {
    return this == MULTI_LABEL_CLASSIFICATION;
  }
}
