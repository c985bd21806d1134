package org.sparkfinetune.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.javacpp.Loader;
import org.sparkfinetune.BuildInfo;

/** Where a run comes from, as tags: MLflow's own names where it has one. */
public final class Provenance {
  /** The command that a run was started with; those of this project start so. */
  static final String COMMAND = "spark-finetune.command";

  /** What Databricks sets in Spark's settings, and MLflow's tag for it. */
  private static final Map<String, String> DATABRICKS =
      Map.of(
          "spark.databricks.notebook.path", "mlflow.databricks.notebookPath",
          "spark.databricks.notebook.id", "mlflow.databricks.notebookID",
          "spark.databricks.job.id", "mlflow.databricks.jobID",
          "spark.databricks.job.runId", "mlflow.databricks.jobRunID",
          "spark.databricks.workspaceUrl", "mlflow.databricks.workspaceURL",
          "spark.databricks.clusterUsageTags.clusterId", "mlflow.databricks.cluster.id");

  private Provenance() {}

  /**
   * The tags of a run.
   *
   * @param program what was started, as {@code jobs/tune}; empty for a program of the user's, which
   *     its application's name names
   * @param command as the user could repeat it; empty where there is none
   */
  public static Map<String, String> tags(String program, String command, SparkSession spark) {
    SparkConf conf = spark.sparkContext().getConf();
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("mlflow.user", System.getProperty("user.name"));
    boolean notebook = conf.contains("spark.databricks.notebook.path");
    tags.put(
        "mlflow.source.name",
        notebook
            ? conf.get("spark.databricks.notebook.path")
            : program.isEmpty() ? conf.get("spark.app.name", "") : program);
    tags.put("mlflow.source.type", notebook ? "NOTEBOOK" : program.isEmpty() ? "LOCAL" : "JOB");
    BuildInfo build = BuildInfo.read();
    if (!build.commit().isEmpty()) {
      tags.put("mlflow.source.git.commit", build.commit());
    }
    tags.put(COMMAND, command);
    tags.put("spark-finetune.version", build.version());
    tags.put("spark-finetune.spark.version", spark.version());
    tags.put("spark-finetune.spark.master", conf.get("spark.master", ""));
    tags.put("spark-finetune.spark.application", spark.sparkContext().applicationId());
    for (String library : List.of("pytorch", "mkl", "openblas")) {
      tags.put("spark-finetune." + library + ".version", version(library));
    }
    tags.put("spark-finetune.java.version", System.getProperty("java.version"));
    tags.put(
        "spark-finetune.os",
        String.join(
            " ",
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch")));
    DATABRICKS.forEach(
        (key, tag) -> {
          if (conf.contains(key)) {
            tags.put(tag, conf.get(key));
          }
        });
    return tags;
  }

  private static String version(String library) {
    try {
      return Loader.getVersion("org.bytedeco", library);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
