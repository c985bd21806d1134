package org.sparkfinetune.study;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.ShutdownHookManager;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.ProgressBar;
import org.sparkfinetune.console.StudyProgress;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PipelineData;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.ParetoFront;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyRunner;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.TrialState;

/** From a study to its best model in a folder, with the figures beside it. */
public final class TuneSession implements AutoCloseable {
  /** What a training takes at most to end when Spark has cancelled its tasks. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final String job;
  private final Settings given;
  private final Settings config;
  private final TuneArguments tune;
  private final Objectives goal;
  private final int slots;
  private final OutputDirectory output;
  private final SparkSession spark;
  private final Console console;
  private final TrialExamples examples;
  private final Optional<Objective> usersObjective;

  /** What makes a study, once all that may be wrong with its settings has been looked at. */
  @FunctionalInterface
  public interface Start {
    /** Begins a study in the output, or goes on with the one that is there. */
    Study study() throws IOException;
  }

  /**
   * @param given what is recorded of all trials, on whichever machine they run
   * @param config what all trials have in common
   * @param slots trials that run at once
   * @throws UserException when the user's own objective cannot be made
   */
  public TuneSession(
      String job,
      Settings given,
      Settings config,
      Objectives goal,
      int slots,
      OutputDirectory output,
      SparkSession spark,
      Console console) {
    this.job = job;
    this.given = given;
    this.config = config;
    this.goal = goal;
    this.slots = slots;
    this.output = output;
    this.spark = spark;
    this.console = console;
    tune = config.get(TuneArguments.SCHEMA);
    usersObjective = SamplerFactory.objective(tune);
    examples = new TrialExamples(spark, tune.folds());
  }

  private boolean isFineTuning() {
    return usersObjective.isEmpty();
  }

  /** Reads and tokenises what all trials share: what is wrong with it is wrong with all of them. */
  public void prepare() {
    if (isFineTuning()) {
      FineTuning.check(config, spark);
      PreparedData data = examples.data(config);
      PipelineData.report(data, console);
      goal.checkRows(data.validation().isPresent() || tune.folds() > 0);
      examples.of(config);
    }
  }

  /**
   * Runs the trials, and writes what came of them.
   *
   * @param start not called unless the record can be written, which one process alone can
   */
  public void search(Start start) throws IOException {
    RunJournal journal = new RunJournal(given, output, spark.sessionState().newHadoopConf());
    Study study;
    StudyRecorder tracking;
    try {
      study = start.study();
      tracking =
          new StudyRecorder(
              given, journal, job, FineTuning.SETTINGS, output, spark, study.history());
    } catch (IOException | RuntimeException | Error e) {
      journal.tracker().close();
      throw e;
    }
    search(study, tracking);
  }

  private void search(Study study, StudyRecorder tracking) throws IOException {
    try (tracking) {
      try {
        TrialFolders folders = new TrialFolders(output, study);
        StudyOutput files =
            new StudyOutput(given, FineTuning.SETTINGS, output, study, slots, tracking::addresses);
        String enough = trials(study, folders, tracking, files);
        finish(study, folders, tracking, enough);
      } catch (IOException | RuntimeException | Error e) {
        tracking.failed(e);
        throw e;
      }
    }
    // Before it is closed, what a server gets last is still on its way.
    tracking.report(console);
    if (isFineTuning()) {
      console.line(
          "%nTo fine-tune with the best setting:%n  %s",
          Console.command(
              "fine-tune", "--conf", output.path(StudyOutput.BEST), "output=runs/best"));
    }
  }

  private String trials(
      Study study, TrialFolders folders, StudyRecorder tracking, StudyOutput files)
      throws IOException {
    console.line(
        "%nSearching %s for the best %s: %d trials, %d at a time, sampler %s, pruner %s",
        String.join(", ", study.plan().space().names()),
        goal.metric(),
        study.limit(),
        slots,
        tune.sampler(),
        tune.pruner());
    int settings = study.plan().sampler().size(study.plan().space());
    if (tune.sampler().equals("grid") && settings > study.limit()) {
      console.line(
          "The grid has %d settings: tune.n_trials=%d leaves %d of them out",
          settings, tune.nTrials(), settings - study.limit());
    }
    Objective objective =
        usersObjective.orElseGet(
            () ->
                new FineTuneTrials(
                    config, spark.sparkContext(), goal, examples, folders, tracking));
    StudyRunner.Budget budget =
        new StudyRunner.Budget(
            Duration.ofSeconds(tune.timeout()),
            Duration.ofSeconds(tune.trialTimeout()),
            tune.patience(),
            GRACE);
    try (StudyProgress progress = new StudyProgress(console, study, slots)) {
      String enough =
          StudyRunner.run(
              study,
              objective,
              slots,
              budget,
              new Listeners(List.of(tracking, progress, files), folders),
              Failures::reason,
              () -> spark.sparkContext().isStopped() || ShutdownHookManager.inShutdown());
      files.write();
      return enough;
    } catch (RuntimeException | Error e) {
      // Of a study that fails, the page is what says why.
      files.writeIfPossible();
      throw e;
    }
  }

