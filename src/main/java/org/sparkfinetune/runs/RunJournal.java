package org.sparkfinetune.runs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.export.MlflowExport;
import org.sparkfinetune.storage.HostCache;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.Tracker;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.track.mlflow.MlflowSink;

/**
 * The journal of a job, in its output folder, and its delivery to the tracking server, where there
 * is one.
 */
public final class RunJournal {
  private static final Logger LOG = LoggerFactory.getLogger(RunJournal.class);

  /** What a process that is being ended still waits for the server, and for a copy. */
  private static final Duration LAST_CHANCE = Duration.ofSeconds(5);

  /** Characters of an output's path in the name of its journal's folder. */
  private static final int LONGEST_NAME = 100;

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final TrackingArguments arguments;
  private final Configuration hadoop;
  private final OutputDirectory output;
  private final Path folder;
  private final JournalCopy copy;
  private final Tracker tracker;
  private Thread interrupted;

  /**
   * Opens the journal.
   *
   * @throws UserException when another process writes this journal, there is no place for it, its
   *     copy in the output cannot be read, or the server's address is none
   */
  public RunJournal(Settings config, OutputDirectory output, Configuration hadoop) {
    this.output = output;
    this.hadoop = hadoop;
    arguments = TrackingEnvironment.fill(config.get(TrackingArguments.SCHEMA), System.getenv());
    folder = folder();
    org.apache.hadoop.fs.Path place =
        output
            .local(OutputDirectory.JOURNAL)
            .map(local -> new org.apache.hadoop.fs.Path(local.toUri()))
            .orElseGet(() -> new org.apache.hadoop.fs.Path(output.path(OutputDirectory.JOURNAL)));
    copy = new JournalCopy(folder, arguments.journalReaders(), place, hadoop);
    copy.fetch();
    // Before the journal is opened: an address that is none ends the job at once.
    Optional<Sink> sink =
        arguments.uri().isEmpty()
            ? Optional.empty()
            : Optional.of(MlflowSink.open(arguments.uri(), hadoop, folder));
    tracker = Tracker.open(folder, arguments.journalReaders(), arguments.uri(), sink);
  }

  private Path folder() {
    if (!arguments.journal().isEmpty()) {
      return Path.of(arguments.journal());
    }
    return output.local(OutputDirectory.JOURNAL).orElseGet(() -> folderOf(output.path("")));
  }

  /**
   * Where the journal of an output elsewhere is: a folder of its own, which only this user may
   * write to.
   */
  static Path folderOf(String path) {
    String name = path.replaceAll("[^A-Za-z0-9.-]+", "_");
    String readable = name.substring(Math.max(0, name.length() - LONGEST_NAME));
    UUID exact = UUID.nameUUIDFromBytes(path.getBytes(StandardCharsets.UTF_8));
    try {
      return HostCache.subfolder("journals").resolve(readable + "-" + exact);
    } catch (UserException e) {
      throw new UserException(
          e.getMessage() + " Or set tracking.journal to a folder on the driver's disk.", e);
    } catch (IOException e) {
      throw new UserException(
          "there is no place for the journal of output="
              + path
              + ": "
              + e
              + ". Set tracking.journal to a folder on the driver's disk",
          e);
    }
  }

  /** Where and how it is recorded, the environment's part filled in. */
  public TrackingArguments arguments() {
    return arguments;
  }

  /** The name that the user gave the run, or one of what it is and the time. */
  public String runName(String what) {
    return arguments.runName().isEmpty()
        ? what + " " + STAMP.format(LocalDateTime.now())
        : arguments.runName();
  }

  /** The folder of the journal, on the driver's disk. */
  public Path place() {
    return folder;
  }

  public Tracker tracker() {
    return tracker;
  }

  /**
   * Ctrl-C, or the cluster: somebody has ended the job. The journal must say so while it still can.
   *
   * @param end what to note then; the journal is closed after it
   */
  public void whenInterrupted(Runnable end) {
    interrupted =
        new Thread(
            () -> {
              end.run();
              tracker.close(LAST_CHANCE);
              copy.keep(LAST_CHANCE);
            },
            "tracked run interrupted");
    Runtime.getRuntime().addShutdownHook(interrupted);
  }

