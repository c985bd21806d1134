package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Checked rows, split. Every row read is in exactly one of {@link #train}, {@link #validation},
 * {@link #test} and {@link #setAside}.
 *
 * <p>The rows are cached on the executors, in memory and beyond that on disk; {@link #close} lets
 * go of them. The data sets can be used after that, at the price of reading the sources again.
 */
public final class PreparedData implements AutoCloseable {
  private final Dataset<Row> cached;
  private final Dataset<Row> rows;
  private final LabelIndex labels;
  private final DataReport report;

  /**
   * @param cached what to let go of
   * @param rows columns {@code split}, {@code reason}, {@code text}, {@code text_pair} (of pairs
   *     alone) and {@code labels}
   */
  PreparedData(
      Dataset<Row> cached,
      Dataset<Row> rows,
      boolean multiLabel,
      LabelIndex labels,
      DataReport report) {
    this.cached = cached;
    this.labels = labels;
    this.report = report;
    this.rows =
        rows.withColumn(
                "label",
                (multiLabel ? col("labels") : col("labels").getItem(0))
                    .as("label", LabelCheck.REPORTED))
            .drop("labels", StratifiedSplit.CONFLICT, DatasetPreparation.LISTED);
  }

  /**
   * The training rows: the strings {@code text}, {@code text_pair} (of pairs alone) and {@code
   * label}, of multi-label data an array of strings.
   */
  public Dataset<Row> train() {
    return split(Split.TRAIN);
  }

  /** The validation rows, with the columns of the training rows; empty when there are none. */
  public Optional<Dataset<Row>> validation() {
    return heldOut(Split.VALIDATION);
  }

  /** The test rows, with the columns of the training rows; empty when there are none. */
  public Optional<Dataset<Row>> test() {
    return heldOut(Split.TEST);
  }

  /**
   * The rows set aside: {@code split}, {@code reason} ({@link RejectReason#code}), and the columns
   * of the training rows. The text of a malformed row is that row as it was read.
   */
  public Dataset<Row> setAside() {
    return rows.filter(col("reason").isNotNull());
  }

  /** The label names of the training rows, with their indices. */
  public LabelIndex labels() {
    return labels;
  }

  /** What was read, kept and set aside. */
  public DataReport report() {
    return report;
  }

  /** Lets go of the cached rows. */
  @Override
  public void close() {
    cached.unpersist();
  }

  private Optional<Dataset<Row>> heldOut(String split) {
    return report.split(split).filter(rows -> rows.kept() > 0).map(rows -> split(split));
  }

  private Dataset<Row> split(String split) {
    return rows.filter(col("split").equalTo(split).and(col("reason").isNull()))
        .drop("split", "reason");
  }
}
