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

  /**
   * What the example's loss is multiplied by in training, a number; null where it is not trained
   * on. Without this column all count alike.
   */
  public static final String WEIGHT = "weight";

  /**
   * Which of several folds the example is in, an integer from 0 on; of examples for as many
   * trainings alone, each of which leaves one fold out.
   */
  public static final String FOLD = "fold";

  /** Of audited rows, whether their label is probably wrong, a boolean. */
  public static final String LABEL_ISSUE = "label_issue";

  /**
   * All columns of a row as it was read, a struct, of {@link DatasetPreparation#prepareWhole};
   * those of {@link KeptColumns} of {@link DatasetPreparation#prepareTest}.
   */
  public static final String ROW = "row";

  /** A number of the row, a long, in the order of reading; of the same. */
  public static final String ID = "id";

  /** What slices call the number of a text's words, where the rows have no column of that name. */
  public static final String LENGTH = "length";

  private ExampleColumns() {}
}