  /**
   * A training's metrics as those of a whole run: evaluations are in its history, at their own
   * steps; these are of the weights kept, {@code best_eval_*}.
   */
  public static Map<String, Double> summary(Map<String, Double> metrics) {
    Map<String, Double> summary = new LinkedHashMap<>();
    metrics.forEach(
        (name, value) -> {
          if (!name.startsWith(Stage.EVAL.prefix())) {
            if (!name.equals(Metric.EPOCH.at(Stage.STEP))) {
              summary.put(name, value);
            }
          } else if (MetricName.isCurve(name)) {
            summary.put(MetricName.best(name), value);
          }
        });
    return summary;
  }

  /** Notes why a run failed. */
  public static void failed(RunHandle run, Throwable failure) {
    run.setTags(Map.of("spark-finetune.failure", Failures.reason(failure)));
  }

  /** Notes a file of the output, where it is: a record that lacks one is better than no model. */
  public void logArtifact(RunHandle run, String name) {
    logArtifact(run, name, name);
  }

  /** As {@link #logArtifact(RunHandle, String)}, at another place among the artifacts. */
  public void logArtifact(RunHandle run, String path, String name) {
    try {
      if (isThere(name)) {
        run.logArtifact(path, new org.apache.hadoop.fs.Path(output.path(name)), hadoop);
      }
    } catch (IOException e) {
      LOG.warn("{} is not recorded: {}", name, e.toString());
    }
  }

  /** Notes the model in the output as an MLflow model of a run, where there is a server. */
  public void logModel(RunHandle run) {
    if (!arguments.logModel() || arguments.uri().isEmpty() || !isThere(OutputFiles.MODEL)) {
      return;
    }
    org.apache.hadoop.fs.Path place =
        new org.apache.hadoop.fs.Path(modelFolder().resolve(run.id()).toUri());
    try (ExportSource source =
        ExportSource.open(new org.apache.hadoop.fs.Path(output.path(OutputFiles.MODEL)), hadoop)) {
      new MlflowExport().write(source, place, hadoop);
      run.logModel(
          OutputFiles.MODEL,
          place,
          hadoop,
          arguments.registerModel(),
          arguments.modelAlias(),
          Map.of());
    } catch (IOException | RuntimeException e) {
      LOG.warn("the run has no MLflow model", e);
      run.setTags(Map.of("spark-finetune.model_failure", Failures.summary(e)));
    }
  }

  private boolean isThere(String name) {
    try {
      return output.exists(name);
    } catch (IOException e) {
      LOG.warn("{} cannot be looked for: {}", name, e.toString());
      return false;
    }
  }

  /** Where MLflow models wait for their delivery. */
  private Path modelFolder() {
    return folder.resolve("models");
  }

  /**
   * Closes the journal of a job that has come to its end, and waits a while for the server.
   *
   * @param end what to note before
   */
  public void close(Runnable end) {
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException e) {
      // The JVM is on its way out, and its hook does the rest.
      return;
    }
    end.run();
    tracker.close(Duration.ofSeconds(arguments.flushTimeout()));
    Tracker.Summary summary = tracker.summary();
    if (summary.left() + summary.refused() == 0) {
      // The server has them now.
      FileUtils.deleteQuietly(modelFolder().toFile());
    }
    copy.keep();
  }

  /** Where a run's record is, and what is still to be done for it. */
  public RecordedRun recorded(RunHandle run) {
    Tracker.Summary summary = tracker.summary();
    List<String> notes = new ArrayList<>(summary.notes());
    if (summary.lost() > 0) {
      notes.add(
          note(
              "warning: %,d events could not be written to the journal: is the disk full?",
              summary.lost()));
    }
    if (summary.refused() > 0) {
      notes.add(
          note(
              "warning: the tracking server refused %,d events; they are in %s",
              summary.refused(), folder.resolve(Tracker.REFUSED)));
    }
    if (summary.left() > 0) {
      notes.add(
          note(
              "warning: %,d events are in the journal and not yet on the tracking server%s. To"
                  + " deliver them:",
              summary.left(), summary.trouble().isEmpty() ? "" : " (" + summary.trouble() + ")"));
      notes.add(
          "  "
              + Console.command(
                  "sync", "journal=" + folder, "tracking.uri=" + Redaction.text(arguments.uri())));
    }
    String address = tracker.address(run.id());
    return new RecordedRun(
        run.id(),
        folder.toString(),
        address.isEmpty() ? Optional.empty() : Optional.of(address),
        notes);
  }

  private static String note(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
