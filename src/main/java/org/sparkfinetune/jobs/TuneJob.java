package org.sparkfinetune.jobs;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.distributed.DeviceType;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.study.Objectives;
import org.sparkfinetune.study.SamplerFactory;
import org.sparkfinetune.study.StudyOutput;
import org.sparkfinetune.study.TrialFolders;
import org.sparkfinetune.study.TuneArguments;
import org.sparkfinetune.study.TuneChecks;
import org.sparkfinetune.study.TuneSession;
import org.sparkfinetune.study.TuneSpace;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyStorage;

/** Searches for the best settings of a fine-tuning. */
public final class TuneJob implements Job {
  private static final SettingKeys KEYS =
      SettingKeys.of(StudyArguments.SCHEMA)
          .and(TuneArguments.SCHEMA)
          .and(CommonArguments.SCHEMA)
          .and(FineTuning.SETTINGS)
          .and(TrackingArguments.SCHEMA);

  /** What it writes into the folder, beside those of the trials. */
  private static final List<String> FILES =
      List.of(
          StudyOutput.STUDY,
          StudyOutput.BEST,
          StudyOutput.REPORT,
          "model",
          "metrics.json",
          "report.txt",
          "confusion_matrix.csv",
          ClassScoresFile.NAME,
          "rejected_rows");

  @Override
  public String name() {
    return "tune";
  }

  @Override
  public String summary() {
    return "Searches for the settings with which a fine-tuning does best: trials run at the same time"
        + " over the cluster, each is recorded, and the best one's settings and model are written"
        + " into one folder.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/tune --conf conf/tune/tpe.conf data.train=train.csv output=runs/study",
        "jobs/tune --conf conf/tune/bert-small-grid.conf data.train=t.csv output=runs/grid",
        "jobs/tune --conf conf/tune/tpe.conf data.train=train.csv output=runs/study resume=true");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> structures() {
    return List.of("tune.space", "tune.enqueue");
  }

  @Override
  public List<String> required() {
    return List.of("output");
  }

  @Override
  public void run(Settings given, SparkSession spark, Console console) throws Exception {
    TuneArguments tune = given.get(TuneArguments.SCHEMA);
    TuneChecks.check(tune);
    StudyArguments arguments = given.get(StudyArguments.SCHEMA);
    if (tune.objective().isEmpty()) {
      given.require("data.train");
    }
    Objectives goal = goal(given, tune);
    Study.Plan plan = plan(given, tune, goal, arguments.output());
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    int slots = slots(given, tune, spark.sparkContext(), plan);
    Settings recorded = tune.objective().isEmpty() ? withMetric(given, goal) : given;
    Settings config = withThreads(recorded, spark.sparkContext(), slots);
    List<Map<String, Object>> enqueued = TuneSpace.enqueued(tune.enqueue(), FineTuning.SETTINGS);
    Study.check(plan, enqueued);
    try (StudyStorage file =
        StudyStorage.open(new Path(arguments.output(), StudyOutput.STUDY), hadoop)) {
      boolean resume = arguments.resume() && file.exists();
      OutputDirectory output =
          OutputDirectory.open(
              arguments.output(),
              given.get(CommonArguments.SCHEMA).overwrite() || resume,
              FILES,
              hadoop);
      output.requireOwn(TrialFolders.TRIALS, TrialFolders::isOfATrial);
      try (TuneSession run =
          new TuneSession(name(), recorded, config, goal, slots, output, spark, console)) {
        run.prepare();
        run.search(
            () -> {
              if (resume) {
                return Study.resume(plan, file);
              }
              output.clear(FILES);
              output.delete(TrialFolders.TRIALS);
              return Study.begin(plan, enqueued, file);
            });
      }
    }
  }

  private static Objectives goal(Settings config, TuneArguments tune) {
    return Objectives.of(
        tune,
        config.get(FineTuning.TRAINING).evaluation(),
        config.get(FineTuning.MODEL).problemType());
  }

  private static Study.Plan plan(
      Settings config, TuneArguments tune, Objectives goal, String output) {
    String name = new Path(output).getName();
    return new Study.Plan(
        name,
        goal.metrics(),
        goal.directions(),
        TuneSpace.parse(tune.space(), FineTuning.SETTINGS),
        SamplerFactory.sampler(tune),
        SamplerFactory.pruner(tune, goal, name),
        tune.nTrials());
  }

  /**
   * How many trials run at once.
   *
   * @throws UserException when there are no slots for so many
   */
  private static int slots(
      Settings config, TuneArguments tune, SparkContext spark, Study.Plan plan) {
    int there =
        DistributedTrainer.atOnce(
            spark, config.get(FineTuning.TRAINING), config.get(FineTuning.RESOURCES));
    if (spark.isLocal()) {
      there /= Math.max(1, config.get(FineTuning.RESOURCES).threadsPerWorker());
    }
    if (tune.parallelism() > there) {
      throw new UserException(
          "tune.parallelism=%s is not allowed: there are slots for %s trials of %s workers at once. Give the application more executors, or set tune.parallelism=%s"
              .formatted(
                  tune.parallelism(), there, config.get(FineTuning.RESOURCES).numWorkers(), there));
    }
    int slots = tune.parallelism() > 0 ? tune.parallelism() : byDefault(config, spark, there);
    return Math.max(
        1, Math.min(slots, Math.min(plan.nTrials(), plan.sampler().size(plan.space()))));
  }

  /** Trials of a local master share its memory, and its GPU, which they do only if asked to. */
  private static int byDefault(Settings config, SparkContext spark, int there) {
    if (!spark.isLocal()) {
      return there;
    }
    boolean gpu = config.get(FineTuning.RESOURCES).device() == DeviceType.CUDA;
    return Math.min(gpu ? 1 : 2, there);
  }

  /** Of each trial's epochs the one is kept that is best by what is searched for. */
  private static Settings withMetric(Settings config, Objectives goal) {
    String key = "training.metric_for_best_model";
    Optional<Metric> metric =
        MetricName.of(goal.metric())
            .filter(name -> name.stage() == Stage.EVAL && name.metric().tellsTheBest())
            .map(MetricName::metric);
    return config.value(key).equals("auto") && metric.isPresent()
        ? config.with(Map.of(key, metric.get().key()))
        : config;
  }

  /** With the share of this machine that a trial gets, which is of no use on another. */
  private static Settings withThreads(Settings config, SparkContext spark, int slots) {
    String threads = "resources.threads_per_worker";
    if (spark.isLocal() && config.value(threads).equals(0)) {
      // They share this process, where a training that is alone takes all cores.
      int cores = Math.min(spark.defaultParallelism(), Runtime.getRuntime().availableProcessors());
      int tasks = slots * config.get(FineTuning.RESOURCES).numWorkers();
      return config.with(Map.of(threads, Math.max(1, cores / tasks)));
    }
    return config;
  }
}
