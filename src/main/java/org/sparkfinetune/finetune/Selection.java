package org.sparkfinetune.finetune;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_values;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.RejectCounts;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.train.InferenceArguments;

/**
 * A choice of the unlabeled rows that a model would learn most from, as {@code jobs/select} makes
 * it: the ones to label next. Of equal texts one is a candidate, and rows that have a label already
 * are none. The same texts are selected in whatever order and partitions they come. Immutable: each
 * method gives another selection.
 */
@PublicApi
public final class Selection extends ModelRunBuilder<Selection> {
  /** The settings of a selection. */
  public static final SettingKeys KEYS =
      DataArguments.texts("input")
          .and(DataArguments.SCHEMA, "label_column")
          .and(SelectionArguments.SCHEMA)
          .and(InferenceArguments.SCHEMA);

  private static final String UTILITY = "utility";
  private static final String RANK = "rank";
  private static final String REASON = "reason";
  private static final String TIE = "tie";
  private static final String READ = "read";

  private Selection(RunOptions options) {
    super(options);
  }

  /** A selection of all defaults, by Spark jobs of this session. */
  public static Selection on(SparkSession spark) {
    return new Selection(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With rows to select from, in the place of {@code data.input}.
   *
   * @param rows with the columns that {@code data.text_column} and, of pairs, {@code
   *     data.text_pair_column} name; those that have something in a column of the name {@code
   *     data.label_column} are labeled
   */
  public Selection input(Dataset<Row> rows) {
    return with(options.rows("input", rows));
  }

  /** With a folder to write to. A selection must have one. */
  public Selection output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Selects, and returns when the rows are written.
   *
   * @throws UserException when there is no such model, no row is a candidate, or rows or output
   *     cannot be worked with
   */
  public SelectionResult run() {
    return options.use(this::run);
  }

  private SelectionResult run(Settings settings) throws IOException {
    OutputDirectory output = options.open(OutputFiles.OF_SELECTION);
    DataArguments data = settings.get(DataArguments.SCHEMA);
    Dataset<Row> input =
        DatasetReader.readTexts(
            options.spark(), data, warning -> options.console().line("warning: %s", warning));
    PredictionColumns.requireNew(input, List.of(PredictionColumns.PREDICTION, UTILITY, RANK));
    ClassifierPipeline pipeline = loadModel(settings);
    Dataset<Row> judged = judged(input, data).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      RejectCounts counts = RejectCounts.of(judged, REASON);
      Map<RejectReason, Long> rejected = counts.rejected();
      long candidates = counts.usable();
      if (candidates == 0) {
        throw new UserException(
            "data.input: no row can be selected%s"
                .formatted(rejected.isEmpty() ? "" : ": " + RejectReason.inWords(rejected)));
      }
      SelectionArguments arguments = settings.get(SelectionArguments.SCHEMA);
      if (arguments.budget() > candidates) {
        options
            .console()
            .line(
                "warning: select.budget=%d is more than the %s rows that can be selected: all are",
                arguments.budget(), NumberFormat.thousands(candidates));
      }
      output.clear(OutputFiles.OF_SELECTION);
      if (!rejected.isEmpty()) {
        judged
            .where(col(REASON).isNotNull())
            .select(col(ExampleColumns.ROW), col(REASON))
            .write()
            .mode(SaveMode.Overwrite)
            .json(output.path(OutputFiles.REJECTED_ROWS));
      }
      String place = output.path(OutputFiles.SELECTED);
      PredictionWriter.Format format = PredictionWriter.format("", data.format(), data.input());
      PredictionWriter.Format written = format.isSeparated() ? PredictionWriter.Format.CSV : format;
      PredictionWriter.write(
          place, written, true, selected(judged, pipeline, data.textPair(), arguments, candidates));
      pipeline.warning().ifPresent(warning -> options.console().line("warning: %s", warning));
      return new SelectionResult(
          PredictionWriter.read(options.spark(), place, written),
          Math.min(arguments.budget(), candidates),
          candidates,
          rejected);
    } finally {
      judged.unpersist();
    }
  }

  /** The rows with their texts, and why they are no candidates; null where they are. */
  private static Dataset<Row> judged(Dataset<Row> input, DataArguments data) {
    List<Column> columns = new ArrayList<>();
    columns.add(
        struct(Arrays.stream(input.columns()).map(TextColumns::named).toArray(Column[]::new))
            .as(ExampleColumns.ROW));
    columns.add(TextColumns.named(data.textColumn()).cast("string").as(ExampleColumns.TEXT));
    data.textPair()
        .ifPresent(
            pair ->
                columns.add(TextColumns.named(pair).cast("string").as(ExampleColumns.TEXT_PAIR)));
    boolean hasLabels = Arrays.asList(input.columns()).contains(data.labelColumn());
    Column label =
        hasLabels
            ? trim(TextColumns.named(data.labelColumn()).cast("string"))
            : lit(null).cast("string");
    columns.add(label.isNotNull().and(label.notEqual("")).and(label.notEqual("[]")).as("labeled"));
    columns.add(monotonically_increasing_id().as(READ));
    Column[] texts = texts(data.textPair());
    Column reason =
        when(TextColumns.isBlank(col(ExampleColumns.TEXT)), RejectReason.BLANK_TEXT.code());
    if (texts.length == 2) {
      reason =
          reason.when(
              TextColumns.isBlank(col(ExampleColumns.TEXT_PAIR)),
              RejectReason.BLANK_TEXT_PAIR.code());
    }
    // A labeled row takes its text with it: another annotator would learn nothing from a copy.
    Column copies =
        row_number().over(Window.partitionBy(texts).orderBy(col("labeled").desc(), col(READ)));
    return input
        .select(columns.toArray(Column[]::new))
        .withColumn("copy", copies)
        .withColumn(
            REASON,
            reason
                .when(col("labeled"), RejectReason.ALREADY_LABELED.code())
                .when(col("copy").gt(1), RejectReason.REPEATED_TEXT.code()))
        .drop("labeled", "copy", READ);
  }

  private static Column[] texts(Optional<String> pair) {
    return pair.isPresent()
        ? new Column[] {col(ExampleColumns.TEXT), col(ExampleColumns.TEXT_PAIR)}
        : new Column[] {col(ExampleColumns.TEXT)};
  }

  /** The rows that are selected, with their ranks, in order. */
  private static Dataset<Row> selected(
      Dataset<Row> judged,
      ClassifierPipeline pipeline,
      Optional<String> pair,
      SelectionArguments arguments,
      long candidates) {
    List<Column> hashed = new ArrayList<>(List.of(lit(arguments.seed())));
    hashed.addAll(List.of(texts(pair)));
    Dataset<Row> rows =
        judged
            .where(col(REASON).isNull())
            .drop(REASON)
            .withColumn(TIE, xxhash64(hashed.toArray(Column[]::new)));
    Optional<DiverseRows.Kind> diverse = arguments.strategy().diverse();
    Dataset<Row> ranked =
        diverse.isPresent()
            ? diverse(rows, pipeline, diverse.get(), arguments, candidates)
            : useful(rows, pipeline, pair, arguments);
    return ranked
        .orderBy(RANK)
        .select(
            col(ExampleColumns.ROW + ".*"),
            col(PredictionColumns.PREDICTION),
            col(UTILITY),
            col(RANK));
  }

  private static Dataset<Row> useful(
      Dataset<Row> rows,
      ClassifierPipeline pipeline,
      Optional<String> pair,
      SelectionArguments arguments) {
    Column[] order = {col(UTILITY).desc_nulls_last(), col(TIE), col(ExampleColumns.TEXT)};
    boolean sets = pipeline.problemType().task().hasLabelSets();
    Dataset<Row> first =
        pipeline
            .predict(rows, ExampleColumns.TEXT, pair.map(column -> ExampleColumns.TEXT_PAIR))
            .withColumn(
                UTILITY,
                arguments
                    .strategy()
                    .utility(map_values(col(PredictionColumns.PROBABILITIES)), sets))
            .orderBy(order)
            .limit(arguments.budget());
    // One partition: these are no more rows than the budget.
    return first
        .coalesce(1)
        .withColumn(RANK, row_number().over(Window.partitionBy(lit(0)).orderBy(order)));
  }

  private static Dataset<Row> diverse(
      Dataset<Row> rows,
      ClassifierPipeline pipeline,
      DiverseRows.Kind kind,
      SelectionArguments arguments,
      long candidates) {
    Dataset<Row> predicted = pipeline.pooled(rows).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      Column row = col(PredictionColumns.ROW);
      List<DiverseRows.Pick> picks =
          new DiverseRows(kind, arguments.seed())
              .choose(
                  predicted.select(
                      row.getField(TIE),
                      col(PredictionColumns.POOLED),
                      vector_to_array(col(PredictionColumns.PROBABILITY), "float64")),
                  pipeline.problemType().task().hasLabelSets(),
                  (int) Math.min(arguments.budget(), candidates));
      List<Row> ranks = new ArrayList<>();
      for (DiverseRows.Pick pick : picks) {
        Double distance = Double.isNaN(pick.distance()) ? null : pick.distance();
        ranks.add(RowFactory.create(pick.id(), distance, ranks.size() + 1));
      }
      StructType schema =
          new StructType()
              .add(TIE, DataTypes.LongType)
              .add(UTILITY, DataTypes.DoubleType)
              .add(RANK, DataTypes.IntegerType);
      return predicted
          .select(
              row.getField(ExampleColumns.ROW).as(ExampleColumns.ROW),
              row.getField(TIE).as(TIE),
              col(PredictionColumns.PREDICTION))
          .join(broadcast(rows.sparkSession().createDataFrame(ranks, schema)), TIE);
    } finally {
      // What is left to do is one pass: it predicts the rows that were chosen anew.
      predicted.unpersist();
    }
  }
}
