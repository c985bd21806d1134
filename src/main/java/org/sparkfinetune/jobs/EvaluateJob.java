package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Report;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PipelineData;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.storage.OutputDirectory;

/** Measures a saved model on labelled rows. */
final class EvaluateJob implements Job {
  private static final SettingKeys KEYS =
      SettingKeys.of(EvaluateArguments.SCHEMA)
          .and(CommonArguments.SCHEMA)
          .and(PipelineData.SCHEMA, "test")
          .and(PipelineData.SCHEMA, PipelineData.FORMAT)
          .and(
              PipelineData.SCHEMA,
              "text_column",
              "text_pair_column",
              "label_column",
              "label_separator");

  private static final List<String> FILES =
      List.of(
          "metrics.json",
          "report.txt",
          "confusion_matrix.csv",
          ClassScoresFile.NAME,
          "rejected_rows");

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "Measures a fine-tuned model on labelled rows: accuracy, F1, log loss, scores by class"
        + " and the most frequent confusions; for multi-label micro, macro, weighted and samples"
        + " averages.";
  }

  @Override
  public List<String> examples() {
    return List.of("jobs/evaluate model=runs/first/model data.test=test.csv");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "data.test");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) throws Exception {
    Optional<OutputDirectory> output = output(config, spark);
    DataArguments arguments = config.get(PipelineData.SCHEMA);
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(
            spark, config.get(EvaluateArguments.SCHEMA).model(), arguments.textPair().isPresent());
    pipeline.checkPairs(arguments.textPair());
    try (PreparedData data = PipelineData.prepareTest(spark, arguments, pipeline)) {
      if (output.isPresent()) {
        output.get().clear(FILES);
      }
      PipelineData.report(data, console);
      output.ifPresent(
          folder -> PipelineData.writeRejected(data, console, folder.path("rejected_rows")));
      Metrics metrics = pipeline.evaluate(data.test().orElseThrow());
      Report report = metrics.report(pipeline.labels());
      console.text("\n" + report.summary());
      console.line("%nMetrics");
      console.metrics(metrics.toMap(Stage.TEST.prefix()));
      if (output.isPresent()) {
        output.get().writeJson("metrics.json", metrics.toMap(Stage.TEST.prefix()));
        FineTuning.writeReport(output.get(), metrics, pipeline.labels());
        console.line("%nMetrics and report are in %s", output.get().path(""));
      }
      pipeline.warning().ifPresent(warning -> console.line("warning: %s", warning));
    }
  }

  private static Optional<OutputDirectory> output(Settings config, SparkSession spark)
      throws IOException {
    String path = config.get(EvaluateArguments.SCHEMA).output();
    return path.isEmpty()
        ? Optional.empty()
        : Optional.of(
            OutputDirectory.open(
                path,
                config.get(CommonArguments.SCHEMA).overwrite(),
                FILES,
                spark.sparkContext().hadoopConfiguration()));
  }
}
