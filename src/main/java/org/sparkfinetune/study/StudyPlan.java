package org.sparkfinetune.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.distributed.DeviceType;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyDefinition;

/**
 * All that is known of a study before anything is read or written.
 *
 * @param recorded the settings that are recorded of all trials, on whichever machine they run
 * @param common the settings that all trials have here
 * @param enqueued settings to try first
 * @param objective the user's own; empty where trials fine-tune
 * @param slots how many trials run at once
 */
record StudyPlan(
    Settings recorded,
    Settings common,
    Objectives goal,
    StudyDefinition plan,
    List<Map<String, Object>> enqueued,
    Optional<Objective> objective,
    int slots) {
  private static final String THREADS = "resources.threads_per_worker";
  private static final String METRIC = "training.metric_for_best_model";

  /** What the user has made himself, in the place of what settings name. */
  record Parts(Optional<Sampler> sampler, Optional<Pruner> pruner, Optional<Objective> objective) {}

  /**
   * Makes a plan of settings.
   *
   * @throws UserException when they cannot work, or there are no slots for so many trials
   */
  static StudyPlan of(Settings given, Parts parts, String output, SparkContext spark) {
    TuneArguments tune = given.get(TuneArguments.SCHEMA);
    TuneChecks.check(tune);
    Optional<Objective> objective =
        parts.objective().isPresent() ? parts.objective() : SamplerFactory.objective(tune);
    Objectives goal =
        Objectives.of(
            tune,
            given.get(FineTuneSchema.TRAINING).evaluation(),
            given.get(FineTuneSchema.MODEL).problemType());
    String name = new Path(output).getName();
    StudyDefinition plan =
        new StudyDefinition(
            name,
            goal.metrics(),
            goal.directions(),
            TuneSpace.parse(tune.space(), FineTuneSchema.KEYS),
            parts.sampler().orElseGet(() -> SamplerFactory.sampler(tune)),
            parts.pruner().orElseGet(() -> SamplerFactory.pruner(tune, goal, name)),
            tune.nTrials());
    int slots = slots(given, tune, spark, plan);
    Settings recorded = objective.isEmpty() ? withMetric(given, goal) : given;
    List<Map<String, Object>> enqueued = TuneSpace.enqueued(tune.enqueue(), FineTuneSchema.KEYS);
    Study.check(plan, enqueued);
    return new StudyPlan(
        recorded, withThreads(recorded, spark, slots), goal, plan, enqueued, objective, slots);
  }

  /** How many trials run at once. */
  private static int slots(
      Settings settings, TuneArguments tune, SparkContext spark, StudyDefinition plan) {
    ResourceArguments resources = settings.get(FineTuneSchema.RESOURCES);
    int there = DistributedTrainer.atOnce(spark, settings.get(FineTuneSchema.TRAINING), resources);
    if (spark.isLocal()) {
      there /= Math.max(1, resources.threadsPerWorker());
    }
    if (tune.parallelism() > there) {
      throw new UserException(
          "tune.parallelism=%s is not allowed: there are slots for %s trials of %s workers at once. Give the application more executors, or set tune.parallelism=%s"
              .formatted(tune.parallelism(), there, resources.numWorkers(), there));
    }
    int slots = tune.parallelism() > 0 ? tune.parallelism() : byDefault(resources, spark, there);
    return Math.max(
        1, Math.min(slots, Math.min(plan.nTrials(), plan.sampler().size(plan.space()))));
  }

  /** Trials of a local master share its memory, and its GPU, which they do only if asked to. */
  private static int byDefault(ResourceArguments resources, SparkContext spark, int there) {
    if (!spark.isLocal()) {
      return there;
    }
    return Math.min(resources.device() == DeviceType.CUDA ? 1 : 2, there);
  }

  /** Of each trial's epochs the one is kept that is best by what is searched for. */
  private static Settings withMetric(Settings settings, Objectives goal) {
    Optional<Metric> metric =
        MetricName.of(goal.metric())
            .filter(name -> name.stage() == Stage.EVAL && name.metric().tellsTheBest())
            .map(MetricName::metric);
    return settings.value(METRIC).equals("auto") && metric.isPresent()
        ? settings.with(Map.of(METRIC, metric.get().key()))
        : settings;
  }

  /** With the share of this machine that a trial gets, which is of no use on another. */
  private static Settings withThreads(Settings settings, SparkContext spark, int slots) {
    if (spark.isLocal() && settings.value(THREADS).equals(0)) {
      // They share this process, where a training that is alone takes all cores.
      int cores = Math.min(spark.defaultParallelism(), Runtime.getRuntime().availableProcessors());
      int tasks = slots * settings.get(FineTuneSchema.RESOURCES).numWorkers();
      return settings.with(Map.of(THREADS, Math.max(1, cores / tasks)));
    }
    return settings;
  }
}
