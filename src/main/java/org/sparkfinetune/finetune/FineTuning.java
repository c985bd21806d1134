package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.ProgressBar;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.distributed.TrainingDivergedException;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Report;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PipelineData;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingResult;

/** From a configuration to a fine-tuned model in a folder, with its figures beside it. */
public final class FineTuning {
  public static final Schema<ModelArguments> MODEL = Schema.of("model", ModelArguments.class);
  public static final Schema<TrainingArguments> TRAINING =
      Schema.of("training", TrainingArguments.class);
  public static final Schema<ResourceArguments> RESOURCES =
      Schema.of("resources", ResourceArguments.class);

  /**
   * The keys of rows, model, training and resources: those of a fine-tuning but for its output and
   * its record.
   */
  public static final SettingKeys SETTINGS =
      SettingKeys.of(PipelineData.SCHEMA, "train", "validation", "test")
          .and(PipelineData.SCHEMA, PipelineData.FORMAT)
          .and(
              PipelineData.SCHEMA,
              "text_column",
              "text_pair_column",
              "label_column",
              "label_separator",
              "validation_split",
              "test_split",
              "seed")
          .and(MODEL)
          .and(TRAINING)
          .and(RESOURCES);

  /** The folder of checkpoints in the output, unless another one is set. */
  public static final String CHECKPOINTS = "checkpoints";

  /** What it writes into the folder. */
  public static final List<String> FILES =
      List.of(
          "model",
          "metrics.json",
          "config.conf",
          "log_history.json",
          "report.txt",
          FineTuneRecorder.REPORT,
          "confusion_matrix.csv",
          ClassScoresFile.NAME,
          "rejected_rows",
          OutputDirectory.LAST_GOOD);

  /**
   * What came of it.
   *
   * @param test the metrics of the test rows; empty without test rows
   * @param tracking the record of the run, which has ended
   */
  public record Outcome(
      ClassifierPipeline pipeline,
      Map<String, Double> metrics,
      Optional<Metrics> test,
      FineTuneRecorder tracking) {}

  private final String job;
  private final SparkSession spark;
  private final Console console;
  private final OutputDirectory output;

  public FineTuning(String job, SparkSession spark, Console console, OutputDirectory output) {
    this.job = job;
    this.spark = spark;
    this.console = console;
    this.output = output;
  }

  /** Prepares, trains, saves, tests, and keeps a record of it. */
  public Outcome run(DataArguments dataArguments, Settings config) throws IOException {
    check(config, spark);
    if (!config.get(TRAINING).checkpoint().resume()) {
      output.clear(List.of(CHECKPOINTS));
    }
    try (PreparedData data =
        PipelineData.prepare(spark, dataArguments, config.get(MODEL).problemType())) {
      PipelineData.report(data, console);
      // Not before: what the user has to put right first is no run.
      try (FineTuneRecorder tracking = new FineTuneRecorder(config, job, output, spark)) {
        try {
          Outcome outcome = run(data, config, tracking);
          tracking.succeeded();
          return outcome;
        } catch (IOException | RuntimeException | Error e) {
          tracking.failed(e);
          throw e;
        }
      }
    }
  }

  private Outcome run(PreparedData data, Settings config, FineTuneRecorder tracking)
      throws IOException {
    tracking.data(data);
    ClassifierPipeline pipeline = train(data, config, tracking);
    // Not before: a run that fails must not cost the results of the one before it.
    output.clear(FILES);
    pipeline.save(output.path("model"));
    output.write("config.conf", config.toHocon());
    PipelineData.writeRejected(data, console, output.path("rejected_rows"));
    TrainingResult result = pipeline.trainingResult();
    result.loaded().lines().forEach(line -> console.line("%s", line));
    output.writeJson(
        "log_history.json", result.logHistory().stream().map(LogEntry::toMap).toList());
    Optional<Metrics> test = data.test().map(pipeline::evaluate);
    Map<String, Double> metrics = metrics(result, test);
    output.writeJson("metrics.json", metrics);
    if (test.isPresent()) {
      writeReport(output, test.get(), pipeline.labels());
    }
    Optional<ClassResults> classes =
        test.map(measured -> ClassResults.of(measured, pipeline.labels()));
    tracking.result(result.logHistory(), metrics, classes);
    return new Outcome(pipeline, metrics, test, tracking);
  }

  /** Refuses a checkpoint or a cluster that cannot be trained with before any data is read. */
  public static void check(Settings config, SparkSession spark) {
    ModelArguments model = config.get(MODEL);
    PretrainedModel pretrained =
        PretrainedModel.open(
            model.base(), spark.sessionState().newHadoopConf(), !model.fromScratch());
    DistributedTrainer.check(
        spark.sparkContext(),
        ModelConfig.parse(pretrained.config()),
        model,
        config.get(TRAINING),
        config.get(RESOURCES));
  }

  private ClassifierPipeline train(PreparedData data, Settings config, FineTuneRecorder tracking) {
    ModelArguments model = config.get(MODEL);
    TrainingArguments training = training(config);
    console.line(
        "%nFine-tuning %s: num_train_epochs %d, learning_rate %s",
        config.value(Presets.BASE),
        training.numTrainEpochs(),
        Settings.hocon(training.optimizer().learningRate()));
    try (ProgressBar bar = new ProgressBar(console)) {
      return ClassifierPipeline.fit(
          data, model, training, config.get(RESOURCES), bar.andThen(tracking.relay()));
    } catch (TrainingDivergedException e) {
      String folder = output.path(OutputDirectory.LAST_GOOD);
      HuggingFaceFolder.write(
          e.lastGood(),
          ModelConfig.parse(e.lastGood().config()).inputs(),
          new Path(folder),
          spark.sessionState().newHadoopConf());
      throw new UserException(e.getMessage() + ", in " + folder + " (for model.base)", e);
    }
  }

  /** The settings of the training, with the folder for checkpoints where none is set. */
  private TrainingArguments training(Settings config) {
    TrainingArguments training = config.get(TRAINING);
    if (!training.checkpoint().checkpointDir().isEmpty()
        || training.checkpoint().saveStrategy() == IntervalStrategy.NO) {
      return training;
    }
    Map<String, Object> values = TRAINING.values(training);
    values.put("checkpoint_dir", output.path(CHECKPOINTS));
    return TRAINING.create(values);
  }

  /** The training's {@code eval_*}, the test's, and the training's others. */
  private static Map<String, Double> metrics(TrainingResult result, Optional<Metrics> test) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    result
        .metrics()
        .forEach(
            (name, value) -> {
              if (name.startsWith(Stage.EVAL.prefix())) {
                metrics.put(name, value);
              }
            });
    test.ifPresent(ofTest -> metrics.putAll(ofTest.toMap(Stage.TEST.prefix())));
    result.metrics().forEach(metrics::putIfAbsent);
    return metrics;
  }

  /** Writes what is known of the classes, for people and for programs. */
  public static void writeReport(OutputDirectory output, Metrics metrics, List<String> labels)
      throws IOException {
    Report report = metrics.report(labels);
    output.write("report.txt", report.full());
    if (report.confusionMatrixCsv().isPresent()) {
      output.write("confusion_matrix.csv", report.confusionMatrixCsv().get());
    }
    output.write(ClassScoresFile.NAME, ClassScoresFile.write(ClassResults.of(metrics, labels)));
  }
}
