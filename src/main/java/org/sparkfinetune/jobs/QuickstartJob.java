package org.sparkfinetune.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.finetune.FineTuneResult;
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.finetune.TextClassifier;
import org.sparkfinetune.pipeline.BagOfWords;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.track.TrackingArguments;

/** Shows on sample data, in minutes, what the other jobs do. */
final class QuickstartJob implements Job {
  private static final SettingKeys KEYS =
      SettingKeys.of(QuickstartArguments.SCHEMA)
          .and(CommonArguments.SCHEMA)
          .and(FineTuneSchema.MODEL)
          // The sample has one label a row.
          .without("model.problem_type", "model.threshold")
          .and(FineTuneSchema.TRAINING)
          .and(FineTuneSchema.RESOURCES)
          .and(TrackingArguments.SCHEMA);

  private static final String SAMPLE = "/org/sparkfinetune/sample/";
  private static final int EXAMPLES = 5;

  @Override
  public String name() {
    return "quickstart";
  }

  @Override
  public String summary() {
    return "Fine-tunes on the sample data, about 1,000 support messages in 8 intents, and prints the"
        + " accuracy beside that of a bag-of-words logistic regression.";
  }

  @Override
  public List<String> examples() {
    return List.of("jobs/quickstart", "jobs/quickstart training.num_train_epochs=2");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public Map<String, String> presets() {
    // A first try is repeated; the folder is the job's own.
    return Map.of(
        "overwrite", "true", "training.num_train_epochs", "5", "training.save_strategy", "no");
  }

  @Override
  public List<String> required() {
    return List.of("output");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) throws Exception {
    OutputDirectory output =
        OutputDirectory.open(
            config.get(QuickstartArguments.SCHEMA).output(),
            config.get(CommonArguments.SCHEMA).overwrite(),
            OutputFiles.OF_FINE_TUNING,
            spark.sparkContext().hadoopConfiguration());
    Map<String, Object> sample = copySample(output);
    FineTuneResult result =
        FineTuning.on(spark)
            .program("jobs/" + name())
            .console(console)
            .settings(config.reading(sample))
            .output(config.get(QuickstartArguments.SCHEMA).output())
            // It was opened above, and has the sample now.
            .overwrite(true)
            .run();
    DataArguments data = config.reading(sample).get(DataArguments.SCHEMA);
    console.line("%nFor comparison: logistic regression on a bag of words (Spark MLlib)");
    ClassificationMetrics baseline;
    try (PreparedData prepared =
        DatasetPreparation.prepare(
            spark, data, ProblemType.SINGLE_LABEL_CLASSIFICATION.task().hasLabelSets())) {
      baseline =
          BagOfWords.evaluate(
              prepared.train(),
              prepared.validation().orElseThrow(),
              prepared.test().orElseThrow(),
              result.classifier().labels());
      printExamples(result.classifier(), prepared, console);
    }
    console.line("%nTest accuracy of %,d messages", baseline.n());
    console.line("  bag of words, logistic regression  %.4f", baseline.accuracy());
    console.line(
        "  %-33s  %.4f",
        "fine-tuned " + config.value(Presets.BASE), result.test().orElseThrow().accuracy());
    printNextSteps(output, data, console);
    console.line("");
    RunPrinter.record(console, result.run());
  }

  private static Map<String, Object> copySample(OutputDirectory output) throws IOException {
    for (String split : List.of("train", "validation", "test")) {
      try (InputStream in = QuickstartJob.class.getResourceAsStream(SAMPLE + split + ".csv")) {
        if (in == null) {
          throw new IllegalStateException("not on the class path: " + SAMPLE + split + ".csv");
        }
        output.write("data/" + split + ".csv", in);
      }
    }
    return Map.of(
        "data.train", output.path("data/train.csv"),
        "data.validation", output.path("data/validation.csv"),
        "data.test", output.path("data/test.csv"));
  }

  private static void printExamples(
      TextClassifier classifier, PreparedData prepared, Console console) {
    console.line("%nSome predictions");
    List<Row> rows =
        classifier
            .predict(prepared.test().orElseThrow().limit(EXAMPLES), ExampleColumns.TEXT)
            .select(PredictionColumns.PREDICTION, PredictionColumns.CONFIDENCE, ExampleColumns.TEXT)
            .collectAsList();
    for (Row row : rows) {
      console.line(
          "  %-24s %.2f  %s",
          row.getString(0), row.getDouble(1), row.getString(2).replaceAll("\\s+", " "));
    }
  }

  private static void printNextSteps(OutputDirectory output, DataArguments data, Console console) {
    console.line("%nEverything is in %s. Next:", output.path(""));
    console.line("  # predict rows of your own (CSV, JSON lines, Parquet)");
    console.line(
        "  %s",
        Console.command(
            "predict",
            "model=" + output.path("model"),
            "data.input=" + data.test(),
            "output=" + output.path("predictions.csv")));
    console.line("  # fine-tune on rows of your own");
    console.line(
        "  %s",
        Console.command(
            "fine-tune", "data.train=train.csv", "data.test=test.csv", "output=runs/mine"));
  }
}
