package org.sparkfinetune.study;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code tune} takes beside what a fine-tuning does. */
public record TuneArguments(
    @Key(
            doc =
                "The search space: below it any key of training, model or data, with a list of values,"
                    + " or {low, high} and, if wanted, log=true or step, or {choices}; and when={KEY=VALUE}"
                    + " where the parameter is only there if another one has a value.",
            defaultValue = "")
        String space,
    @Key(
            doc =
                "Settings to try first: a list of objects with values for some or all parameters of the"
                    + " search space.",
            defaultValue = "")
        String enqueue,
    @Key(
            doc =
                "What is searched for: metrics of the evaluation (accuracy, f1, loss, ...) or of the"
                    + " training (train_runtime, train_samples_per_second, ...), the first of which"
                    + " picks the best trial; several, with commas between them, make a Pareto front;"
                    + " auto is training.metric_for_best_model.",
            defaultValue = "auto")
        String metric,
    @Key(
            doc =
                "minimize or maximize, one for each metric, with commas between them; auto is what"
                    + " docs/metrics.md says of the metric.",
            defaultValue = "auto")
        String direction,
    @Key(
            doc =
                "What a trial must meet to be the best, as in 'eval_loss <= 0.5, train_runtime <= 600';"
                    + " with commas between them.",
            defaultValue = "")
        String constraints,
    @Key(
            doc = "Trials in all, those of tune.enqueue among them; a grid ends by itself.",
            defaultValue = "20",
            min = 1)
        int nTrials,
    @Key(doc = "Seconds after which no trial begins; 0 for no limit.", defaultValue = "0", min = 0)
        int timeout,
    @Key(
            doc = "Seconds after which a trial is ended, and has failed; 0 for no limit.",
            defaultValue = "0",
            min = 0)
        int trialTimeout,
    @Key(
            doc =
                "Trials without a better one after which no other begins, failed ones not counted; 0"
                    + " for no limit.",
            defaultValue = "0",
            min = 0)
        int patience,
    @Key(
            doc =
                "Trials that run at the same time, each with resources.num_workers tasks. 0 takes as"
                    + " many as the cluster has slots for; on a local master, whose trials share one"
                    + " process, at most 2, and on its GPU 1.",
            defaultValue = "0",
            min = 0)
        int parallelism,
    @Key(
            doc =
                "How the next setting is chosen: tpe (learns from the trials so far), random, sobol"
                    + " (spreads evenly), grid (all combinations).",
            defaultValue = "tpe",
            choices = {"tpe", "random", "sobol", "grid"})
        String sampler,
    @Key(doc = "tpe: trials at random before it learns.", defaultValue = "10", min = 1)
        int nStartupTrials,
    @Key(
            doc =
                "tpe: whether parameters are seen together, not each for itself; auto: with one metric"
                    + " they are, with several not.",
            defaultValue = "auto",
            choices = {"auto", "true", "false"})
        String multivariate,
    @Key(doc = "Seed of the choices.", defaultValue = "42") long seed,
    @Key(
            doc =
                "Which trials are stopped before their end, by what they have reached at an evaluation:"
                    + " none, median, percentile, asha (successive halving), hyperband.",
            defaultValue = "none",
            choices = {"none", "median", "percentile", "asha", "hyperband"})
        String pruner,
    @Key(
            doc = "median, percentile: complete trials before any is stopped.",
            defaultValue = "5",
            min = 0)
        int prunerStartupTrials,
    @Key(
            doc = "median, percentile: evaluations of a trial before it may be stopped.",
            defaultValue = "0",
            min = 0)
        int prunerWarmupSteps,
    @Key(
            doc = "percentile: the share of trials, in percent, that go on.",
            defaultValue = "25",
            min = 0,
            max = 100)
        double prunerPercentile,
    @Key(
            doc = "asha, hyperband: evaluations before a trial may be stopped.",
            defaultValue = "1",
            min = 1)
        int minResource,
    @Key(
            doc =
                "asha, hyperband: of so many trials one goes on, at least 2; 0 means 4 for asha, 3 for"
                    + " hyperband.",
            defaultValue = "0",
            min = 0)
        int reductionFactor,
    @Key(
            doc =
                "Evaluations without a better value that a trial is given before the pruner is asked;"
                    + " 0 always asks.",
            defaultValue = "0",
            min = 0)
        int prunerPatience,
    @Key(
            doc =
                "Folds of a cross-validation: each trial trains so many times on the training and"
                    + " validation rows, and its value is the mean; at least 2, or 0, which uses the"
                    + " validation rows.",
            defaultValue = "0",
            min = 0)
        int folds,
    @Key(
            doc =
                "Whether the best setting is trained once more, on the training and the validation"
                    + " rows, for the model; else it is that of the best trial.",
            defaultValue = "false")
        boolean refit,
    @Key(
            doc =
                "A class of the user's own, on the class path, that tries a setting in place of the"
                    + " fine-tuning: it implements org.sparkfinetune.tune.Objective and has a constructor"
                    + " without arguments. tune.constraints, tune.folds and tune.refit are not for it. When"
                    + " not set, trials fine-tune.",
            defaultValue = "")
        String objective) {
  public static final Schema<TuneArguments> SCHEMA = Schema.of("tune", TuneArguments.class);

  /** Values by whole key, as {@code tune.seed}, of those by name. */
  static Map<String, Object> wholeKeys(Map<String, Object> values) {
    Map<String, Object> whole = new LinkedHashMap<>();
    values.forEach((name, value) -> whole.put(SCHEMA.section() + "." + name, value));
    return whole;
  }
}
