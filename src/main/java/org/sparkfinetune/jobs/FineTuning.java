package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.distributed.TrainingDivergedException;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Report;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.Checkpoint;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingResult;

/** From a configuration to a fine-tuned model in a folder, with its figures beside it. */
final class FineTuning {
  static final Schema<ModelArguments> MODEL = Schema.of("model", ModelArguments.class);
  static final Schema<TrainingArguments> TRAINING = Schema.of("training", TrainingArguments.class);
  static final Schema<ResourceArguments> RESOURCES =
      Schema.of("resources", ResourceArguments.class);

  /** The folder of checkpoints in the output, unless another one is set. */
  static final String CHECKPOINTS = "checkpoints";

  /** What it writes into the folder. */
  static final List<String> FILES =
      List.of(
          "model",
          "metrics.json",
          "config.conf",
          "log_history.json",
          "report.txt",
          RunTracking.REPORT,
          "confusion_matrix.csv",
          ClassScoresFile.NAME,
          "set_aside",
          OutputDirectory.LAST_GOOD);

  /**
   * What came of it.
   *
   * @param test the metrics of the test rows; empty without test rows
   * @param tracking the record of the run, which has ended
   */
  record Outcome(
      ClassifierPipeline pipeline,
      Map<String, Double> metrics,
      Optional<Metrics> test,
      RunTracking tracking) {}

  private final Job job;
  private final SparkSession spark;
  private final Console console;
  private final OutputDirectory output;

  FineTuning(Job job, SparkSession spark, Console console, OutputDirectory output) {
    this.job = job;
    this.spark = spark;
    this.console = console;
    this.output = output;
  }

  /** Prepares, trains, saves, tests, and keeps a record of it. */
  Outcome run(DataArguments dataArguments, JobConfig config) throws IOException {
    check(config, spark);
    if (!config.get(TRAINING).checkpoint().resume()) {
      output.clear(List.of(CHECKPOINTS));
    }
    try (PreparedData data =
        JobData.prepare(spark, dataArguments, config.get(MODEL).problemType())) {
      JobData.report(data, console);
      // Not before: what the user has to put right first is no run.
      try (RunTracking tracking = new RunTracking(config, job, output, spark)) {
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

  private Outcome run(PreparedData data, JobConfig config, RunTracking tracking)
      throws IOException {
    tracking.data(data);
    ClassifierPipeline pipeline = train(data, config, tracking);
    pipeline.nameBase(config.value(Presets.BASE).toString());
    // Not before: a run that fails must not cost the results of the one before it.
    output.clear(FILES);
    pipeline.save(output.path("model"));
    output.write("config.conf", config.toHocon());
    JobData.writeSetAside(data, console, output.path("set_aside"));
    TrainingResult result = pipeline.trainingResult();
    result.loaded().lines().forEach(line -> console.line("%s", line));
    output.writeJson("log_history.json", result.logHistory());
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
  static void check(JobConfig config, SparkSession spark) {
    ModelArguments model = config.get(MODEL);
    Checkpoint checkpoint =
        Checkpoint.open(model.base(), spark.sessionState().newHadoopConf(), !model.fromScratch());
    DistributedTrainer.check(
        spark.sparkContext(),
        ModelConfig.parse(checkpoint.config()),
        model,
        config.get(TRAINING),
        config.get(RESOURCES));
  }

  private ClassifierPipeline train(PreparedData data, JobConfig config, RunTracking tracking) {
    ModelArguments model = config.get(MODEL);
    TrainingArguments training = training(config);
    console.line(
        "%nFine-tuning %s: num_train_epochs %d, learning_rate %s",
        config.value(Presets.BASE),
        training.numTrainEpochs(),
        JobConfig.hocon(training.optimizer().learningRate()));
    try (ProgressBar bar = new ProgressBar(console)) {
      return ClassifierPipeline.fit(
          data.train(),
          data.validation(),
          model,
          training,
          config.get(RESOURCES),
          bar.andThen(tracking.relay()));
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
  private TrainingArguments training(JobConfig config) {
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
              if (name.startsWith("eval_")) {
                metrics.put(name, value);
              }
            });
    test.ifPresent(ofTest -> metrics.putAll(ofTest.toMap("test_")));
    result.metrics().forEach(metrics::putIfAbsent);
    return metrics;
  }

  /** Writes what is known of the classes, for people and for programs. */
  static void writeReport(OutputDirectory output, Metrics metrics, List<String> labels)
      throws IOException {
    Report report = metrics.report(labels);
    output.write("report.txt", report.full());
    if (report.confusionMatrixCsv().isPresent()) {
      output.write("confusion_matrix.csv", report.confusionMatrixCsv().get());
    }
    output.write(ClassScoresFile.NAME, ClassScoresFile.write(ClassResults.of(metrics, labels)));
  }
}
