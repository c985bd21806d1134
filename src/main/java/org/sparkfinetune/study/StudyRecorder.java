package org.sparkfinetune.study;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.runs.Provenance;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.SystemMetrics;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.StudyRunner;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.TrialState;

/**
 * The record of a study: a run, and one below it for each trial. A record that cannot be written or
 * sent never fails a trial.
 */
final class StudyRecorder implements StudyRunner.Listener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StudyRecorder.class);

  /** The tags by which a study finds its run again in a journal that others write to as well. */
  private static final String JOB = "spark-finetune.job";

  private static final String OUTPUT = "spark-finetune.output";

  /** The tag of a trial's number. */
  private static final String TRIAL = "spark-finetune.trial";

  /** Files of the output that become artifacts of the study's run. */
  private static final List<String> ARTIFACTS =
      List.of(
          OutputFiles.STUDY,
          OutputFiles.BEST_CONFIG,
          OutputFiles.PAGE,
          OutputFiles.METRICS,
          OutputFiles.TEXT_REPORT,
          OutputFiles.CLASS_SCORES);

  private final Settings config;
  private final SettingKeys trialKeys;
  private final Configuration hadoop;
  private final OutputDirectory output;
  private final RunJournal journal;
  private final RunHandle run;
  private final SystemMetrics systemMetrics;
  private final Map<Integer, RunHandle> trials = new ConcurrentHashMap<>();

  /** The runs of all trials by number, of those before as well. */
  private final Map<Integer, String> ids = new ConcurrentHashMap<>();

  /** The runs that trials had in a process before, by number. */
  private final Map<Integer, String> left = new HashMap<>();

  private RunStatus status = RunStatus.FAILED;

  /**
   * Begins the run, or goes on with the one that the process before has left.
   *
   * @param journal closed with this
   * @param trialKeys the settings of a trial
   * @param history of the study, which has trials of before when it is gone on with
   */
  StudyRecorder(
      Settings config,
      RunJournal journal,
      String program,
      SettingKeys trialKeys,
      OutputDirectory output,
      SparkSession spark,
      History history) {
    this.config = config;
    this.trialKeys = trialKeys;
    this.output = output;
    hadoop = spark.sessionState().newHadoopConf();
    this.journal = journal;
    TrackingArguments arguments = journal.arguments();
    boolean goesOn =
        history.trials().stream()
            .anyMatch(trial -> trial.state().isFinished() || !trial.distributions().isEmpty());
    Map<String, String> own = Map.of(JOB, "tune", OUTPUT, Redaction.text(output.path("")));
    List<RunSnapshot> recorded = goesOn ? snapshots() : List.of();
    Optional<String> unfinished = unfinished(recorded, own);
    Map<String, String> tags = Provenance.tags(program, config.command(), spark);
    tags.putAll(own);
    if (unfinished.isPresent()) {
      run = journal.tracker().resumeRun(unfinished.get());
      run.setTags(tags);
      goOn(history, recorded);
    } else {
      String name = journal.runName("study");
      run = journal.tracker().startRun(name, arguments.experiment(), arguments.runId(), tags);
      run.logParams(config.params());
    }
    systemMetrics = SystemMetrics.start(run, Duration.ofSeconds(arguments.systemMetricsInterval()));
    journal.whenInterrupted(() -> end(RunStatus.KILLED));
  }

  private List<RunSnapshot> snapshots() {
    return JournalReader.runs(new Path(journal.place().toUri()), hadoop);
  }

  /** The newest run of this study that has not finished. */
  private static Optional<String> unfinished(List<RunSnapshot> recorded, Map<String, String> own) {
    return recorded.stream()
        .filter(record -> record.parent().isEmpty() && record.status() != RunStatus.FINISHED)
        .filter(record -> record.tags().entrySet().containsAll(own.entrySet()))
        .map(RunSnapshot::id)
        .reduce((before, newest) -> newest);
  }

  /**
   * Finds the runs of trials that have not ended, also where the run was, with its process; and
   * ends those whose trial has, as that did: the process may have been ended between the two.
   */
  private void goOn(History history, List<RunSnapshot> recorded) {
    Map<Integer, RunStatus> recordedAs = new HashMap<>();
    for (RunSnapshot record : recorded) {
      if (record.parent().equals(run.id()) && record.tags().containsKey(TRIAL)) {
        int number = Integer.parseInt(record.tags().get(TRIAL));
        ids.put(number, record.id());
        left.put(number, record.id());
        recordedAs.put(number, record.status());
      }
    }
    for (FrozenTrial trial : history.trials()) {
      String ended = trial.state().isFinished() ? left.remove(trial.number()) : null;
      if (ended != null && recordedAs.get(trial.number()) != status(trial.state())) {
        journal.tracker().resumeRun(ended).end(status(trial.state()));
      }
    }
  }

  @Override
  public void began(Trial trial) {
    RunHandle child = child(trial);
    trials.put(trial.number(), child);
    ids.put(trial.number(), child.id());
  }

  /** Where the tracking server shows trials, by number: those that it has. */
  Map<Integer, String> addresses() {
    Map<Integer, String> addresses = new HashMap<>();
    ids.forEach(
        (number, id) -> addresses.put(number, Redaction.text(journal.tracker().address(id))));
    addresses.values().removeIf(String::isEmpty);
    return addresses;
  }

  private RunHandle child(Trial trial) {
    String before;
    synchronized (left) {
      before = left.remove(trial.number());
    }
    if (before != null) {
      return journal.tracker().resumeRun(before);
    }
    RunHandle child =
        journal
            .tracker()
            .startChild(
                run,
                "trial " + trial.number(),
                journal.arguments().experiment(),
                Map.of(TRIAL, String.valueOf(trial.number())));
    child.logParams(config.with(trial.params()).forJob(trialKeys, Set.of()).params());
    return child;
  }

  /** The run of a trial that has begun. */
  RunHandle trial(int number) {
    return trials.get(number);
  }

  @Override
  public void ended(FrozenTrial trial, Optional<Objective.Result> result) {
    RunHandle tracked = trials.remove(trial.number());
    if (tracked == null) {
      return;
    }
    long step = trial.lastStep().orElse(0);
    result.ifPresent(given -> tracked.logMetrics(step, RunJournal.summary(given.metrics())));
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("spark-finetune.trial.state", trial.state().name());
    if (!trial.reason().isEmpty()) {
      tags.put("spark-finetune.trial.reason", trial.reason());
    }
    tracked.setTags(tags);
    tracked.end(status(trial.state()));
    if (trial.state() == TrialState.COMPLETE && result.isPresent()) {
      run.logMetrics(trial.number(), Map.of(Metric.TRIAL_VALUE.at(Stage.STUDY), trial.value()));
    }
  }

  private static RunStatus status(TrialState state) {
    return switch (state) {
      case COMPLETE -> RunStatus.FINISHED;
      case FAILED -> RunStatus.FAILED;
      case WAITING, RUNNING, PRUNED -> RunStatus.KILLED;
    };
  }

  /** Notes what came of the study, whose files are in the output. */
  void result(History history, String objective, Map<String, Double> metrics) {
    history
        .best()
        .ifPresent(
            best -> {
              Map<String, Double> measured = new LinkedHashMap<>(metrics);
              measured.put(MetricName.best(objective), best.value());
              run.logMetrics(best.number(), measured);
              Map<String, String> tags = new LinkedHashMap<>();
              tags.put("spark-finetune.best.trial", String.valueOf(best.number()));
              best.params().forEach((k, v) -> tags.put("spark-finetune.best." + k, v.toString()));
              run.setTags(tags);
            });
    ARTIFACTS.forEach(name -> journal.logArtifact(run, name));
    journal.logModel(run);
    status = RunStatus.FINISHED;
  }

  /** Notes why the study failed. */
  void failed(Throwable failure) {
    RunJournal.failed(run, failure);
  }

  private synchronized void end(RunStatus how) {
    systemMetrics.close();
    trials.values().forEach(trial -> trial.end(RunStatus.KILLED));
    trials.clear();
    run.end(how);
  }

  /** Ends the run, and waits a while for the server. */
  @Override
  public void close() {
    journal.close(() -> end(status));
  }

  /** Where the record is; known when this is closed. */
  RecordedRun recorded() {
    return journal.recorded(run);
  }
}
