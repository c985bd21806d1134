package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.array_except;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.posexplode_outer;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.NumberFormat;

/**
 * Reads labeled rows, rejects what cannot be used, splits, and indexes the labels.
 *
 * <p>What is decided, and why:
 *
 * <ul>
 *   <li>A row without text (or second text, of pairs) or label, and a malformed one, is rejected,
 *       in every split.
 *   <li>A validation or test row whose text training (or, for the test, validation) holds too is
 *       rejected: a model is measured on texts it has not seen. It goes from the held-out side, so
 *       that nothing is lost to training.
 *   <li>A validation or test row whose label, or one of whose labels, no training row has is
 *       rejected.
 *   <li>Training rows whose label cannot be what was meant ({@link RejectReason#stopsTraining})
 *       stop a training, which would go on with other classes than the data's; validation and test
 *       rows are rejected. Labels that may be one in two spellings stay two classes, and are
 *       reported.
 *   <li>The empty set is a label set like any other: such rows say what none of the labels is.
 *   <li>Repeated training rows stay: how often a text occurs is part of the data. A training text
 *       with several labels stays too, with all of them, and is reported: training then aims at
 *       their frequencies, where picking one would be a guess. It is never held out.
 * </ul>
 *
 * <p>Passes over the data: one (two to hold rows of multi-label data out), and no rows come to the
 * driver. A single Spark job reads every source once, shuffles the rows by a hash of their text (to
 * compare texts) and, when rows are to be held out, by label (to rank them), caches the result and
 * returns counts by split, reason and label. JSON costs a pass before that, for the names of its
 * columns. Ranking puts a class's rows in one task, which sorts on disk what does not fit in its
 * memory.
 */
public final class DatasetPreparation {
  /** More label values than this are no classes: the driver would hold them all. */
  static final int MAX_LABELS = 100_000;

  private static final int EXAMPLE_CHARACTERS = 60;

  private DatasetPreparation() {}

  /**
   * Prepares {@code data.train} and the validation and test sets, given or held out.
   *
   * @param problemType says whether a row has a set of labels instead of one
   * @throws UserException when a location cannot be read, a column is missing, a class or a split
   *     has no usable rows, or there are fewer than two classes
   */
  public static ExampleSplits prepare(
      SparkSession session, DataArguments arguments, ProblemType problemType) {
    Map<String, String> sources = sources(arguments);
    List<String> warnings = new ArrayList<>();
    List<ExampleSource> read = read(session, sources, arguments, problemType, warnings);
    Dataset<Row> rows = StratifiedSplit.compareTexts(union(read), arguments.seed());
    double validation = arguments.validationShare();
    double test = arguments.testShare();
    if (validation > 0 || test > 0) {
      rows =
          problemType.task().hasLabelSets()
              ? StratifiedSplit.holdOutSets(rows, validation, test)
              : StratifiedSplit.holdOut(rows, validation, test);
    }
    return prepared(rows, read, sources, arguments, problemType, null, warnings);
  }

  /**
   * Prepares {@code data.train} alone, all of it to train on, and keeps each row as it was read in
   * the columns {@link ExampleColumns#ROW} and {@link ExampleColumns#ID}.
   *
   * @param given what to read; its validation and test sets and the shares of these do not count
   * @param problemType says whether a row has a set of labels instead of one
   * @throws UserException as of {@link #prepare}
   */
  public static ExampleSplits prepareWhole(
      SparkSession session, DataArguments given, ProblemType problemType) {
    DataArguments arguments = given.holdingOutNone();
    Map<String, String> sources = Map.of(Split.TRAIN, required(Split.TRAIN, arguments.train()));
    List<String> warnings = new ArrayList<>();
    List<ExampleSource> read =
        read(session, sources, arguments, problemType, warnings, true, KeptColumns.NONE);
    Dataset<Row> rows = StratifiedSplit.compareTexts(union(read), arguments.seed());
    return prepared(rows, read, sources, arguments, problemType, null, warnings);
  }

  /**
   * The rows of every set that is given, as far as they can be used each by itself: columns {@code
   * split}, {@code text}, {@code text_pair} (of pairs alone) and {@code labels} (a sorted array).
   * None is held out or compared with others, and none is cached.
   *
   * @throws UserException when a location cannot be read or a column is missing
   */
  public static Dataset<Row> readSplits(
      SparkSession session, DataArguments arguments, ProblemType problemType) {
    List<ExampleSource> read =
        read(session, sources(arguments), arguments, problemType, new ArrayList<>());
    return union(read).where(col("reason").isNull()).drop("reason", ExampleSource.LISTED);
  }

