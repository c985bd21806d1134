package org.sparkfinetune.finetune;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataReport;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.model.io.ModelNames;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.RunReport;
import org.sparkfinetune.runs.LogRelay;
import org.sparkfinetune.runs.MetricsLogger;
import org.sparkfinetune.runs.Provenance;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.SystemMetrics;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.train.LogEntry;

/**
 * The record of one fine-tuning: its journal in the output folder and, where there is a tracking
 * server, a run there. A record that cannot be written or sent never fails the training.
 */
final class FineTuneRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FineTuneRecorder.class);

  /** Files of the output that become artifacts of the run. */
  private static final List<String> ARTIFACTS =
      List.of(
          OutputFiles.CONFIG,
          OutputFiles.METRICS,
          OutputFiles.LOG_HISTORY,
          OutputFiles.TEXT_REPORT,
          OutputFiles.CONFUSION_MATRIX,
          OutputFiles.CLASS_SCORES,
          OutputFiles.PAGE);

  private final Settings config;
  private final Configuration hadoop;
  private final OutputDirectory output;
  private final RunJournal journal;
  private final RunHandle run;
  private final SystemMetrics systemMetrics;
  private final LogRelay relay;
  private RunStatus status = RunStatus.FAILED;

  /**
   * Opens the journal and begins a run, or goes on with the one that the training before, which is
   * resumed, has left unfinished.
   *
   * @throws UserException when another process writes this journal, or the server's address is none
   */
  FineTuneRecorder(Settings config, String program, OutputDirectory output, SparkSession spark) {
    this.config = config;
    this.output = output;
    hadoop = spark.sessionState().newHadoopConf();
    journal = new RunJournal(config, output, hadoop);
    run = begin(program, spark);
    systemMetrics =
        SystemMetrics.start(run, Duration.ofSeconds(journal.arguments().systemMetricsInterval()));
    relay = new LogRelay(new MetricsLogger(run));
    journal.whenInterrupted(() -> end(RunStatus.KILLED));
  }

  private RunHandle begin(String program, SparkSession spark) {
    Optional<String> unfinished =
        config.get(FineTuneSchema.TRAINING).checkpoint().resume()
            ? journal.tracker().unfinishedRun()
            : Optional.empty();
    Map<String, String> tags = Provenance.tags(program, config.command(), spark);
    if (unfinished.isPresent()) {
      RunHandle before = journal.tracker().resumeRun(unfinished.get());
      before.setTags(tags);
      return before;
    }
    TrackingArguments arguments = journal.arguments();
    String name = journal.runName(ModelNames.lastWord(config.value(Presets.BASE).toString()));
    RunHandle fresh =
        journal.tracker().startRun(name, arguments.experiment(), arguments.runId(), tags);
    fresh.logParams(config.params());
    return fresh;
  }

  /** Notes the rows that are trained, validated and tested with. */
  void data(ExampleSplits data) {
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

  /**
   * Notes what came of a training, whose files are in the output: its figures, its report and its
   * model.
   *
   * @param history its whole log
   * @param metrics of the weights kept, of the test rows and of the training as a whole
   * @param classes what is known of the classes, from test rows
   */
  void result(List<LogEntry> history, Map<String, Double> metrics, Optional<ClassResults> classes) {
    relay.finish(history);
    long last = history.isEmpty() ? 0 : history.get(history.size() - 1).step();
    run.logMetrics(last, RunJournal.summary(metrics));
    writeReport(classes);
    for (String name : ARTIFACTS) {
      journal.logArtifact(run, name);
    }
    journal.logModel(run);
  }

  /** The page of the run, made of its own record. */
  private void writeReport(Optional<ClassResults> classes) {
    try {
      journal.tracker().flush();
      RunSnapshot record =
          JournalReader.runs(new Path(journal.place().toUri()), hadoop).stream()
              .filter(recorded -> recorded.id().equals(run.id()))
              .findFirst()
              .orElseThrow(() -> new IOException("the journal lacks the run"));
      Map<String, String> defaults = new LinkedHashMap<>();
      config.defaults().forEach((path, value) -> defaults.put(path, Setting.spelling(value)));
      RunSnapshot ended = record.ended(RunStatus.FINISHED, System.currentTimeMillis());
      output.write(OutputFiles.PAGE, RunReport.html(ended, classes, defaults));
    } catch (IOException | RuntimeException e) {
      LOG.warn("the run has no {}", OutputFiles.PAGE, e);
    }
  }

  /** Notes why the run failed. */
  void failed(Throwable failure) {
    RunJournal.failed(run, failure);
  }

  /** Says that the run did what it was to do. */
  void succeeded() {
    status = RunStatus.FINISHED;
  }

  private synchronized void end(RunStatus how) {
    systemMetrics.close();
    run.end(how);
  }

  /** Ends the run, and waits a while for the server. */
  @Override
  public void close() {
    journal.close(() -> end(status));
  }

  /** Where the record is, and what is still to be done for it; known when this is closed. */
  RecordedRun recorded() {
    return journal.recorded(run);
  }
}
