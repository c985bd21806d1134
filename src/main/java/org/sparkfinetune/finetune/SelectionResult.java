package org.sparkfinetune.finetune;

import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.text.NumberFormat;

/** Which rows to label next. Immutable. */
@PublicApi
public final class SelectionResult {
  private final Dataset<Row> rows;
  private final long count;
  private final long candidates;
  private final Map<RejectReason, Long> rejected;

  SelectionResult(
      Dataset<Row> rows, long count, long candidates, Map<RejectReason, Long> rejected) {
    this.rows = rows;
    this.count = count;
    this.candidates = candidates;
    this.rejected = rejected;
  }

  /**
   * The rows to label, the most useful first: all their columns and {@code prediction} (a string,
   * or an array of strings for multi-label models), {@code utility} (a double, higher for a row
   * that teaches more; of rows that are far from each other the distance from those before; null
   * where any are selected) and {@code rank} (an int, from 1 on). They are read from the output.
   */
  public Dataset<Row> rows() {
    return rows;
  }

  /** How many there are: the budget, or all candidates where these are fewer. */
  public long count() {
    return count;
  }

  /** The rows that they were selected from: different texts without a label. */
  public long candidates() {
    return candidates;
  }

  /**
   * The rows that were none of these, by reason: {@code blank_text}, {@code blank_text_pair},
   * {@code already_labeled} or {@code repeated_text}; they are in {@code rejected_rows}.
   */
  public Map<String, Long> rejected() {
    return rejected.entrySet().stream()
        .collect(Collectors.toMap(entry -> entry.getKey().code(), Map.Entry::getValue));
  }

  /** A text in brief. */
  public String summary() {
    String line =
        "%s of %s rows selected"
            .formatted(NumberFormat.thousands(count), NumberFormat.thousands(candidates));
    return rejected.isEmpty()
        ? line + "\n"
        : line + "; not considered: " + RejectReason.inWords(rejected) + "\n";
  }

  @Override
  public String toString() {
    return summary();
  }
}
