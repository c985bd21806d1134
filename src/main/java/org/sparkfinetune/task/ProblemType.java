package org.sparkfinetune.task;

import java.util.Locale;
import org.sparkfinetune.PublicApi;

/** What a row's labels are, by Hugging Face's names for it ({@code problem_type}). */
@PublicApi
public enum ProblemType {
  /** Exactly one label a row: softmax, cross-entropy. */
  SINGLE_LABEL_CLASSIFICATION(new SingleLabelTask()),
  /** A set of labels a row, which may be empty: a sigmoid a label, binary cross-entropy. */
  MULTI_LABEL_CLASSIFICATION(new MultiLabelTask());

  private final Task task;

  ProblemType(Task task) {
    this.task = task;
  }

  /** The name in {@code config.json} and in {@code model.problem_type}. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a classifier makes of its logits. */
  public Task task() {
    return task;
  }
}
