package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.RejectCounts;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.explain.AttributionMethod;
import org.sparkfinetune.explain.CounterfactualKind;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.Explainer;
import org.sparkfinetune.explain.Replacements;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.pipeline.NeighborColumns;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.report.ClassWord;
import org.sparkfinetune.report.ExplanationReport;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.train.InferenceArguments;

/**
 * An explanation of what a classifier says of rows, as {@code jobs/explain} makes it: which words
 * each answer comes from. Immutable: each method gives another explanation.
 */
@PublicApi
public final class Explanation extends ModelRunBuilder<Explanation> {
  /** The settings of an explanation. */
  public static final SettingKeys KEYS =
      DataArguments.texts("input")
          .and(DataArguments.SCHEMA, "label_column", "label_separator")
          .and(ExplainArguments.SCHEMA)
          .and(ExplanationArguments.SCHEMA)
          .and(ResultRecorder.KEYS);

  private static final String REASON = "reason";

  private Explanation(RunOptions options) {
    super(options);
  }

  /** An explanation of all defaults, by Spark jobs of this session. */
  public static Explanation on(SparkSession spark) {
    return new Explanation(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With rows to explain, in the place of {@code data.input}.
   *
   * @param rows with the columns that {@code data.text_column} and, of pairs, {@code
   *     data.text_pair_column} name; where there is a column {@code data.label_column}, the page
   *     says which predictions are right
   */
  public Explanation input(Dataset<Row> rows) {
    return with(options.rows("input", rows));
  }

  /**
   * With training rows, in the place of {@code explain.neighbors}: of each explained row the
   * nearest of them are found, and their words are what {@code explain.counterfactual=replace} puts
   * in the place of others.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name
   */
  public Explanation neighbors(Dataset<Row> rows) {
    return with(options.rowsAt("explain.neighbors", rows));
  }

  /** With a folder to write to. An explanation must have one. */
  public Explanation output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Explains, and returns when rows and page are written.
   *
   * @throws UserException when there is no such model or no such label, no row has a text, or rows
   *     or output cannot be worked with
   */
  public ExplanationResult run() {
    return options.use(this::run);
  }

  private ExplanationResult run(Settings settings) throws IOException, InterruptedException {
    OutputDirectory output = options.open(OutputFiles.OF_EXPLANATION);
    DataArguments data = settings.get(DataArguments.SCHEMA);
    Dataset<Row> input =
        DatasetReader.readTexts(
            options.spark(), data, warning -> options.console().line("warning: %s", warning));
    ExplainArguments how = settings.get(ExplainArguments.SCHEMA);
    ExplanationArguments shown = settings.get(ExplanationArguments.SCHEMA);
    PredictionColumns.requireNew(input, added(how, shown));
    ClassifierPipeline pipeline = loadModel(data).with(new InferenceArguments(how.precision()));
    Explainer.target(how.target(), pipeline.labels());
    Optional<ExplanationNeighbors> neighbors =
        ExplanationNeighbors.read(options, data, shown, pipeline);
    ExplainArguments asked = withWords(how, neighbors);
    Replacements.of(asked, pipeline.labels());
    Dataset<Row> judged = judged(input, data).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      RejectCounts counts = RejectCounts.of(judged, REASON);
      Map<RejectReason, Long> rejected = counts.rejected();
      if (counts.usable() == 0) {
        throw new UserException(
            "data.input: no row can be explained%s"
                .formatted(rejected.isEmpty() ? "" : ": " + RejectReason.inWords(rejected)));
      }
      output.clear(OutputFiles.OF_EXPLANATION);
      ExplanationResult result =
          ResultRecorder.record(
              "explain",
              settings,
              Map.of("model", modelName()),
              Optional.of(output),
              options.spark(),
              record ->
                  explain(settings, asked, pipeline, judged, rejected, neighbors, output, record),
              ExplanationResult::with);
      pipeline.warning().ifPresent(warning -> options.console().line("warning: %s", warning));
      return result;
    } finally {
      neighbors.ifPresent(ExplanationNeighbors::close);
      judged.unpersist();
    }
  }

  /** With words of the training rows to replace others by, where these are needed and not given. */
  private static ExplainArguments withWords(
      ExplainArguments how, Optional<ExplanationNeighbors> training) {
    return how.counterfactual() == CounterfactualKind.REPLACE
            && how.replacements().isEmpty()
            && training.isPresent()
        ? how.withReplacements(Replacements.toJson(training.get().likelyWords()))
        : how;
  }

  /** The columns that are added to the rows. */
  private static List<String> added(ExplainArguments how, ExplanationArguments shown) {
    List<String> names = new ArrayList<>(ExplanationColumns.names(how));
    if (!shown.neighbors().isEmpty()) {
      names.add(NeighborColumns.NEIGHBORS);
    }
    return names;
  }

  /** The rows with their texts, and why they are not explained; null where they are. */
  private static Dataset<Row> judged(Dataset<Row> input, DataArguments data) {
    boolean malformed = Arrays.asList(input.columns()).contains(DatasetReader.MALFORMED);
    List<Column> columns = new ArrayList<>();
    columns.add(
        struct(Arrays.stream(input.columns()).map(TextColumns::named).toArray(Column[]::new))
            .as(ExampleColumns.ROW));
    columns.add(TextColumns.named(data.textColumn()).cast("string").as(ExampleColumns.TEXT));
    Column reason =
        when(
            malformed ? TextColumns.named(DatasetReader.MALFORMED).isNotNull() : lit(false),
            RejectReason.MALFORMED_ROW.code());
    reason =
        reason.when(
            TextColumns.isBlank(TextColumns.named(data.textColumn()).cast("string")),
            RejectReason.BLANK_TEXT.code());
    if (data.textPair().isPresent()) {
      Column pair = TextColumns.named(data.textPair().get()).cast("string");
      columns.add(pair.as(ExampleColumns.TEXT_PAIR));
      reason = reason.when(TextColumns.isBlank(pair), RejectReason.BLANK_TEXT_PAIR.code());
    }
    columns.add(reason.as(REASON));
    return input.select(columns.toArray(Column[]::new));
  }

  private ExplanationResult explain(
      Settings settings,
      ExplainArguments how,
      ClassifierPipeline pipeline,
      Dataset<Row> judged,
      Map<RejectReason, Long> rejected,
      Optional<ExplanationNeighbors> neighbors,
      OutputDirectory output,
      ResultRecorder record)
      throws IOException {
    if (!rejected.isEmpty()) {
      judged
          .where(col(REASON).isNotNull())
          .select(col(ExampleColumns.ROW), col(REASON))
          .write()
          .mode(SaveMode.Overwrite)
          .json(output.path(OutputFiles.REJECTED_ROWS));
    }
    ExplanationArguments shown = settings.get(ExplanationArguments.SCHEMA);
    Dataset<Row> usable = judged.where(col(REASON).isNull()).drop(REASON);
    Dataset<Row> explained =
        pipeline.explain(neighbors.map(found -> found.beside(usable)).orElse(usable), how);
    List<Column> columns = new ArrayList<>();
    columns.add(col(PredictionColumns.ROW + "." + ExampleColumns.ROW + ".*"));
    ExplanationColumns.names(how).forEach(name -> columns.add(col(name)));
    neighbors.ifPresent(
        found ->
            columns.add(
                col(PredictionColumns.ROW + "." + NeighborColumns.NEIGHBORS)
                    .as(NeighborColumns.NEIGHBORS)));
    String place = output.path(OutputFiles.ATTRIBUTIONS);
    Dataset<Row> written =
        explained.select(columns.toArray(Column[]::new)).drop(DatasetReader.MALFORMED);
    PredictionWriter.write(place, PredictionWriter.Format.PARQUET, true, written);
    Dataset<Row> rows = options.spark().read().parquet(place);

    DataArguments data = settings.get(DataArguments.SCHEMA);
    ExplanationLabels labels = ExplanationLabels.of(rows, data, pipeline, options.console());
    ModelWords model = new ModelWords(pipeline, shown, output);
    Dataset<Row> ofModel = ExplainedWords.of(rows, data, labels);
    Dataset<Row> ofClasses = model.words(ofModel, labels);
    Optional<Dataset<Row>> confusions = model.confusions(ofModel, labels);
    Map<String, Double> figures = figures(rows, rejected, how);
    neighbors.ifPresent(found -> figures.put("training_rows", (double) found.rows()));
    List<ClassWord> classWords = ExplanationWords.collect(ofClasses);
    if (labels.areKnown()) {
      figures.put("spurious_words", (double) ModelWords.spurious(classWords));
    }
    if (how.measure()) {
      figures.putAll(SanityCheck.figures(pipeline, ofModel, how, shown.sanityRows()));
    }
    output.writeJson(OutputFiles.METRICS, figures);
    record.metrics("explain_", figures);
    output.write(
        OutputFiles.PAGE,
        new ExplanationReport(
                RunOptions.shown(data.input()),
                modelName(),
                shown(how),
                tiles(figures),
                FaithfulnessTable.of(figures),
                SanityCheck.of(figures),
                figures.get("rows").longValue(),
                new ExplanationPage(data, pipeline.problemType(), labels)
                    .withNeighbors(neighbors.isPresent())
                    .withCounterfactual(how.counterfactual())
                    .rows(rows, shown.pageRows()),
                classWords,
                confusions.map(ConfusionWords::collect).orElse(List.of()),
                labels.missing())
            .html());
    record.files(OutputFiles.OF_EXPLANATION);
    return new ExplanationResult(rows, ofClasses, confusions, figures, rejected, Optional.empty());
  }

  /** What there is to say of all rows, by name. */
  private static Map<String, Double> figures(
      Dataset<Row> rows, Map<RejectReason, Long> rejected, ExplainArguments how) {
    Column missed = abs(col(ExplanationColumns.COMPLETENESS_DELTA));
    Map<String, Column> means = new LinkedHashMap<>();
    means.put("completeness_delta_mean", avg(missed));
    means.put("completeness_delta_max", max(missed));
    if (how.counterfactual() != CounterfactualKind.NONE) {
      Column gone = col(ExplanationColumns.COUNTERFACTUAL);
      means.put("counterfactual_rows", count(gone).cast("double"));
      means.put(
          "counterfactual_words_mean", avg(when(gone.isNotNull(), size(gone.getField("words")))));
    }
    if (how.measure()) {
      ExplanationColumns.FAITHFULNESS_FIELDS.forEach(
          name -> means.put(name, avg(col(ExplanationColumns.FAITHFULNESS).getField(name))));
    }
    Row found = rows.agg(count(lit(1)), means.values().toArray(Column[]::new)).head();
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("rows", (double) found.getLong(0));
    figures.put(
        "rejected_rows", (double) rejected.values().stream().mapToLong(Long::longValue).sum());
    int column = 1;
    for (String name : means.keySet()) {
      if (!found.isNullAt(column)) {
        figures.put(name, found.getDouble(column));
      }
      column++;
    }
    return figures;
  }

  private static Map<String, String> tiles(Map<String, Double> figures) {
    Map<String, String> tiles = new LinkedHashMap<>();
    figures.forEach(
        (name, value) -> {
          if (name.endsWith("rows") && !name.startsWith("sanity")
              || name.equals("spurious_words")) {
            tiles.put(name.replace('_', ' '), NumberFormat.grouped(value.longValue()));
          } else if (name.startsWith("completeness_delta")) {
            tiles.put(name.replace('_', ' '), NumberFormat.scientific(value, 1));
          }
        });
    return tiles;
  }

  private static Map<String, String> shown(ExplainArguments how) {
    Map<String, String> shown = new LinkedHashMap<>();
    shown.put("method", Setting.spelling(how.method()));
    if (how.method() == AttributionMethod.INTEGRATED_GRADIENTS) {
      shown.put("steps", Integer.toString(how.steps()));
      shown.put("baseline", Setting.spelling(how.baseline()));
    }
    shown.put("explained label", how.target().isEmpty() ? "the most probable" : how.target());
    return shown;
  }
}
