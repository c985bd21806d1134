package io.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Reads labelled rows, sets aside what cannot be used, splits, and indexes the labels.
 *
 * <p>What is decided, and why:
 *
 * <ul>
 *   <li>A row without text or label, and a malformed one, is set aside, in every split.
 *   <li>A validation or test row whose text training (or, for the test, validation) holds too is
 *       set aside: a model is measured on texts it has not seen. It goes from the held-out side, so
 *       that nothing is lost to training.
 *   <li>A validation or test row whose label no training row has is set aside.
 *   <li>Repeated training rows stay: how often a text occurs is part of the data. A training text
 *       with several labels stays too, with all of them, and is reported: training then aims at
 *       their frequencies, where picking one would be a guess. It is never held out.
 * </ul>
 *
 * <p>Passes over the data: one, and no rows come to the driver. A single Spark job reads every
 * source once, shuffles the rows by a hash of their text (to compare texts) and, when rows are to
 * be held out, by label (to rank them), caches the result and returns counts by split, reason and
 * label. JSON costs a pass before that, for the names of its columns. Ranking puts a class's rows
 * in one task, which sorts on disk what does not fit in its memory.
 */
public final class DatasetPreparation {
  /** More label values than this are no classes: the driver would hold them all. */
  static final int MAX_GROUPS = 100_000;

  private static final int EXAMPLE_CHARACTERS = 60;

  private DatasetPreparation() {}

  /**
   * Prepares {@code data.train} and the validation and test sets, given or held out.
   *
   * @throws UserException when a location cannot be read, a column is missing, a class or a split
   *     has no usable rows, or there are fewer than two classes
   */
  public static PreparedData prepare(SparkSession session, DataArguments arguments) {
    Map<String, String> sources = new LinkedHashMap<>();
    sources.put(Split.TRAIN, required(Split.TRAIN, arguments.train()));
    if (!arguments.validation().isEmpty()) {
      sources.put(Split.VALIDATION, arguments.validation());
    }
    if (!arguments.test().isEmpty()) {
      sources.put(Split.TEST, arguments.test());
    }
    Dataset<Row> read = read(session, sources, arguments);
    Dataset<Row> rows = StratifiedSplit.compareTexts(read, arguments.seed());
    if (arguments.validationShare() > 0 || arguments.testShare() > 0) {
      rows = StratifiedSplit.holdOut(rows, arguments.validationShare(), arguments.testShare());
    }
    return prepared(rows, sources, arguments, null);
  }

  /**
   * Prepares {@code data.test} alone, to evaluate a model that exists. The training rows are
   * unknown then: no row is set aside for its text.
   *
   * @param labels the model's labels; rows with another one are set aside
   * @throws UserException when the location cannot be read, a column is missing or no row is usable
   */
  public static PreparedData prepareTest(
      SparkSession session, DataArguments arguments, LabelIndex labels) {
    Map<String, String> sources = Map.of(Split.TEST, required(Split.TEST, arguments.test()));
    Dataset<Row> rows =
        read(session, sources, arguments).withColumn(StratifiedSplit.CONFLICT, lit(false));
    return prepared(rows, sources, arguments, labels);
  }

  private static String required(String split, String location) {
    if (location.isEmpty()) {
      throw new UserException(
          "data.%s is not set: expected a CSV, JSON or Parquet file or folder, or a table"
              .formatted(split));
    }
    return location;
  }

  private static Dataset<Row> read(
      SparkSession session, Map<String, String> sources, DataArguments arguments) {
    return sources.entrySet().stream()
        .map(source -> read(session, source.getKey(), source.getValue(), arguments))
        .reduce(Dataset::union)
        .orElseThrow();
  }

  /** One source as {@code split}, {@code reason}, {@code text}, {@code label}. */
  private static Dataset<Row> read(
      SparkSession session, String split, String location, DataArguments arguments) {
    try {
      Dataset<Row> rows = DatasetReader.read(session, location, arguments.format());
      Column text = InputColumns.text(rows, arguments.textColumn(), location);
      Column label = InputColumns.label(rows, arguments.labelColumn(), location);
      Column malformed =
          Arrays.asList(rows.columns()).contains(DatasetReader.MALFORMED)
              ? rows.col(DatasetReader.MALFORMED)
              : lit(null).cast("string");
      return rows.select(
          lit(split).as("split"),
          when(malformed.isNotNull(), SetAsideReason.MALFORMED_ROW.code())
              .when(InputColumns.blank(text), SetAsideReason.BLANK_TEXT.code())
              .when(InputColumns.blank(label), SetAsideReason.MISSING_LABEL.code())
              .as("reason"),
          coalesce(malformed, text).as("text"),
          when(malformed.isNull(), label).as("label"));
    } catch (UserException e) {
      String message = e.getMessage();
      throw message.startsWith("data.")
          ? e
          : new UserException("data." + split + ": " + message, e);
    }
  }

  private static PreparedData prepared(
      Dataset<Row> rows, Map<String, String> sources, DataArguments arguments, LabelIndex known) {
    Dataset<Row> cached =
        rows.select("split", "reason", "text", "label", StratifiedSplit.CONFLICT)
            .persist(StorageLevel.MEMORY_AND_DISK());
    try {
      RowCounts counts = countGroups(cached, arguments);
      LabelIndex labels = known == null ? counts.trainLabels(sources.get(Split.TRAIN)) : known;
      return new PreparedData(cached, labels, counts.report(sources, arguments, labels));
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      cached.unpersist();
      throw e instanceof UserException ? (UserException) e : DatasetReader.readFailure(e);
    }
  }

  private static RowCounts countGroups(Dataset<Row> cached, DataArguments arguments) {
    List<Row> groups =
        cached
            .groupBy("split", "reason", "label")
            .agg(
                count(lit(1)),
                sum(col(StratifiedSplit.CONFLICT).cast("long")),
                sum(col("text").contains("\uFFFD").cast("long")),
                min(
                    when(
                        col(StratifiedSplit.CONFLICT)
                            .or(col("reason").equalTo(SetAsideReason.MALFORMED_ROW.code())),
                        substring(col("text"), 1, EXAMPLE_CHARACTERS))))
            .limit(MAX_GROUPS + 1)
            .collectAsList();
    if (groups.size() > MAX_GROUPS) {
      throw new UserException(
          "data.label_column=%s: this column has more than %s different values: expected classes"
              .formatted(arguments.labelColumn(), DataReport.number(MAX_GROUPS)));
    }
    return new RowCounts(
        groups.stream()
            .map(
                row ->
                    new RowCounts.Group(
                        row.getString(0),
                        row.isNullAt(1) ? null : reason(row.getString(1)),
                        row.getString(2),
                        row.getLong(3),
                        row.getLong(4),
                        row.isNullAt(5) ? 0 : row.getLong(5),
                        row.getString(6)))
            .toList());
  }

  private static SetAsideReason reason(String code) {
    return Arrays.stream(SetAsideReason.values())
        .filter(reason -> reason.code().equals(code))
        .findFirst()
        .orElseThrow();
  }
}
