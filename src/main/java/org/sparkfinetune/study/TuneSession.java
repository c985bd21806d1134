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
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.finetune.EvaluationResult;
import org.sparkfinetune.finetune.Preflight;
import org.sparkfinetune.finetune.Results;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ClassifierTraining;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.ParetoFront;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyRunner;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.TrialState;

/** From a study to its best model in a folder, with the figures beside it. */
final class TuneSession implements AutoCloseable {
  /** What a training takes at most to end when Spark has cancelled its tasks. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final String program;
  private final StudyPlan planned;
  private final Settings recorded;
  private final Settings config;
  private final TuneArguments tune;
  private final Objectives goal;
  private final OutputDirectory output;
  private final SparkSession spark;
  private final Console console;
  private final SharedExamples examples;

  /** What makes a study, once all that may be wrong with its settings has been looked at. */
  @FunctionalInterface
  interface Start {
    /** Begins a study in the output, or goes on with the one that is there. */
    Study study() throws IOException;
  }

  /**
   * @param program that the record names; empty for one of the user's
   */
  TuneSession(
      String program,
      StudyPlan planned,
      OutputDirectory output,
      SparkSession spark,
      Console console) {
    this.program = program;
    this.planned = planned;
    this.output = output;
    this.spark = spark;
    this.console = console;
    recorded = planned.recorded();
    config = planned.common();
    goal = planned.goal();
    tune = config.get(TuneArguments.SCHEMA);
    examples = new SharedExamples(spark, tune.folds());
  }

  private boolean isFineTuning() {
    return planned.objective().isEmpty();
  }

  /** Reads and tokenizes what all trials share: what is wrong with it is wrong with all of them. */
  void prepare() {
    if (isFineTuning()) {
      Preflight.check(config, spark);
      ExampleSplits data = examples.data(config);
      console.text(data.report().render() + "\n");
      goal.checkRows(data.validation().isPresent() || tune.folds() > 0);
      examples.of(config);
    }
  }

  /**
   * Runs the trials, and writes what came of them.
   *
   * @param start not called unless the record can be written, which one process alone can
   */
  StudyResult search(Start start) throws IOException {
    RunJournal journal = new RunJournal(recorded, output, spark.sessionState().newHadoopConf());
    Study study;
    StudyRecorder tracking;
    try {
      study = start.study();
      tracking =
          new StudyRecorder(
              recorded, journal, program, FineTuneSchema.KEYS, output, spark, study.history());
    } catch (IOException | RuntimeException | Error e) {
      journal.tracker().close();
      throw e;
    }
    StudyResult result;
    try (tracking) {
      try {
        TrialFolders folders = new TrialFolders(output, study);
        StudyOutput files =
            new StudyOutput(
                recorded, FineTuneSchema.KEYS, output, study, planned.slots(), tracking::addresses);
        String enough = trials(study, folders, tracking, files);
        result = finish(study, folders, tracking, enough);
      } catch (IOException | RuntimeException | Error e) {
        tracking.failed(e);
        throw e;
      }
    }
    // Before it is closed, what a server gets last is still on its way.
    return result.with(tracking.recorded());
  }

  private String trials(
      Study study, TrialFolders folders, StudyRecorder tracking, StudyOutput files)
      throws IOException {
    console.line(
        "%nSearching %s for the best %s: %d trials, %d at a time, sampler %s, pruner %s",
        String.join(", ", study.plan().space().names()),
        goal.metric(),
        study.limit(),
        planned.slots(),
        recorded.value("tune.sampler"),
        recorded.value("tune.pruner"));
    int settings = study.plan().sampler().size(study.plan().space());
    if (settings < Integer.MAX_VALUE && settings > study.limit()) {
      console.line(
          "The grid has %d settings: tune.n_trials=%d leaves %d of them out",
          settings, tune.nTrials(), settings - study.limit());
    }
    Objective objective =
        planned
            .objective()
            .orElseGet(
                () ->
                    new FineTuneTrials(
                        config, spark.sparkContext(), goal, examples, folders, tracking));
    StudyRunner.Budget budget =
        new StudyRunner.Budget(
            Duration.ofSeconds(tune.timeout()),
            Duration.ofSeconds(tune.trialTimeout()),
            tune.patience(),
            GRACE);
    try (StudyProgress progress = new StudyProgress(console, study, planned.slots())) {
      String enough =
          StudyRunner.run(
              study,
              objective,
              planned.slots(),
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

  private StudyResult finish(
      Study study, TrialFolders folders, StudyRecorder tracking, String enough) throws IOException {
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
                                output.path(OutputFiles.PAGE))));
    console.line("%n%s%s", enough.isEmpty() ? "" : "Ended since " + enough + ". ", counts(study));
    console.line("best: trial %d, %s %.4f", best.number(), goal.metric(), best.value());
    best.params().forEach((name, value) -> console.line("  %s = %s", name, value));
    if (goal.metrics().size() > 1) {
      console.line("Pareto front: %s", front(study));
    }
    Optional<ClassifierPipeline> pipeline = Optional.empty();
    Optional<EvaluationResult> test = Optional.empty();
    if (isFineTuning()) {
      Settings setting = config.with(best.params());
      ExampleSplits data = examples.data(setting);
      ClassifierPipeline model = model(setting, data, folders);
      pipeline = Optional.of(model);
      test = data.test().map(rows -> Results.evaluate(model, rows));
      if (test.isPresent()) {
        output.writeJson(OutputFiles.METRICS, test.get().metrics());
        Results.writeReport(test.get(), output);
        console.text("\nTest\n\n" + test.get().summary());
      }
      Results.writeRejected(examples.data(config), output, console);
    }
    tracking.result(
        study.history(), goal.metric(), test.map(EvaluationResult::metrics).orElse(Map.of()));
    return new StudyResult(
        study.history(), best, pipeline.map(Results::classifier), test, places(), Optional.empty());
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

  /** What is in the output, by its name there. */
  private Map<String, String> places() throws IOException {
    Map<String, String> places = new LinkedHashMap<>();
    for (String name : OutputFiles.OF_STUDY) {
      if (output.exists(name)) {
        places.put(name, output.path(name));
      }
    }
    return places;
  }

  /** Puts the model into the output. */
  private ClassifierPipeline model(Settings setting, ExampleSplits data, TrialFolders folders)
      throws IOException {
    Optional<String> kept = folders.bestModel();
    output.delete(OutputFiles.MODEL);
    ClassifierPipeline pipeline;
    if (kept.isPresent() && !tune.refit()) {
      output.rename(kept.get(), OutputFiles.MODEL);
      boolean pairs = setting.get(DataArguments.SCHEMA).textPair().isPresent();
      pipeline = ClassifierPipeline.load(spark, output.path(OutputFiles.MODEL), pairs);
    } else {
      pipeline = train(setting, data);
      pipeline.save(output.path(OutputFiles.MODEL));
    }
    output.delete(OutputFiles.TRIALS);
    return pipeline;
  }

  private ClassifierPipeline train(Settings setting, ExampleSplits data) {
    Dataset<Row> examples = data.examples();
    if (tune.refit()) {
      examples = examples.drop(ExampleColumns.IS_VALIDATION);
    }
    console.line("%nTraining the best setting once more");
    try (ProgressBar bar = new ProgressBar(console)) {
      return ClassifierTraining.fit(
          examples,
          setting.get(FineTuneSchema.MODEL),
          setting.get(FineTuneSchema.TRAINING),
          recorded.get(FineTuneSchema.RESOURCES),
          bar);
    }
  }

  /** Lets go of the examples. */
  @Override
  public void close() {
    examples.close();
  }
}
