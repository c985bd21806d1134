package org.sparkfinetune.audit;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_except;
import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.array_union;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_set;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.FoldsProgress;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.data.StratifiedFolds;
import org.sparkfinetune.finetune.Preflight;
import org.sparkfinetune.finetune.ResultRecorder;
import org.sparkfinetune.finetune.Results;
import org.sparkfinetune.finetune.TrainingSlots;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.report.AuditFigures;
import org.sparkfinetune.report.AuditReport;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.task.ProblemType;

/**
 * Runs an audit: reads the settings, and writes the rows with what was found about their labels,
 * and the figures.
 */
final class AuditRun {
  private static final String LABEL_ISSUE = ExampleColumns.LABEL_ISSUE;
  static final String SUGGESTED_LABEL = "suggested_label";
  private static final String OUTLIER = "outlier";

  private static final List<String> ADDED =
      List.of(
          LABEL_ISSUE,
          SUGGESTED_LABEL,
          ConfidentLearning.QUALITY,
          OUTLIER,
          ConfidentLearning.OUTLIER_SCORE);

  private static final String SETTINGS = OutputFiles.FOLDS + "/settings.txt";
  private static final String AGREED = "agreed";
  private static final String QUESTIONS = "questions";
  private static final int WORST = 50;
  private static final int FARTHEST = 20;

  private final SparkSession spark;
  private final Console console;
  private final OutputDirectory output;
  private final boolean resume;

  AuditRun(SparkSession spark, Console console, OutputDirectory output, boolean resume) {
    this.spark = spark;
    this.console = console;
    this.output = output;
    this.resume = resume;
  }

  AuditResult run(Settings settings) throws IOException, InterruptedException {
    AuditArguments audit = settings.get(AuditArguments.SCHEMA);
    DataArguments data = settings.get(DataArguments.SCHEMA);
    output.requireOwn(OutputFiles.FOLDS, status -> OutOfFold.isOwn(status.getPath().getName()));
    Preflight.check(settings, spark);
    ProblemType problem = settings.get(FineTuneSchema.MODEL).problemType();
    try (ExampleSplits examples = DatasetPreparation.prepareWhole(spark, data, problem)) {
      console.text(examples.report().render() + "\n");
      Dataset<Row> rows = withoutEarlierAudit(examples.train());
      PredictionColumns.requireNew(rows.select(col(ExampleColumns.ROW + ".*")), ADDED);
      Dataset<Row> folded =
          StratifiedFolds.assign(rows, audit.folds(), problem, data.seed())
              .persist(StorageLevel.MEMORY_AND_DISK());
      try {
        if (!problem.task().hasLabelSets()) {
          StratifiedFolds.check(folded, audit.folds(), "audit.folds");
        }
        int slots =
            Math.min(
                audit.folds(),
                TrainingSlots.of(
                    settings,
                    spark.sparkContext(),
                    audit.parallelism(),
                    "audit.parallelism",
                    "trainings"));
        begin(settings);
        Results.writeRejected(examples, output, console);
        PredictionWriter.Format format = format(data);
        return ResultRecorder.record(
            "audit",
            settings,
            Map.of(),
            Optional.of(output),
            spark,
            record -> {
              record.rows("training", examples.train(), examples.report().split("train"));
              Dataset<Row> predicted = predict(settings, audit, folded, slots);
              List<String> labels = examples.labels().names();
              AuditResult result = judge(audit, data, problem, labels, folded, predicted, format);
              record.metrics("audit_", result.metrics());
              record.files(OutputFiles.OF_AUDIT);
              return result;
            },
            AuditResult::with);
      } finally {
        folded.unpersist();
      }
    }
  }

  /** That of the rows; with tabs, files that Spark writes would not tell by their ending. */
  private static PredictionWriter.Format format(DataArguments data) {
    PredictionWriter.Format format = PredictionWriter.format("", data.format(), data.train());
    return format.isSeparated() ? PredictionWriter.Format.CSV : format;
  }

