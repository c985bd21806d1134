package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.runs.RunListing;
import org.sparkfinetune.runs.Runs;
import org.sparkfinetune.runs.TrackingEnvironment;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.TrackingArguments;

/** The settings of a recorded run, for a job that does it again. */
final class RepeatedRun {
  private static final List<String> OF_PROGRAMS = List.of("tune.sampler", "tune.pruner");

  private RepeatedRun() {}

  /**
   * Finds a run and reads its settings.
   *
   * @param run {@code FOLDER}, the output or the journal of the run, or of several of which it is
   *     the newest; else its id on the tracking server that the files, the arguments or the
   *     environment name
   * @throws UserException when there is none, or it was recorded by others
   */
  static Map<String, String> settings(
      String run, List<String> files, List<String> overrides, Job job) throws IOException {
    Configuration hadoop = SparkSessions.hadoop(job.name(), Map.of());
    RunSnapshot found = find(run, files, overrides, job, hadoop);
    Map<String, String> settings = new LinkedHashMap<>();
    found
        .params()
        .forEach(
            (key, value) -> {
              // A secret that was left out comes from where this run's come from.
              if ((job.keys().has(key) || key.startsWith("spark."))
                  && !value.contains(Redaction.STARS)
                  && isRepeatable(run, key, value, overrides, job)) {
                settings.put(key, value);
              }
            });
    if (!settings.containsKey(Presets.BASE)) {
      throw new UserException(
          "--from-run " + run + ": that run holds no settings of jobs/" + job.name());
    }
    return settings;
  }

  /**
   * Whether settings can name a value: one that a program made of a class of its own is recorded by
   * that class.
   *
   * @throws UserException when they cannot, and no argument has another in its place
   */
  private static boolean isRepeatable(
      String run, String key, String value, List<String> overrides, Job job) {
    if (!OF_PROGRAMS.contains(key)
        || !job.keys().has(key)
        || job.keys().setting(key).choices().contains(value)) {
      return true;
    }
    if (overrides.stream().noneMatch(given -> given.startsWith(key + "="))) {
      throw new UserException(
          "--from-run %s: %s was an object of the class %s, which a program made and no setting gives: repeat it from a program, or give %s=%s"
              .formatted(run, key, value, key, job.keys().setting(key).defaultValue()));
    }
    return false;
  }

  private static RunSnapshot find(
      String run, List<String> files, List<String> overrides, Job job, Configuration hadoop)
      throws IOException {
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path(run);
    boolean isFolder = !run.matches("[0-9a-f]{32}") && folder.getFileSystem(hadoop).exists(folder);
    if (isFolder) {
      List<RunSnapshot> newest =
          Runs.of(run, "", hadoop).listing(RunListing.Query.newest(1)).runs();
      if (newest.isEmpty()) {
        throw new UserException("--from-run " + run + ": no run is recorded in that folder");
      }
      return newest.get(0);
    }
    Settings given = ConfigLayers.read(job, files, overrides);
    TrackingArguments tracking =
        TrackingEnvironment.fill(given.get(TrackingArguments.SCHEMA), System.getenv());
    if (tracking.uri().isEmpty()) {
      throw new UserException(
          "--from-run "
              + run
              + ": there is no such folder, and no tracking server is set to ask for that run: set"
              + " tracking.uri, or the environment's MLFLOW_TRACKING_URI");
    }
    return Runs.of("", tracking.uri(), hadoop).find(run);
  }
}
