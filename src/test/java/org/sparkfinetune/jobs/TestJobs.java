package org.sparkfinetune.jobs;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/** Command lines for the tests of other packages, run in this JVM. */
public final class TestJobs {
  private TestJobs() {}

  /**
   * Runs a job.
   *
   * @param args its name and its arguments
   * @throws UserException where it ends with exit code 2, with what it has printed, which must be
   *     one line
   * @throws IllegalStateException where it fails otherwise
   */
  public static void run(String... args) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream err = System.err;
    PrintStream out = System.out;
    int code;
    try {
      System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
      code = Main.run(args);
    } finally {
      System.setErr(err);
      System.setOut(out);
    }
    List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
    if (code == JobCommand.USAGE && lines.size() == 1) {
      throw new UserException(lines.get(0));
    }
    if (code != JobCommand.OK) {
      throw new IllegalStateException(
          "exit code " + code + " and " + lines.size() + " lines: " + String.join(" / ", lines));
    }
  }

  /** The label that a saved pipeline or a model gives a text, loaded and asked as jobs do. */
  public static String classify(SparkSession spark, String model, String text) {
    Dataset<Row> rows = spark.createDataset(List.of(text), Encoders.STRING()).toDF("text");
    return ClassifierPipeline.load(spark, model, false)
        .predict(rows, "text", Optional.empty())
        .select("prediction")
        .first()
        .getString(0);
  }
}
