package io.sparkfinetune.jobs;

import io.sparkfinetune.config.Schema;
import io.sparkfinetune.config.Setting;
import io.sparkfinetune.data.DataReport;
import io.sparkfinetune.data.PreparedData;
import io.sparkfinetune.export.ExportSource;
import io.sparkfinetune.export.MlflowExport;
import io.sparkfinetune.report.ClassResults;
import io.sparkfinetune.report.ClassScoresFile;
import io.sparkfinetune.report.RunReport;
import io.sparkfinetune.track.JournalReader;
import io.sparkfinetune.track.Redaction;
import io.sparkfinetune.track.RunRecord;
import io.sparkfinetune.track.RunStatus;
import io.sparkfinetune.track.Sink;
import io.sparkfinetune.track.SystemMetrics;
import io.sparkfinetune.track.TrackedRun;
import io.sparkfinetune.track.Tracker;
import io.sparkfinetune.track.TrackingArguments;
import io.sparkfinetune.track.mlflow.MlflowSink;
import io.sparkfinetune.train.LogEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record of one fine-tuning: its journal in the output folder and, where there is a tracking
 * server, a run there. A record that cannot be written or sent never fails the training.
 */
final class RunTracking implements AutoCloseable {
  static final Schema<TrackingArguments> SCHEMA = Schema.of("tracking", TrackingArguments.class);

  private static final Logger LOG = LoggerFactory.getLogger(RunTracking.class);

  /** The folder of the journal in a local output. */
  static final String JOURNAL = "tracking";

  /** The page of the run, in the output and among its artifacts. */
  static final String REPORT = "report.html";

  /** The folder of the model among a run's artifacts. */
  private static final String MODEL = "model";

  /** Files of the output that become artifacts of the run. */
  private static final List<String> ARTIFACTS =
      List.of(
          "config.conf",
          "metrics.json",
          "log_history.json",
          "report.txt",
          "confusion_matrix.csv",
          ClassScoresFile.NAME,
          REPORT);

  /** What a process that is being ended still waits for the server. */
  private static final Duration LAST_CHANCE = Duration.ofSeconds(5);

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final JobConfig config;
  private final TrackingArguments arguments;
  private final Configuration hadoop;
  private final OutputDirectory output;
  private final Path folder;
  private final Tracker tracker;
  private final TrackedRun run;
  private final SystemMetrics systemMetrics;
  private final LogRelay relay;
  private final Thread interrupted;
  private RunStatus status = RunStatus.FAILED;

  /** Of the newest entry of the training's log; told in order, by one thread at a time. */
  private long lastStep = -1;

  /**
   * Opens the journal and begins a run, or goes on with the one that the training before, which is
   * resumed, has left unfinished.
   *
   * @throws UserException when another process writes this journal, or the server's address is none
   */
  RunTracking(JobConfig config, Job job, OutputDirectory output, SparkSession spark) {
    this.config = config;
    this.output = output;
    arguments = TrackingEnvironment.fill(config.get(SCHEMA), System.getenv());
    hadoop = spark.sessionState().newHadoopConf();
    folder = folder();
    // Before the journal is opened: an address that is none ends the job at once.
    Optional<Sink> sink =
        arguments.uri().isEmpty()
            ? Optional.empty()
            : Optional.of(MlflowSink.open(arguments.uri(), hadoop, folder));
    tracker = Tracker.open(folder, arguments.uri(), sink);
    run = begin(job, spark);
    systemMetrics = SystemMetrics.start(run, Duration.ofSeconds(arguments.systemMetricsInterval()));
    relay = new LogRelay(this::log);
    // Ctrl-C, or the cluster: somebody has ended it. The journal must say so while it still can.
    interrupted = new Thread(() -> end(RunStatus.KILLED, LAST_CHANCE), "tracked run interrupted");
    Runtime.getRuntime().addShutdownHook(interrupted);
  }