  /** Each hears of a trial in turn; the folders of a trial go last. */
  private record Listeners(List<StudyRunner.Listener> listeners, TrialFolders folders)
      implements StudyRunner.Listener {
    @Override
    public void began(Trial trial) {
      listeners.forEach(listener -> listener.began(trial));
    }

    @Override
    public void ended(FrozenTrial trial, Optional<Objective.Result> result) {
      listeners.forEach(listener -> listener.ended(trial, result));
      folders.ended(trial);
    }
  }

  private void finish(Study study, TrialFolders folders, StudyRecorder tracking, String enough)
      throws IOException {
    FrozenTrial best =
        study
            .history()
            .best()
            .orElseThrow(
                () ->
                    new UserException(
                        "no trial has a value that counts (%s complete, %s pruned, %s failed): see %s"
                            .formatted(
                                study.history().in(TrialState.COMPLETE).size(),
                                study.history().in(TrialState.PRUNED).size(),
                                study.history().in(TrialState.FAILED).size(),
                                output.path(StudyOutput.REPORT))));
    console.line("%n%s%s", enough.isEmpty() ? "" : "Ended since " + enough + ". ", counts(study));
    console.line("best: trial %d, %s %.4f", best.number(), goal.metric(), best.value());
    best.params().forEach((name, value) -> console.line("  %s = %s", name, value));
    if (goal.metrics().size() > 1) {
      console.line("Pareto front: %s", front(study));
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (isFineTuning()) {
      metrics.putAll(model(best, folders));
      PipelineData.writeRejected(examples.data(config), console, output.path("rejected_rows"));
    }
    tracking.result(study.history(), goal.metric(), metrics);
    places();
  }

  private static String front(Study study) {
    return ParetoFront.of(study.history()).stream()
        .map(
            trial ->
                "trial "
                    + trial.number()
                    + " "
                    + trial.values().stream()
                        .map(value -> String.format(Locale.ROOT, "%.4g", value))
                        .collect(Collectors.joining(", ", "(", ")")))
        .collect(Collectors.joining("; "));
  }

  private static String counts(Study study) {
    return "%s trials: %s complete, %s pruned, %s failed"
        .formatted(
            study.history().trials().size(),
            study.history().in(TrialState.COMPLETE).size(),
            study.history().in(TrialState.PRUNED).size(),
            study.history().in(TrialState.FAILED).size());
  }

  private void places() throws IOException {
    console.line("%nstudy          %s", output.path(StudyOutput.STUDY));
    console.line("best setting   %s", output.path(StudyOutput.BEST));
    console.line("page           %s", output.path(StudyOutput.REPORT));
    if (output.exists("model")) {
      console.line("model          %s", output.path("model"));
    }
  }

  /** Puts the model into the output, and tests it where there are test rows. */
  private Map<String, Double> model(FrozenTrial best, TrialFolders folders) throws IOException {
    Settings setting = config.with(best.params());
    PreparedData data = examples.data(setting);
    Optional<String> kept = folders.bestModel();
    output.delete("model");
    ClassifierPipeline pipeline;
    if (kept.isPresent() && !tune.refit()) {
      output.rename(kept.get(), "model");
      boolean pairs = setting.get(PipelineData.SCHEMA).textPair().isPresent();
      pipeline = ClassifierPipeline.load(spark, output.path("model"), pairs);
    } else {
      pipeline = train(setting, data);
      pipeline.save(output.path("model"));
    }
    output.delete(TrialFolders.TRIALS);
    Optional<Metrics> test = data.test().map(pipeline::evaluate);
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (test.isPresent()) {
      metrics.putAll(test.get().toMap(Stage.TEST.prefix()));
      output.writeJson("metrics.json", metrics);
      FineTuning.writeReport(output, test.get(), pipeline.labels());
      console.text("\nTest\n\n" + test.get().report(pipeline.labels()).summary());
    }
    return metrics;
  }

  private ClassifierPipeline train(Settings setting, PreparedData data) {
    Dataset<Row> examples = data.examples();
    if (tune.refit()) {
      examples = examples.drop(ExampleColumns.IS_VALIDATION);
    }
    console.line("%nTraining the best setting once more");
    try (ProgressBar bar = new ProgressBar(console)) {
      return ClassifierPipeline.fit(
          examples,
          setting.get(FineTuning.MODEL),
          setting.get(FineTuning.TRAINING),
          given.get(FineTuning.RESOURCES),
          bar);
    }
  }

  /** Lets go of the examples. */
  @Override
  public void close() {
    examples.close();
  }
}
