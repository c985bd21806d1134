package org.sparkfinetune.jobs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.EvaluationResult;
import org.sparkfinetune.finetune.Prediction;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.finetune.Quickstart;
import org.sparkfinetune.finetune.QuickstartResult;
import org.sparkfinetune.storage.OutputFiles;

/** Shows on sample data, in minutes, what the other jobs do. */
final class QuickstartJob implements Job {
  private static final SettingKeys KEYS = Job.keys(QuickstartArguments.SCHEMA, Quickstart.KEYS);

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
    Map<String, String> presets = new LinkedHashMap<>(Quickstart.PRESETS);
    // A first try is repeated; the folder is the job's own.
    presets.put("overwrite", "true");
    return presets;
  }

  @Override
  public List<String> required() {
    return List.of("output");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) {
    QuickstartResult result =
        Job.configured(Quickstart.on(spark), config, console)
            .program("jobs/" + name())
            .output(config.get(QuickstartArguments.SCHEMA).output())
            .run();
    printExamples(result, spark, console);
    EvaluationResult bagOfWords = result.bagOfWords();
    console.line("%nTest accuracy of %,d messages", bagOfWords.rows());
    console.line("  bag of words, logistic regression  %.4f", bagOfWords.accuracy());
    console.line(
        "  %-33s  %.4f",
        "fine-tuned " + config.value(Presets.BASE),
        result.fineTuned().test().orElseThrow().accuracy());
    printNextSteps(config.get(QuickstartArguments.SCHEMA).output(), result, console);
    console.line("");
    RunPrinter.record(console, result.fineTuned().run());
  }

  private static void printExamples(QuickstartResult result, SparkSession spark, Console console) {
    console.line("%nSome predictions");
    List<Row> rows =
        Prediction.on(spark)
            .console(console)
            .model(result.fineTuned().classifier())
            .set("data.input", result.data().get("test"))
            .run()
            .select("prediction", "confidence", "text")
            .limit(EXAMPLES)
            .collectAsList();
    for (Row row : rows) {
      console.line(
          "  %-24s %.2f  %s",
          row.getString(0), row.getDouble(1), row.getString(2).replaceAll("\\s+", " "));
    }
  }

  private static void printNextSteps(String output, QuickstartResult result, Console console) {
    console.line("%nEverything is in %s. Next:", output);
    console.line("  # predict rows of your own (CSV, JSON lines, Parquet)");
    console.line(
        "  %s",
        Console.command(
            "predict",
            "model=" + result.fineTuned().files().get(OutputFiles.MODEL),
            "data.input=" + result.data().get("test"),
            "output="
                + RunPrinter.beside(
                    result.fineTuned().files().get(OutputFiles.MODEL), "predictions.csv")));
    console.line("  # fine-tune on rows of your own");
    console.line(
        "  %s",
        Console.command(
            "fine-tune", "data.train=train.csv", "data.test=test.csv", "output=runs/mine"));
  }
}
