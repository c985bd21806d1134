package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.ProgressBar;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.distributed.TrainingDivergedException;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ClassifierTraining;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingResult;

/** From settings to a fine-tuned model in a folder, with its figures and its record. */
final class FineTuneRun {
  private final String program;
  private final SparkSession spark;
  private final Console console;
  private final OutputDirectory output;

  /**
   * @param program that the record names; empty for one of the user's
   */
  FineTuneRun(String program, SparkSession spark, Console console, OutputDirectory output) {
    this.program = program;
    this.spark = spark;
    this.console = console;
    this.output = output;
  }

  /** Prepares, trains, saves, tests, and keeps a record of it. */
  FineTuneResult run(Settings config) throws IOException {
    Preflight.check(config, spark);
    if (!config.get(FineTuneSchema.TRAINING).checkpoint().resume()) {
      output.clear(List.of(OutputFiles.CHECKPOINTS));
    }
    FineTuneRecorder recorder;
    FineTuneResult result;
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            spark,
            config.get(DataArguments.SCHEMA),
            config.get(FineTuneSchema.MODEL).problemType())) {
      console.text(data.report().render() + "\n");
      // Not before: what the user has to put right first is no run.
      recorder = new FineTuneRecorder(config, program, output, spark);
      try (recorder) {
        try {
          result = run(data, config, recorder);
          recorder.succeeded();
        } catch (IOException | RuntimeException | Error e) {
          recorder.failed(e);
          throw e;
        }
      }
    }
    // Closed by now: what has reached the server is known.
    return result.with(recorder.recorded());
  }

  private FineTuneResult run(ExampleSplits data, Settings config, FineTuneRecorder tracking)
      throws IOException {
    tracking.data(data);
    ClassifierPipeline pipeline = train(data, config, tracking);
    // Not before: a run that fails must not cost the results of the one before it.
    output.clear(OutputFiles.OF_FINE_TUNING);
    pipeline.save(output.path(OutputFiles.MODEL));
    output.write(OutputFiles.CONFIG, config.toHocon());
    Results.writeRejected(data, output, console);
    TrainingResult result = pipeline.trainingResult();
    result.loaded().lines().forEach(line -> console.line("%s", line));
    tellTemperature(result);
    List<Map<String, Double>> history = result.logHistory().stream().map(LogEntry::toMap).toList();
    output.writeJson(OutputFiles.LOG_HISTORY, history);
    Optional<EvaluationResult> test = data.test().map(rows -> Results.evaluate(pipeline, rows));
    Map<String, Double> metrics = metrics(result, test);
    output.writeJson(OutputFiles.METRICS, metrics);
    if (test.isPresent()) {
      Results.writeReport(test.get(), output);
    }
    tracking.result(result.logHistory(), metrics, test.map(EvaluationResult::classResults));
    return new FineTuneResult(
        new TextClassifier(pipeline), metrics, test, history, files(), Optional.empty());
  }

  private void tellTemperature(TrainingResult result) {
    if (result.temperature() != 1) {
      console.line(
          "Calibrated: the logits are divided by %.3f, with which the validation rows' log loss is %.4f"
              + " instead of %.4f",
          result.temperature(),
          result.metrics().get(Metric.CALIBRATED_LOSS.at(Stage.STEP)),
          result.metrics().get(Metric.LOSS.at(Stage.EVAL)));
    }
  }

  /** What is in the output, by its name there. */
  private Map<String, String> files() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    for (String name : OutputFiles.OF_FINE_TUNING) {
      if (output.exists(name)) {
        files.put(name, output.path(name));
      }
    }
    return files;
  }

  private ClassifierPipeline train(ExampleSplits data, Settings config, FineTuneRecorder tracking) {
    ModelArguments model = config.get(FineTuneSchema.MODEL);
    TrainingArguments training = training(config);
    console.line(
        "%nFine-tuning %s: num_train_epochs %d, learning_rate %s",
        config.value(Presets.BASE),
        training.numTrainEpochs(),
        Settings.hocon(training.optimizer().learningRate()));
    try (ProgressBar bar = new ProgressBar(console)) {
      return ClassifierTraining.fit(
          data,
          model,
          training,
          config.get(FineTuneSchema.RESOURCES),
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
  private TrainingArguments training(Settings config) {
    TrainingArguments training = config.get(FineTuneSchema.TRAINING);
    if (!training.checkpoint().checkpointDir().isEmpty()
        || training.checkpoint().saveStrategy() == IntervalStrategy.NO) {
      return training;
    }
    Map<String, Object> values = FineTuneSchema.TRAINING.values(training);
    values.put("checkpoint_dir", output.path(OutputFiles.CHECKPOINTS));
    return FineTuneSchema.TRAINING.create(values);
  }

  /** The training's {@code eval_*}, the test's, and the training's others. */
  private static Map<String, Double> metrics(
      TrainingResult result, Optional<EvaluationResult> test) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    result
        .metrics()
        .forEach(
            (name, value) -> {
              if (name.startsWith(Stage.EVAL.prefix())) {
                metrics.put(name, value);
              }
            });
    test.ifPresent(measured -> metrics.putAll(measured.metrics()));
    result.metrics().forEach(metrics::putIfAbsent);
    return metrics;
  }
}
