package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.sparkfinetune.text.NumberFormat;

/**
 * Why a row is used neither for training nor for evaluation, nor to be labeled. A row has the first
 * that applies.
 *
 * <p>Some are no matter of single rows: such labels cannot be what was meant, and training rows
 * that have one stop a training, with {@link #meaning} in the message.
 */
public enum RejectReason {
  /** A CSV row with more or fewer fields than the header, or a line that is no JSON. */
  MALFORMED_ROW,
  /** Of pairs of documents, a row has more first ones than second ones, or fewer. */
  UNPAIRED_DOCUMENTS,
  /** The text is null or white space. */
  BLANK_TEXT,
  /** The second text of a pair is null or white space. */
  BLANK_TEXT_PAIR,
  /** The label is null, NaN or white space; of multi-label data, null. */
  MISSING_LABEL,
  /** The label is a number for which the metadata of its file has no name. */
  UNNAMED_LABEL(
      "the Hugging Face metadata of the file names no such class: expected numbers of its names,"
          + " from 0 on, or -1 for none; write the file anew with names that fit, or with names for"
          + " labels"),
  /** The label holds U+FFFD: bytes were lost. */
  DAMAGED_LABEL(
      "U+FFFD stands for bytes that were lost, and labels that differed in them are one now: read"
          + " the file by its true encoding (data.encoding), or mend its labels"),
  /** The label is far longer than the name of a class. */
  LONG_LABEL(
      "a label has at most "
          + LabelColumn.MAX_CHARACTERS
          + " characters: is this column the one of labels?"),
  /** A vector of zeros and ones, or of fractions, stands where a set of labels is expected. */
  VECTOR_LABEL(
      "a vector with a place for each class is no set of labels: write the names, or the numbers,"
          + " of the classes that apply"),
  /** An audit has called the label an issue, and such rows are to be left out. */
  LABEL_ISSUE,
  /** The weight of a training row is null, NaN, negative, infinite in fp32, or no number. */
  INVALID_WEIGHT,
  /**
   * The same text, or pair of texts (white space at its ends apart) stands in an earlier split, in
   * the order train, validation, test.
   */
  TEXT_IN_EARLIER_SPLIT,
  /** Of rows to select from for labeling: the row has a label. */
  ALREADY_LABELED,
  /** Of rows to select from for labeling: another row has the same text, or pair of texts. */
  REPEATED_TEXT,
  /** No usable training row has this label (or one of these), or the model does not know it. */
  UNSEEN_LABEL;

  private final String meaning;

  RejectReason() {
    this("");
  }

  RejectReason(String meaning) {
    this.meaning = meaning;
  }

  /**
   * Why single rows are rejected, whatever the other rows are.
   *
   * @param text a string
   * @param pair the second text; empty where rows have single texts
   * @param labels an array of labels, as {@link LabelColumn#labels} gives it
   * @param fault {@link LabelColumn#fault} of them
   * @return the code of the first reason that applies; null for a row that can be used
   */
  public static Column of(Column text, Optional<Column> pair, Column labels, Column fault) {
    Column reason = when(TextColumns.isBlank(text), BLANK_TEXT.code());
    if (pair.isPresent()) {
      reason = reason.when(TextColumns.isBlank(pair.get()), BLANK_TEXT_PAIR.code());
    }
    return reason.when(labels.isNull(), MISSING_LABEL.code()).otherwise(fault);
  }

  /**
   * Why a training row is rejected for its weight.
   *
   * @param weight a number
   * @return the code of the reason; null for a row that can be used
   */
  public static Column ofWeight(Column weight) {
    // Spark orders NaN above infinity; infinite is what fp32, which the loss is in, cannot hold.
    Column valid = weight.geq(0).and(weight.cast("float").lt(Float.POSITIVE_INFINITY));
    return when(coalesce(valid, lit(false)), lit(null)).otherwise(INVALID_WEIGHT.code());
  }

  /** Counts of rows by reason in words, as in {@code blank text 2, missing label 1}. */
  public static String inWords(Map<RejectReason, Long> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getKey().words() + " " + NumberFormat.thousands(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** The reason of a code. */
  public static RejectReason of(String code) {
    return Arrays.stream(values())
        .filter(reason -> reason.code().equals(code))
        .findFirst()
        .orElseThrow();
  }

  /** Whether training rows that have this fault stop a training. */
  public boolean stopsTraining() {
    return !meaning.isEmpty();
  }

  /** What is wrong with such labels, and what to do; empty where single rows are at fault. */
  public String meaning() {
    return meaning;
  }

  /** The reason as the {@code reason} column has it, as in {@code blank_text}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason in words, as in {@code blank text}. */
  public String words() {
    return code().replace('_', ' ');
  }
}
