package org.sparkfinetune.data;

/** The columns of prepared examples, one row each. */
public final class ExampleColumns {
  /** The text, a string. */
  public static final String TEXT = "text";

  /** The second text, a string; of pairs of texts alone. */
  public static final String TEXT_PAIR = "text_pair";

  /** The label, a string; of multi-label data the labels, an array of strings. */
  public static final String LABEL = "label";

  /**
   * Whether the example is validated on and not trained on, a boolean. Without this column all are
   * trained on.
   */
  public static final String IS_VALIDATION = "is_validation";

  private ExampleColumns() {}
}