  private Path folder() {
    if (!arguments.journal().isEmpty()) {
      return Path.of(arguments.journal());
    }
    return output
        .local(JOURNAL)
        .orElseGet(
            () ->
                Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "spark-finetune-journals",
                    output.path("").replaceAll("[^A-Za-z0-9.-]+", "_")));
  }

  private TrackedRun begin(Job job, SparkSession spark) {
    Optional<String> unfinished =
        config.get(FineTuning.TRAINING).checkpoint().resume()
            ? tracker.unfinishedRun()
            : Optional.empty();
    Map<String, String> tags = Provenance.tags(job.name(), config.command(), spark);
    if (unfinished.isPresent()) {
      TrackedRun before = tracker.resumeRun(unfinished.get());
      before.setTags(tags);
      return before;
    }
    String base = config.value(Presets.BASE).toString().replaceAll("/+$", "");
    String name =
        arguments.runName().isEmpty()
            ? base.substring(base.lastIndexOf('/') + 1) + " " + STAMP.format(LocalDateTime.now())
            : arguments.runName();
    TrackedRun fresh = tracker.startRun(name, arguments.experiment(), arguments.runId(), tags);
    fresh.logParams(params());
    return fresh;
  }

  private Map<String, String> params() {
    Map<String, String> params = new LinkedHashMap<>();
    config.values().forEach((path, value) -> params.put(path, Setting.spelling(value)));
    params.putAll(config.spark());
    config.sparkSecrets().forEach(key -> params.put(key, Redaction.STARS));
    return params;
  }

  /** Notes the rows that are trained, validated and tested with. */
  void data(PreparedData data) {
    input("training", data.train(), data.report().split("train"));
    data.validation().ifPresent(r -> input("validation", r, data.report().split("validation")));
    data.test().ifPresent(r -> input("test", r, data.report().split("test")));
  }

  private void input(String context, Dataset<Row> rows, Optional<DataReport.SplitReport> report) {
    run.logInput(context, DatasetDigest.of(rows, report.orElseThrow()));
  }

  /** What passes a training's log on to the record. */
  LogRelay relay() {
    return relay;
  }

  private void log(LogEntry entry) {
    Map<String, Double> values = new LinkedHashMap<>(entry.values());
    long step = values.remove("step").longValue();
    if (step == lastStep) {
      // An evaluation follows the loss of its step, which has said it.
      values.remove("epoch");
    }
    lastStep = step;
    run.logMetrics(step, entry.time(), values);
  }

  /**
   * Notes what came of a training, whose files are in the output: its figures, its report and its
   * model.
   *
   * @param history its whole log
   * @param metrics of the weights kept, of the test rows and of the training as a whole
   * @param classes what is known of the classes, from test rows
   */
  void result(
      List<Map<String, Double>> history,
      Map<String, Double> metrics,
      Optional<ClassResults> classes) {
    relay.finish(history);
    long last = history.isEmpty() ? 0 : history.get(history.size() - 1).get("step").longValue();
    Map<String, Double> summary = new LinkedHashMap<>(metrics);
    summary.keySet().removeIf(name -> name.startsWith("eval_") || name.equals("epoch"));
    // Evaluations are in the history, at their own steps; these are of the weights kept.
    metrics.forEach(
        (name, value) -> {
          if (name.startsWith("eval_") && !name.matches("eval_(runtime|samples.*)")) {
            summary.put("best_" + name, value);
          }
        });
    run.logMetrics(last, System.currentTimeMillis(), summary);
    writeReport(classes);
    for (String name : ARTIFACTS) {
      artifact(name, new org.apache.hadoop.fs.Path(output.path(name)));
    }
    if (arguments.logModel() && !arguments.uri().isEmpty()) {
      model();
    }
  }

  /** The page of the run, made of its own record. */
  private void writeReport(Optional<ClassResults> classes) {
    try {
      tracker.flush();
      RunRecord record =
          JournalReader.runs(new org.apache.hadoop.fs.Path(folder.toUri()), hadoop).stream()
              .filter(recorded -> recorded.id().equals(run.id()))
              .findFirst()
              .orElseThrow(() -> new IOException("the journal lacks the run"));
      Map<String, String> defaults = new LinkedHashMap<>();
      config.defaults().forEach((path, value) -> defaults.put(path, Setting.spelling(value)));
      RunRecord ended = record.ended(RunStatus.FINISHED, System.currentTimeMillis());
      output.write(REPORT, RunReport.html(ended, classes, defaults));
    } catch (IOException | RuntimeException e) {
      LOG.warn("the run has no {}", REPORT, e);
    }
  }

  private void model() {
    org.apache.hadoop.fs.Path place = new org.apache.hadoop.fs.Path(modelFolder().toUri());
    try (ExportSource source =
        ExportSource.open(new org.apache.hadoop.fs.Path(output.path("model")), hadoop)) {
      new MlflowExport().write(source, place, hadoop);
      run.logModel(
          MODEL, place, hadoop, arguments.registerModel(), arguments.modelAlias(), Map.of());
    } catch (IOException | RuntimeException e) {
      LOG.warn("the run has no MLflow model", e);
      run.setTags(Map.of("spark-finetune.model_failure", Failures.summary(e)));
    }
  }

  /** Where the run's MLflow model waits for its delivery. */
  private Path modelFolder() {
    return folder.resolve("models").resolve(run.id());
  }

  /** A record that lacks a file is better than no model. */
  private void artifact(String name, org.apache.hadoop.fs.Path file) {
    try {
      if (output.exists(name)) {
        run.logArtifact(name, file, hadoop);
      }
    } catch (IOException e) {
      LOG.warn("{} is not recorded: {}", name, e.toString());
    }
  }

  /** Notes why the run failed. */
  void failed(Throwable failure) {
    String reason = Failures.userMessage(failure).orElseGet(() -> Failures.summary(failure));
    run.setTags(Map.of("spark-finetune.failure", reason));
  }

  /** Says that the run did what it was to do. */
  void succeeded() {
    status = RunStatus.FINISHED;
  }

  private synchronized void end(RunStatus how, Duration flushTimeout) {
    systemMetrics.close();
    run.end(how);
    tracker.close(flushTimeout);
  }

  /** Ends the run, and waits a while for the server. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
      end(status, Duration.ofSeconds(arguments.flushTimeout()));
      Tracker.Summary summary = tracker.summary();
      if (summary.left() + summary.refused() == 0) {
        // The server has it now.
        FileUtils.deleteQuietly(modelFolder().toFile());
      }
      copyToOutput();
    } catch (IllegalStateException e) {
      // The JVM is on its way out, and its hook ends the run.
    }
  }

  private void copyToOutput() {
    if (output.local(JOURNAL).isPresent() && arguments.journal().isEmpty()) {
      return;
    }
    try {
      org.apache.hadoop.fs.Path target = new org.apache.hadoop.fs.Path(output.path(JOURNAL));
      FileSystem remote = target.getFileSystem(hadoop);
      remote.delete(target, true);
      remote.copyFromLocalFile(new org.apache.hadoop.fs.Path(folder.toUri()), target);
    } catch (IOException e) {
      LOG.warn("the journal in {} could not be copied to the output", folder, e);
    }
  }

  /** Says where the record is, and what is still to be done for it. */
  void report(Console console) {
    Tracker.Summary summary = tracker.summary();
    console.line("journal        %s", folder);
    String address = tracker.address(run.id());
    if (!address.isEmpty()) {
      console.line("tracked run    %s", address);
    }
    summary.notes().forEach(note -> console.line("%s", note));
    if (summary.lost() > 0) {
      console.line(
          "warning: %,d events could not be written to the journal: is the disk full?",
          summary.lost());
    }
    if (summary.refused() > 0) {
      console.line(
          "warning: the tracking server refused %,d events; they are in %s",
          summary.refused(), folder.resolve(Tracker.REFUSED));
    }
    if (summary.left() > 0) {
      console.line(
          "warning: %,d events are in the journal and not yet on the tracking server%s. To deliver"
              + " them:%n  %s",
          summary.left(),
          summary.trouble().isEmpty() ? "" : " (" + summary.trouble() + ")",
          Console.command(
              "sync", "journal=" + folder, "tracking.uri=" + Redaction.text(arguments.uri())));
    }
  }
}