  /**
   * The rows of one more place, read as training rows are: columns {@code reason} (why a row cannot
   * be used, a {@link RejectReason#code}; null where it can), {@code text}, {@code text_pair} (of
   * pairs alone), {@code labels} (a sorted array) and others. They are not cached.
   *
   * @param key that names the place
   * @param location as of {@code data.train}
   * @param arguments their format and columns
   * @param warnings takes what does not hinder the reading but should be known, a sentence each
   * @throws UserException when they cannot be read or a column is missing
   */
  public static Dataset<Row> readLabeled(
      SparkSession session,
      String key,
      String location,
      DataArguments arguments,
      ProblemType problemType,
      Consumer<String> warnings) {
    List<String> noted = new ArrayList<>();
    try {
      DataSource source =
          DataSource.resolve(session, location, arguments.dataFormat(), Optional.of(Split.TRAIN));
      Dataset<Row> rows =
          ExampleSource.read(
                  session,
                  Split.TRAIN,
                  location,
                  source,
                  arguments,
                  problemType,
                  noted,
                  false,
                  KeptColumns.NONE)
              .rows();
      noted.forEach(warnings);
      return rows;
    } catch (UserException e) {
      String prefix = "data." + Split.TRAIN + ": ";
      String message = e.getMessage();
      throw new UserException(
          key + ": " + (message.startsWith(prefix) ? message.substring(prefix.length()) : message),
          e);
    }
  }

  /**
   * Prepares {@code data.test} alone, to evaluate a model that exists. The training rows are
   * unknown then: no row is rejected for its text.
   *
   * @param problemType says whether a row has a set of labels instead of one
   * @param labels the model's labels; rows with another one are rejected
   * @throws UserException when the location cannot be read, a column is missing or no row is usable
   */
  public static ExampleSplits prepareTest(
      SparkSession session, DataArguments arguments, ProblemType problemType, LabelIndex labels) {
    return prepareTest(session, arguments, problemType, labels, KeptColumns.NONE);
  }

  /**
   * As the other, with columns of the user's.
   *
   * @throws UserException also when these cannot be kept
   */
  public static ExampleSplits prepareTest(
      SparkSession session,
      DataArguments arguments,
      ProblemType problemType,
      LabelIndex labels,
      KeptColumns kept) {
    Map<String, String> sources = Map.of(Split.TEST, required(Split.TEST, arguments.test()));
    List<String> warnings = new ArrayList<>();
    List<ExampleSource> read =
        read(session, sources, arguments, problemType, warnings, false, kept);
    Dataset<Row> rows = union(read).withColumn(StratifiedSplit.CONFLICT, lit(false));
    return prepared(rows, read, sources, arguments, problemType, labels, warnings);
  }

  /** The locations that are given, by split. */
  private static Map<String, String> sources(DataArguments arguments) {
    Map<String, String> sources = new LinkedHashMap<>();
    sources.put(Split.TRAIN, required(Split.TRAIN, arguments.train()));
    if (!arguments.validation().isEmpty()) {
      sources.put(Split.VALIDATION, arguments.validation());
    }
    if (!arguments.test().isEmpty()) {
      sources.put(Split.TEST, arguments.test());
    }
    return sources;
  }

  private static String required(String split, String location) {
    if (location.isEmpty()) {
      throw new UserException(
          "data.%s is not set: expected a CSV, JSON or Parquet file or folder, or a table"
              .formatted(split));
    }
    return location;
  }

  private static List<ExampleSource> read(
      SparkSession session,
      Map<String, String> sources,
      DataArguments arguments,
      ProblemType problemType,
      List<String> warnings) {
    return read(session, sources, arguments, problemType, warnings, false, KeptColumns.NONE);
  }

  private static List<ExampleSource> read(
      SparkSession session,
      Map<String, String> sources,
      DataArguments arguments,
      ProblemType problemType,
      List<String> warnings,
      boolean whole,
      KeptColumns kept) {
    Map<String, DataSource> resolved = new LinkedHashMap<>();
    sources.forEach(
        (split, location) -> {
          try {
            resolved.put(
                "data." + split,
                DataSource.resolve(session, location, arguments.dataFormat(), Optional.of(split)));
          } catch (UserException e) {
            throw ExampleSource.of(split, e);
          }
        });
    Map<String, String> formats = new LinkedHashMap<>();
    resolved.forEach((key, source) -> formats.put(key, source.format().format()));
    arguments.dataFormat().requireUsed(formats);
    return sources.entrySet().stream()
        .map(
            source ->
                ExampleSource.read(
                    session,
                    source.getKey(),
                    source.getValue(),
                    resolved.get("data." + source.getKey()),
                    arguments,
                    problemType,
                    warnings,
                    whole,
                    kept))
        .toList();
  }

