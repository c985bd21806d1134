package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;

import java.util.EnumMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How many rows can be used, and how many cannot for each reason.
 *
 * @param usable rows without a reason
 * @param rejected by reason; those that no row has are not there
 */
public record RejectCounts(long usable, Map<RejectReason, Long> rejected) {
  /**
   * Counts rows.
   *
   * @param reason the column of the reasons' codes; null where a row can be used
   */
  public static RejectCounts of(Dataset<Row> rows, String reason) {
    Map<RejectReason, Long> rejected = new EnumMap<>(RejectReason.class);
    long usable = 0;
    for (Row row : rows.groupBy(reason).agg(count(lit(1))).collectAsList()) {
      if (row.isNullAt(0)) {
        usable = row.getLong(1);
      } else {
        rejected.put(RejectReason.of(row.getString(0)), row.getLong(1));
      }
    }
    return new RejectCounts(usable, rejected);
  }
}
