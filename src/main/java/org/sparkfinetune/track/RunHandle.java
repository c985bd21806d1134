package org.sparkfinetune.track;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.sparkfinetune.text.Redaction;

/**
 * One run of a {@link Tracker}. Its methods return at once and fail in no way, but for files that
 * cannot be read. Thread-safe.
 */
public final class RunHandle {
  private final String id;
  private final JournalWriter writer;
  private final Map<String, Long> before;

  /**
   * @param before the last step of each metric that the journal has already
   */
  RunHandle(String id, JournalWriter writer, Map<String, Long> before) {
    this.id = id;
    this.writer = writer;
    this.before = new HashMap<>(before);
  }

  /** This project's own id of the run, which the journal has; a server has another. */
  public String id() {
    return id;
  }

  /** Notes settings. Known secrets in them are left out. */
  public void logParams(Map<String, String> params) {
    writer.add(new TrackingEvent.Params(id, now(), Redaction.values(params)));
  }

  /** Notes measurements of now. */
  public void logMetrics(long step, Map<String, Double> values) {
    logMetrics(step, now(), values);
  }

  /**
   * Notes measurements. Those of a run that is gone on with are left out at steps that it has.
   *
   * @param time in milliseconds since 1970
   */
  public void logMetrics(long step, long time, Map<String, Double> values) {
    Map<String, Double> fresh = new LinkedHashMap<>(values);
    fresh
        .entrySet()
        .removeIf(
            metric ->
                metric.getKey() == null
                    || metric.getValue() == null
                    || step <= before.getOrDefault(metric.getKey(), Long.MIN_VALUE));
    if (!fresh.isEmpty()) {
      writer.add(new TrackingEvent.Metrics(id, time, step, fresh));
    }
  }

  /**
   * The last step of a metric that was there when the run was gone on with; -1 if there is none.
   */
  long stepBefore(String metric) {
    return before.getOrDefault(metric, -1L);
  }

  /** Sets tags. Known secrets in them are left out. */
  public void setTags(Map<String, String> tags) {
    if (!tags.isEmpty()) {
      writer.add(new TrackingEvent.Tags(id, now(), Redaction.values(tags)));
    }
  }

  /** Notes rows that the run reads. Known secrets in their address are left out. */
  public void logInput(String context, DatasetInfo dataset) {
    DatasetInfo clean =
        new DatasetInfo(
            Redaction.text(dataset.name()),
            dataset.digest(),
            dataset.sourceType(),
            Redaction.text(dataset.source()),
            new LinkedHashMap<>(dataset.schema()),
            new LinkedHashMap<>(dataset.profile()));
    writer.add(new TrackingEvent.Input(id, now(), context, clean));
  }

  /**
   * Notes a file, or all files below a folder, as artifacts. They must stay where they are until
   * they are delivered; what is delivered is what they hold now.
   *
   * @param path where it belongs among the run's artifacts
   * @throws IOException when it cannot be read, or the path is no place among them
   */
  public void logArtifact(String path, Path source, Configuration hadoop) throws IOException {
    logFiles(path, "", source, hadoop);
  }

  /**
   * Notes an MLflow model: all files of a folder, as {@link #logArtifact} does.
   *
   * @param path where it belongs among the run's artifacts
   * @param registeredName the registered model to make a version of; empty for none
   * @param alias the alias that is to point at that version; empty for none
   * @param tags of that version
   * @throws IOException when they cannot be read, or the path is no place among them
   */
  public void logModel(
      String path,
      Path folder,
      Configuration hadoop,
      String registeredName,
      String alias,
      Map<String, String> tags)
      throws IOException {
    logFiles(path, path, folder, hadoop);
    writer.add(
        new TrackingEvent.Model(id, now(), path, registeredName, alias, Redaction.values(tags)));
  }

  private void logFiles(String path, String model, Path source, Configuration hadoop)
      throws IOException {
    if (!TrackingEvent.Artifact.isPlace(path)) {
      throw new IOException(
          "'"
              + path
              + "' is no place among a run's artifacts: expected a relative path without .., as in"
              + " plots/loss.png");
    }
    FileSystem files = source.getFileSystem(hadoop);
    Path root = files.makeQualified(source);
    List<Path> found = new ArrayList<>();
    if (files.getFileStatus(root).isDirectory()) {
      RemoteIterator<LocatedFileStatus> all = files.listFiles(root, true);
      while (all.hasNext()) {
        found.add(all.next().getPath());
      }
      found.sort(null);
    } else {
      found.add(root);
    }
    for (Path file : found) {
      String below = file.equals(root) ? "" : "/" + root.toUri().relativize(file.toUri()).getPath();
      FileDigest digest = FileDigest.of(files, file);
      writer.add(
          new TrackingEvent.Artifact(
              id, now(), path + below, model, file.toString(), digest.bytes(), digest.sha256()));
    }
  }

  /** Ends the run. */
  public void end(RunStatus status) {
    writer.add(new TrackingEvent.RunEnded(id, now(), status));
  }

  private static long now() {
    return System.currentTimeMillis();
  }
}
