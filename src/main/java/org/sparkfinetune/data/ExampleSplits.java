package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;

import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.task.ProblemType;

/**
 * Checked examples, split. Every row read is in exactly one of {@link #examples}, {@link #test} and
 * {@link #rejected}.
 *
 * <p>The rows are cached on the executors, in memory and beyond that on disk; {@link
 * #unpersistExamples} and {@link #close} let go of them. The data sets can be used after that, at
 * the price of reading the sources again.
 */
public final class ExampleSplits implements AutoCloseable {
  private static final String SPLIT = "split";
  private static final String REASON = "reason";

  private final Dataset<Row> cached;
  private final Dataset<Row> rows;
  private final Dataset<Row> otherRows;
  private final LabelIndex labels;
  private final DataReport report;

  /**
   * @param cached what to let go of
   * @param rows columns {@code split}, {@code reason}, {@code text}, {@code text_pair} (of pairs
   *     alone) and {@code labels}
   */
  ExampleSplits(
      Dataset<Row> cached,
      Dataset<Row> rows,
      ProblemType problemType,
      LabelIndex labels,
      DataReport report) {
    this.cached = cached;
    this.labels = labels;
    this.report = report;
    this.rows =
        rows.withColumn(
                ExampleColumns.LABEL,
                (problemType.task().hasLabelSets() ? col("labels") : col("labels").getItem(0))
                    .as(ExampleColumns.LABEL, labels.metadata()))
            .drop("labels", StratifiedSplit.CONFLICT, ExampleSource.LISTED);
    otherRows = this.rows.filter(col(SPLIT).equalTo(Split.TEST).or(col(REASON).isNotNull()));
  }

  /**
   * The examples to train and to validate on, as {@link ExampleColumns} has their columns: {@code
   * text}, {@code text_pair} (of pairs alone), {@code label}, {@code weight} (where a column of
   * weights is named) and {@code is_validation}, which is not there when there are none to validate
   * on.
   */
  public Dataset<Row> examples() {
    Dataset<Row> examples =
        rows.filter(col(REASON).isNull().and(col(SPLIT).notEqual(Split.TEST)))
            .withColumn(ExampleColumns.IS_VALIDATION, col(SPLIT).equalTo(Split.VALIDATION))
            .drop(SPLIT, REASON);
    return isKept(Split.VALIDATION) ? examples : examples.drop(ExampleColumns.IS_VALIDATION);
  }

  /** Those of the {@link #examples} that are trained on, without {@code is_validation}. */
  public Dataset<Row> train() {
    return split(rows, Split.TRAIN);
  }

  /**
   * Those that are validated on, with the columns of {@link #train} but for {@code weight}; empty
   * when there are none.
   */
  public Optional<Dataset<Row>> validation() {
    return measuredOn(rows, Split.VALIDATION);
  }

  /** The test rows, with the columns of {@link #validation}; empty when there are none. */
  public Optional<Dataset<Row>> test() {
    return measuredOn(otherRows, Split.TEST);
  }

  private Optional<Dataset<Row>> measuredOn(Dataset<Row> rows, String split) {
    return isKept(split)
        ? Optional.of(split(rows, split).drop(ExampleColumns.WEIGHT))
        : Optional.empty();
  }

  /**
   * The rejected rows: {@code split}, {@code reason} ({@link RejectReason#code}), and the columns
   * of the training rows. The text of a malformed row is that row as it was read.
   */
  public Dataset<Row> rejected() {
    return otherRows.filter(col(REASON).isNotNull());
  }

  /**
   * Writes the {@link #rejected} rows as JSON lines, where there are any.
   *
   * @param path a folder on any Hadoop file system, which is written anew
   * @return whether there are any
   */
  public boolean writeRejected(String path) {
    boolean any = report.splits().stream().anyMatch(split -> split.rowsRejected() > 0);
    if (any) {
      rejected().write().mode(SaveMode.Overwrite).json(path);
    }
    return any;
  }

  /**
   * The label names of the training rows, with their indices. The column {@code label} carries
   * them, so that a training does not look for them again ({@link LabelIndex#carriedBy}).
   */
  public LabelIndex labels() {
    return labels;
  }

  /** What was read, kept and rejected. */
  public DataReport report() {
    return report;
  }

  /**
   * Lets go of the cached {@link #examples}, whose tokens are all that a training needs. The test
   * rows and those rejected stay cached.
   */
  public void unpersistExamples() {
    otherRows.persist(StorageLevel.MEMORY_AND_DISK()).count();
    cached.unpersist();
  }

  /** Lets go of all cached rows. */
  @Override
  public void close() {
    otherRows.unpersist();
    cached.unpersist();
  }

  private boolean isKept(String split) {
    return report.split(split).filter(rows -> rows.kept() > 0).isPresent();
  }

  private static Dataset<Row> split(Dataset<Row> rows, String split) {
    return rows.filter(col(SPLIT).equalTo(split).and(col(REASON).isNull())).drop(SPLIT, REASON);
  }
}
