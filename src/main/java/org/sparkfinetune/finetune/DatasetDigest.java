package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.sparkfinetune.data.DataReport;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.track.DatasetInfo;

/** What a run's record says of the rows that it used. */
final class DatasetDigest {
  private DatasetDigest() {}

  /**
   * Describes rows of a split.
   *
   * @param rows those kept, prepared
   * @param report of the split
   */
  static DatasetInfo of(Dataset<Row> rows, DataReport.SplitReport report) {
    Map<String, String> schema = new LinkedHashMap<>();
    for (StructField field : rows.schema().fields()) {
      schema.put(field.name(), field.dataType().simpleString());
    }
    Map<String, Long> profile = new LinkedHashMap<>();
    profile.put("num_rows", report.kept());
    profile.put("num_labels", report.classes().values().stream().filter(n -> n > 0).count());
    profile.put("num_rows_read", report.rowsRead());
    for (Map.Entry<RejectReason, Long> reason : report.rejected().entrySet()) {
      profile.put(
          "num_rejected_" + reason.getKey().name().toLowerCase(Locale.ROOT), reason.getValue());
    }
    String source = RunOptions.shown(report.source().orElse(""));
    String name =
        source.isEmpty() || source.equals(RunOptions.SHOWN)
            ? report.split()
            : source.replaceAll("/+$", "");
    return new DatasetInfo(
        name.substring(name.lastIndexOf('/') + 1),
        digest(rows),
        "spark",
        source.isEmpty() ? "held out of the training rows" : source,
        schema,
        profile);
  }

  /**
   * 64 bits in hexadecimal that equal rows, in whatever order and partitions, have in common: the
   * sum of the rows' xxHash64.
   */
  static String digest(Dataset<Row> rows) {
    Column[] columns = Arrays.stream(rows.columns()).map(rows::col).toArray(Column[]::new);
    Row sum =
        rows.select(xxhash64(columns).cast("decimal(20,0)").as("hash"))
            .agg(sum(col("hash")).as("hash"), sum(lit(1)).as("rows"))
            .head();
    BigDecimal hash = sum.isNullAt(0) ? BigDecimal.ZERO : sum.getDecimal(0);
    return String.format(Locale.ROOT, "%016x", hash.toBigInteger().longValue());
  }
}
