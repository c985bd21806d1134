package org.sparkfinetune.evaluate;

import java.util.Set;

/** Where a metric is measured. Its name begins with the stage's prefix, as Hugging Face's do. */
public enum Stage {
  /** While training, at a step. */
  STEP(""),
  /** On the validation rows, by each evaluation. */
  EVAL("eval_"),
  /** On the validation rows, of the weights that were kept: in the record of a run. */
  BEST_EVAL("best_eval_"),
  /** On the test rows. */
  TEST("test_"),
  /** Of the training as a whole. */
  TRAIN("train_"),
  /** Of a study, by trials. */
  STUDY("");

  private final String prefix;

  Stage(String prefix) {
    this.prefix = prefix;
  }

  /** What the names of its metrics begin with; may be empty. */
  public String prefix() {
    return prefix;
  }

  /** Where labeled rows are predicted. */
  static Set<Stage> ofRows() {
    return Set.of(EVAL, BEST_EVAL, TEST);
  }
}