  private static Dataset<Row> union(List<ExampleSource> sources) {
    return sources.stream().map(ExampleSource::rows).reduce(Dataset::union).orElseThrow();
  }

  private static ExampleSplits prepared(
      Dataset<Row> rows,
      List<ExampleSource> read,
      Map<String, String> sources,
      DataArguments arguments,
      ProblemType problemType,
      LabelIndex known,
      List<String> warnings) {
    Dataset<Row> cached =
        rows.drop(StratifiedSplit.WORKING_COLUMNS).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      RowCounts counts = countGroups(cached, arguments, problemType);
      boolean separated = read.get(0).separated(); // training rows are read first
      LabelIndex labels = known == null ? counts.trainLabels(sources, arguments, separated) : known;
      Dataset<Row> checked = cached;
      if (counts.hasOtherThan(labels)) {
        checked = cached.withColumn("reason", coalesce(col("reason"), unseen(labels)));
        counts = countGroups(checked, arguments, problemType);
      }
      List<String> notes = read.stream().flatMap(source -> source.note().stream()).toList();
      DataReport report =
          counts.report(sources, arguments, labels, separated, notes).with(warnings);
      return new ExampleSplits(cached, checked, problemType, labels, report);
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      cached.unpersist();
      throw e instanceof UserException ? (UserException) e : DatasetReader.readFailure(e);
    }
  }

  private static Column unseen(LabelIndex labels) {
    Column others = array_except(col("labels"), lit(labels.names().toArray(String[]::new)));
    return when(size(others).gt(0), RejectReason.UNSEEN_LABEL.code());
  }

  private static RowCounts countGroups(
      Dataset<Row> rows, DataArguments arguments, ProblemType problemType) {
    // A row is counted once a label, and as a row with its first label, or with none.
    Column once = coalesce(col("position"), lit(0)).equalTo(0);
    Column conflict = once.and(col(StratifiedSplit.CONFLICT));
    boolean pairs = arguments.textPair().isPresent();
    Column damaged = concat_ws("", col(ExampleColumns.TEXT_PAIR), col("text")).contains("\uFFFD");
    List<Row> labels =
        rows.select(
                col("split"),
                col("reason"),
                col("text"),
                (pairs ? col(ExampleColumns.TEXT_PAIR) : lit("")).as(ExampleColumns.TEXT_PAIR),
                col(StratifiedSplit.CONFLICT),
                col(ExampleSource.LISTED),
                posexplode_outer(col("labels")).as(new String[] {"position", "label"}))
            .groupBy("split", "reason", "label")
            .agg(
                count(col("label")).as("labeled"),
                sum(once.cast("long")).as("rows"),
                sum(conflict.cast("long")).as("conflicts"),
                sum(once.and(damaged).cast("long")).as("replaced"),
                sum(once.and(col(ExampleSource.LISTED)).cast("long")).as("listed"),
                min(when(
                        conflict.or(col("reason").equalTo(RejectReason.MALFORMED_ROW.code())),
                        substring(col("text"), 1, EXAMPLE_CHARACTERS)))
                    .as("example"))
            // By label: it is labels that there may be too many of.
            .groupBy("label")
            .agg(
                collect_list(
                    struct(
                        "split",
                        "reason",
                        "label",
                        "labeled",
                        "rows",
                        "conflicts",
                        "replaced",
                        "listed",
                        "example")))
            // One may be null.
            .limit(MAX_LABELS + 2)
            .collectAsList();
    if (labels.stream().filter(row -> !row.isNullAt(0)).count() > MAX_LABELS) {
      throw new UserException(
          "data.label_column=%s: this column has more than %s different values: expected classes"
              .formatted(arguments.labelColumn(), NumberFormat.thousands(MAX_LABELS)));
    }
    return new RowCounts(
        labels.stream()
            .flatMap(row -> row.<Row>getList(1).stream())
            .map(
                row ->
                    new RowGroup(
                        row.getString(0),
                        row.isNullAt(1) ? null : RejectReason.of(row.getString(1)),
                        row.getString(2),
                        row.getLong(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.isNullAt(6) ? 0 : row.getLong(6),
                        row.isNullAt(7) ? 0 : row.getLong(7),
                        row.getString(8)))
            .toList(),
        problemType);
  }
}
