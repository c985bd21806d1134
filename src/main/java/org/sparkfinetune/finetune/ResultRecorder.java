package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataReport;
import org.sparkfinetune.runs.Provenance;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.runs.TrackingEnvironment;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.TrackingArguments;

/**
 * The record of what trains no model to keep: an evaluation, a comparison, an audit. It is kept
 * where a tracking server is named and the result has an output, in which its journal lies; else
 * what it is told goes nowhere. A record that cannot be sent never fails the work.
 *
 * <p>Files become artifacts below the job's name: a run that is continued, {@code tracking.run_id},
 * has files of its own.
 */
public final class ResultRecorder {
  /** The tag that tells runs of these jobs from trainings. */
  private static final String JOB = "spark-finetune.job";

  /** What of {@link TrackingArguments} counts here. */
  public static final SettingKeys KEYS =
      SettingKeys.of(TrackingArguments.SCHEMA)
          .without(
              "tracking.log_model",
              "tracking.register_model",
              "tracking.model_alias",
              "tracking.system_metrics_interval");

  private final String job;
  private final Optional<RunJournal> journal;
  private final Optional<RunHandle> run;

  private ResultRecorder(String job, Optional<RunJournal> journal, Optional<RunHandle> run) {
    this.job = job;
    this.journal = journal;
    this.run = run;
  }

  /** What is recorded while it is done. */
  @FunctionalInterface
  public interface Body<R> {
    /** Does it. */
    R run(ResultRecorder record) throws IOException, InterruptedException;
  }

  /**
   * Does something with a record of it.
   *
   * @param job the name of the job that does the same, as {@code evaluate}
   * @param models what names the models, by parameter, where the settings do not
   * @param output empty where nothing is written
   * @param with the result and its record, which has ended
   * @throws UserException when a server is set and there is no output, another process writes the
   *     journal, or the server's address is none
   */
  public static <R> R record(
      String job,
      Settings settings,
      Map<String, String> models,
      Optional<OutputDirectory> output,
      SparkSession spark,
      Body<R> body,
      BiFunction<R, RecordedRun, R> with)
      throws IOException, InterruptedException {
    TrackingArguments given = settings.get(TrackingArguments.SCHEMA);
    boolean served = !TrackingEnvironment.fill(given, System.getenv()).uri().isEmpty();
    if (output.isEmpty() && !given.uri().isEmpty()) {
      throw new UserException(
          "tracking.uri is set and output is not: expected a folder for what is recorded");
    }
    if (!served || output.isEmpty()) {
      return body.run(new ResultRecorder(job, Optional.empty(), Optional.empty()));
    }
    RunJournal journal =
        new RunJournal(settings, output.get(), spark.sessionState().newHadoopConf());
    RunHandle run = begin(job, settings, models, journal, spark);
    journal.whenInterrupted(() -> run.end(RunStatus.KILLED));
    RunStatus status = RunStatus.FAILED;
    R result;
    try {
      result = body.run(new ResultRecorder(job, Optional.of(journal), Optional.of(run)));
      status = RunStatus.FINISHED;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      RunJournal.failed(run, e);
      throw e;
    } finally {
      RunStatus last = status;
      journal.close(() -> run.end(last));
    }
    return with.apply(result, journal.recorded(run));
  }

  private static RunHandle begin(
      String job,
      Settings settings,
      Map<String, String> models,
      RunJournal journal,
      SparkSession spark) {
    TrackingArguments arguments = journal.arguments();
    boolean continues = !arguments.runId().isEmpty();
    Map<String, String> tags = new LinkedHashMap<>();
    if (!continues) {
      // Those of the run that is continued stay: they say where its model comes from.
      String program = settings.command().isEmpty() ? "" : "jobs/" + job;
      tags.putAll(Provenance.tags(program, settings.command(), spark));
      tags.put(JOB, job);
    }
    RunHandle run =
        journal
            .tracker()
            .startRun(journal.runName(job), arguments.experiment(), arguments.runId(), tags);
    if (!continues) {
      Map<String, String> params = new LinkedHashMap<>(models);
      params.putAll(settings.params());
      run.logParams(params);
    }
    return run;
  }

  /** Notes the rows that are measured or audited. */
  public void rows(String context, Dataset<Row> rows, Optional<DataReport.SplitReport> report) {
    run.ifPresent(to -> to.logInput(context, DatasetDigest.of(rows, report.orElseThrow())));
  }

  /** Notes figures, with something before each name. */
  public void metrics(String prefix, Map<String, Double> metrics) {
    Map<String, Double> named = new LinkedHashMap<>();
    metrics.forEach((name, value) -> named.put(prefix + name, value));
    run.ifPresent(to -> to.logMetrics(0, named));
  }

  /** Notes files of the output; folders of rows, whose names have no ending, are none. */
  public void files(Collection<String> names) {
    names.stream()
        .filter(name -> name.contains("."))
        .forEach(
            name ->
                journal.ifPresent(to -> to.logArtifact(run.orElseThrow(), job + "/" + name, name)));
  }
}
