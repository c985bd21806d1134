package org.sparkfinetune.runs;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.track.TrackingArguments;

/** What MLflow's clients take from the environment, where a job's settings do not say it. */
public final class TrackingEnvironment {
  private static final String URI = "MLFLOW_TRACKING_URI";
  private static final String DEFAULT_EXPERIMENT = "spark-finetune";

  private TrackingEnvironment() {}

  /** The settings with what the environment adds to them. */
  public static TrackingArguments fill(
      TrackingArguments arguments, Map<String, String> environment) {
    Map<String, Object> values = new LinkedHashMap<>(TrackingArguments.SCHEMA.values(arguments));
    fill(values, "uri", environment.getOrDefault(URI, ""));
    fill(
        values,
        "experiment",
        environment.getOrDefault("MLFLOW_EXPERIMENT_NAME", DEFAULT_EXPERIMENT));
    fill(values, "run_id", environment.getOrDefault("MLFLOW_RUN_ID", ""));
    return TrackingArguments.SCHEMA.create(values);
  }

  /** A server's address, or else the one that the environment has; empty for none. */
  static String uri(String given, Map<String, String> environment) {
    return given.isEmpty() ? environment.getOrDefault(URI, "") : given;
  }

  private static void fill(Map<String, Object> values, String name, String value) {
    if ("".equals(values.get(name))) {
      values.put(name, value);
    }
  }
}