  /** What an earlier audit has added to rows that are audited again is found anew. */
  private static Dataset<Row> withoutEarlierAudit(Dataset<Row> rows) {
    List<String> own = Arrays.asList(rows.select(col(ExampleColumns.ROW + ".*")).columns());
    if (!own.containsAll(ADDED)) {
      return rows;
    }
    Column[] others =
        own.stream()
            .filter(name -> !ADDED.contains(name))
            .map(name -> col(ExampleColumns.ROW).getField(name).as(name))
            .toArray(Column[]::new);
    return rows.withColumn(ExampleColumns.ROW, struct(others));
  }

  /** Makes the output ready: for another audit, or for going on with the one that is there. */
  private void begin(Settings settings) throws IOException {
    String shaping = shaping(settings);
    boolean goesOn = resume && output.exists(SETTINGS);
    if (goesOn && !shaping.equals(output.read(SETTINGS))) {
      throw new UserException(
          "resume=true: the audit in %s was begun with other settings of model, training or data: give the same, or set overwrite=true to begin anew"
              .formatted(output.path("")));
    }
    output.clear(OutputFiles.OF_AUDIT);
    if (!goesOn) {
      output.delete(OutputFiles.FOLDS);
    }
    output.write(SETTINGS, shaping);
    output.write(OutputFiles.CONFIG, settings.toHocon());
  }

  /** The settings that decide what the models say. */
  private static String shaping(Settings settings) {
    StringBuilder text = new StringBuilder();
    settings
        .params()
        .forEach(
            (key, value) -> {
              if (key.matches("(model|training|data)\\..*|audit\\.folds")) {
                text.append(key).append('=').append(value).append('\n');
              }
            });
    return text.toString();
  }

  private Dataset<Row> predict(
      Settings settings, AuditArguments audit, Dataset<Row> folded, int slots)
      throws IOException, InterruptedException {
    console.line(
        "%nTraining %d models, %d at a time, each without one fold of the rows",
        audit.folds(), slots);
    Settings shared = TrainingSlots.withThreads(settings, spark.sparkContext(), slots);
    Dataset<Row> predicted;
    try (FoldsProgress progress = new FoldsProgress(console, audit.folds())) {
      predicted =
          new OutOfFold(shared, output, spark).predict(folded, audit.folds(), slots, progress);
    }
    long same =
        predicted
            .select(ExampleColumns.ID, ExampleColumns.TEXT, ExampleColumns.LABEL)
            .join(
                folded.select(ExampleColumns.ID, ExampleColumns.TEXT, ExampleColumns.LABEL),
                new String[] {ExampleColumns.ID, ExampleColumns.TEXT, ExampleColumns.LABEL},
                "left_semi")
            .count();
    if (same != folded.count() || same != predicted.count()) {
      throw new UserException(
          "the rows of data.train are not those that the folds in %s are of: set overwrite=true to begin anew"
              .formatted(output.path(OutputFiles.FOLDS)));
    }
    return predicted;
  }

