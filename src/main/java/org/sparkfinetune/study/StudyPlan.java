package org.sparkfinetune.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.finetune.TrainingSlots;
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
        parts.objective().isPresent() ? parts.objective() : UserObjective.of(tune);
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
            parts.sampler().orElseGet(() -> Samplers.of(tune)),
            parts.pruner().orElseGet(() -> Pruners.of(tune, goal, name)),
            tune.nTrials());
    int slots = slots(given, tune, spark, plan);
    Settings recorded = objective.isEmpty() ? withMetric(given, goal) : given;
    List<Map<String, Object>> enqueued = TuneSpace.enqueued(tune.enqueue(), FineTuneSchema.KEYS);
    Study.check(plan, enqueued);
    return new StudyPlan(
        recorded,
        TrainingSlots.withThreads(recorded, spark, slots),
        goal,
        plan,
        enqueued,
        objective,
        slots);
  }

  /** How many trials run at once. */
  private static int slots(
      Settings settings, TuneArguments tune, SparkContext spark, StudyDefinition plan) {
    int slots = TrainingSlots.of(settings, spark, tune.parallelism(), "tune.parallelism", "trials");
    return Math.max(
        1, Math.min(slots, Math.min(plan.nTrials(), plan.sampler().size(plan.space()))));
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
}
