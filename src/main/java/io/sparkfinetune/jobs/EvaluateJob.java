package io.sparkfinetune.jobs;

import io.sparkfinetune.data.PreparedData;
import io.sparkfinetune.evaluate.ClassificationMetrics;
import io.sparkfinetune.evaluate.ClassificationReport;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Measures a saved model on labelled rows. */
final class EvaluateJob implements Job {
  private static final JobKeys KEYS =
      JobKeys.of(EvaluateArguments.SCHEMA)
          .and(CommonArguments.SCHEMA)
          .and(JobData.SCHEMA, "test", "format", "text_column", "label_column");

  private static final List<String> FILES =
      List.of("metrics.json", "report.txt", "confusion_matrix.csv", "set_aside");

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "Measures a fine-tuned model on labelled rows: accuracy, F1, log loss, scores by class"
        + " and the most frequent confusions.";
  }

  @Override
  public List<String> examples() {
    return List.of("jobs/evaluate model=runs/first/model data.test=test.csv");
  }

  @Override
  public JobKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "data.test");
  }

  @Override
  public void run(JobConfig config, SparkSession spark, Console console) throws Exception {
    Optional<OutputDirectory> output = output(config, spark);
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(spark, config.get(EvaluateArguments.SCHEMA).model());
    List<String> labels = pipeline.labels();
    try (PreparedData data = JobData.prepareTest(spark, config.get(JobData.SCHEMA), labels)) {
      if (output.isPresent()) {
        output.get().clear(FILES);
      }
      JobData.report(data, console);
      output.ifPresent(folder -> JobData.writeSetAside(data, console, folder.path("set_aside")));
      ClassificationMetrics metrics =
          Evaluator.evaluate(
              pipeline.predict(data.test().orElseThrow(), JobData.TEXT), JobData.LABEL, labels);
      ClassificationReport report = new ClassificationReport(metrics, labels);
      console.text("\n" + report.summary());
      console.line("%nMetrics");
      console.metrics(metrics.toMap("test_"));
      if (output.isPresent()) {
        output.get().writeJson("metrics.json", metrics.toMap("test_"));
        FineTuning.writeReport(output.get(), report);
        console.line("%nMetrics, report and confusion matrix are in %s", output.get().path(""));
      }
    }
  }

  private static Optional<OutputDirectory> output(JobConfig config, SparkSession spark)
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