  private AuditResult judge(
      AuditArguments audit,
      DataArguments data,
      ProblemType problem,
      List<String> labels,
      Dataset<Row> rows,
      Dataset<Row> predicted,
      PredictionWriter.Format format)
      throws IOException {
    boolean sets = problem.task().hasLabelSets();
    Column names = sets ? col(ExampleColumns.LABEL) : array(col(ExampleColumns.LABEL));
    ConfidentLearning learning =
        ConfidentLearning.of(
            predicted.select(
                col(ExampleColumns.ID),
                LabelIndex.of(labels).indicesOf(names).as("labels"),
                col("probabilities")),
            labels.size(),
            sets);
    Dataset<Row> judged =
        judged(learning, audit, labels, sets, rows).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      List<Column> columns = new ArrayList<>(List.of(col(ExampleColumns.ROW + ".*")));
      ADDED.forEach(name -> columns.add(col(name)));
      PredictionWriter.write(
          output.path(OutputFiles.ISSUES),
          format,
          true,
          judged
              .orderBy(
                  col(LABEL_ISSUE).desc(), col(ConfidentLearning.QUALITY), col(ExampleColumns.ID))
              .select(columns.toArray(Column[]::new)));
      AuditFigures.Duplicates duplicates =
          Duplicates.find(
              spark,
              data,
              problem,
              audit.similarity(),
              found ->
                  PredictionWriter.write(output.path(OutputFiles.DUPLICATES), format, true, found));
      AuditFigures figures = figures(audit, labels, sets, learning, judged, duplicates);
      output.write(OutputFiles.AUDIT, AuditOutput.json(figures));
      output.write(OutputFiles.PAGE, AuditReport.html(figures));
      return new AuditResult(spark, figures, AuditOutput.metrics(figures), files(), format);
    } finally {
      judged.unpersist();
    }
  }

  /** The rows with the columns that are added, and whether the model agrees. */
  private static Dataset<Row> judged(
      ConfidentLearning learning,
      AuditArguments audit,
      List<String> labels,
      boolean sets,
      Dataset<Row> rows) {
    Dataset<Row> issues =
        learning
            .issues(audit.filter())
            .groupBy(ConfidentLearning.ID)
            .agg(collect_set(ConfidentLearning.QUESTION).as(QUESTIONS));
    Dataset<Row> differing =
        learning
            .issues(IssueFilter.PREDICTED_NEQ_GIVEN)
            .select(ConfidentLearning.ID)
            .distinct()
            .withColumn(AGREED, lit(false));
    Column names = lit(labels.toArray(String[]::new));
    Column suggested;
    if (sets) {
      Column doubted = transform(col(QUESTIONS), k -> element_at(names, k.plus(1)));
      Column given = col(ExampleColumns.LABEL);
      suggested =
          array_sort(array_union(array_except(given, doubted), array_except(doubted, given)));
    } else {
      suggested = element_at(names, col(ConfidentLearning.PREDICTED).plus(1));
    }
    Column isIssue = col(QUESTIONS).isNotNull();
    Dataset<Row> quality = learning.quality(audit.quality());
    Column score = col(ConfidentLearning.OUTLIER_SCORE);
    Column outlier =
        sets
            ? lit(null).cast("boolean")
            : score.lt(Outliers.limit(quality.select(ConfidentLearning.OUTLIER_SCORE)));
    String[] id = {ConfidentLearning.ID};
    return rows.join(quality, id)
        .join(issues, id, "left")
        .join(differing, id, "left")
        .select(
            col(ExampleColumns.ID),
            col(ExampleColumns.ROW),
            col(ExampleColumns.TEXT),
            col(ExampleColumns.LABEL),
            isIssue.as(LABEL_ISSUE),
            when(isIssue, suggested).as(SUGGESTED_LABEL),
            col(ConfidentLearning.QUALITY),
            outlier.as(OUTLIER),
            score,
            coalesce(col(AGREED), lit(true)).as(AGREED));
  }

  private AuditFigures figures(
      AuditArguments audit,
      List<String> labels,
      boolean sets,
      ConfidentLearning learning,
      Dataset<Row> judged,
      AuditFigures.Duplicates duplicates) {
    Row all =
        judged
            .agg(
                count(lit(1)),
                sum(col(LABEL_ISSUE).cast("long")),
                avg(col(AGREED).cast("double")),
                sum(coalesce(col(OUTLIER), lit(false)).cast("long")))
            .first();
    Map<String, Row> byLabel = new HashMap<>();
    judged
        .select(
            (sets ? explode(col(ExampleColumns.LABEL)) : col(ExampleColumns.LABEL)).as("name"),
            col(LABEL_ISSUE),
            col(ConfidentLearning.QUALITY))
        .groupBy("name")
        .agg(count(lit(1)), sum(col(LABEL_ISSUE).cast("long")), avg(col(ConfidentLearning.QUALITY)))
        .collectAsList()
        .forEach(row -> byLabel.put(row.getString(0), row));
    List<ConfidentJoint> joints = learning.joints();
    double[] prior = sets ? new double[0] : joints.get(0).prior();
    List<AuditFigures.OfClass> classes = new ArrayList<>();
    for (int k = 0; k < labels.size(); k++) {
      ConfidentJoint joint = joints.get(sets ? k : 0);
      int answer = sets ? 1 : k;
      double threshold = learning.thresholds(sets ? k : 0)[answer];
      Row row = byLabel.get(labels.get(k));
      classes.add(
          new AuditFigures.OfClass(
              labels.get(k),
              row == null ? 0 : row.getLong(1),
              row == null ? 0 : row.getLong(2),
              row == null ? 0 : row.getDouble(3),
              row == null ? Optional.empty() : Optional.of(threshold),
              joint.noise(answer),
              sets ? joint.prior()[1] : prior[k]));
    }
    return new AuditFigures(
        all.getLong(0),
        audit.folds(),
        audit.filter().name().toLowerCase(Locale.ROOT),
        audit.quality().name().toLowerCase(Locale.ROOT),
        all.getDouble(2),
        all.getLong(1),
        joints.stream().mapToDouble(ConfidentJoint::noise).average().orElseThrow(),
        classes,
        sets ? List.of() : overlaps(joints.get(0), labels),
        sets ? List.of() : overlapping(joints.get(0), labels),
        worst(judged, sets),
        all.getLong(3),
        outliers(judged, sets),
        duplicates);
  }

  private static List<AuditFigures.Overlap> overlaps(ConfidentJoint joint, List<String> labels) {
    List<AuditFigures.Overlap> overlaps = new ArrayList<>();
    for (int given = 0; given < labels.size(); given++) {
      for (int k = 0; k < labels.size(); k++) {
        if (k != given && joint.count(given, k) > 0) {
          overlaps.add(
              new AuditFigures.Overlap(labels.get(given), labels.get(k), joint.count(given, k)));
        }
      }
    }
    overlaps.sort(Comparator.comparingLong(AuditFigures.Overlap::rows).reversed());
    return overlaps;
  }

  private static List<AuditFigures.Pair> overlapping(ConfidentJoint joint, List<String> labels) {
    return joint.overlapping().stream()
        .map(
            pair ->
                new AuditFigures.Pair(
                    labels.get(pair.one()), labels.get(pair.other()), pair.rows(), pair.share()))
        .toList();
  }

  private static List<AuditFigures.Outlier> outliers(Dataset<Row> judged, boolean sets) {
    if (sets) {
      return List.of();
    }
    return judged
        .orderBy(col(ConfidentLearning.OUTLIER_SCORE), col(ExampleColumns.ID))
        .select(
            col(ExampleColumns.TEXT),
            col(ExampleColumns.LABEL),
            col(ConfidentLearning.OUTLIER_SCORE))
        .limit(FARTHEST)
        .collectAsList()
        .stream()
        .map(row -> new AuditFigures.Outlier(row.getString(0), row.getString(1), row.getDouble(2)))
        .toList();
  }

  private static List<AuditFigures.Worst> worst(Dataset<Row> judged, boolean sets) {
    Column given = col(ExampleColumns.LABEL);
    Column suggested = col(SUGGESTED_LABEL);
    return judged
        .where(col(LABEL_ISSUE))
        .orderBy(col(ConfidentLearning.QUALITY), col(ExampleColumns.ID))
        .select(
            col(ExampleColumns.TEXT),
            sets ? array_join(given, ", ") : given,
            sets ? array_join(suggested, ", ") : suggested,
            col(ConfidentLearning.QUALITY))
        .limit(WORST)
        .collectAsList()
        .stream()
        .map(
            row ->
                new AuditFigures.Worst(
                    row.getString(0), row.getString(1), row.getString(2), row.getDouble(3)))
        .toList();
  }

  /** What is in the output, by its name there. */
  private Map<String, String> files() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    for (String name : OutputFiles.OF_AUDIT) {
      if (output.exists(name)) {
        files.put(name, output.path(name));
      }
    }
    files.put(OutputFiles.FOLDS, output.path(OutputFiles.FOLDS));
    return files;
  }
}
