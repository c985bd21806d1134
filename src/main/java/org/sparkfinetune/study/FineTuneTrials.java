package org.sparkfinetune.study;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.apache.spark.SparkContext;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ClassifierTraining;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.runs.LogRelay;
import org.sparkfinetune.runs.MetricsLogger;
import org.sparkfinetune.train.EvaluationArguments;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingResult;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Trial;

/**
 * Trials that fine-tune, each by Spark jobs of a group of its own: ending the group ends the trial,
 * on whichever executors it is.
 */
final class FineTuneTrials implements Objective {
  private final Settings config;
  private final SparkContext spark;
  private final Objectives goal;
  private final SharedExamples examples;
  private final TrialFolders folders;
  private final StudyRecorder tracking;

  /**
   * @param config what is the same in all trials
   */
  FineTuneTrials(
      Settings config,
      SparkContext spark,
      Objectives goal,
      SharedExamples examples,
      TrialFolders folders,
      StudyRecorder tracking) {
    this.config = config;
    this.spark = spark;
    this.goal = goal;
    this.examples = examples;
    this.folders = folders;
    this.tracking = tracking;
  }

  @Override
  public Result evaluate(Trial trial) throws IOException {
    Settings setting = config.with(trial.params());
    String group = "spark-finetune trial " + trial.number() + " " + UUID.randomUUID();
    spark.setJobGroup(group, "trial " + trial.number(), true);
    trial.onStop(
        () -> {
          if (!spark.isStopped()) {
            spark.cancelJobGroup(group);
          }
        });
    try {
      List<ClassifierTraining> folds = examples.of(setting);
      List<Map<String, Double>> measured = new ArrayList<>();
      for (int fold = 0; fold < folds.size(); fold++) {
        measured.add(train(trial, setting, folds, fold));
        if (folds.size() > 1 && goal.isSeenOnTheWay()) {
          trial.report(fold + 1, mean(measured).get(goal.metric()));
        }
      }
      return goal.result(mean(measured));
    } finally {
      trial.onStop(() -> {});
      spark.clearJobGroup();
    }
  }

  private Map<String, Double> train(
      Trial trial, Settings setting, List<ClassifierTraining> folds, int fold) throws IOException {
    // There may have been no Spark job to cancel when the trial was told to stop.
    if (trial.isStopped()) {
      throw new CancellationException("trial " + trial.number() + " was told to stop");
    }
    boolean whole = folds.size() == 1;
    TrainingArguments training =
        training(setting, folders.checkpoints(trial.number(), whole ? "" : "-" + fold));
    MetricsLogger log = new MetricsLogger(tracking.trial(trial.number()));
    LogRelay relay =
        new LogRelay(
            entry -> {
              if (whole) {
                log.accept(entry);
                report(trial, training, entry);
              }
            });
    ClassifierPipeline pipeline =
        folds
            .get(fold)
            .fit(
                setting.get(FineTuneSchema.MODEL),
                training,
                setting.get(FineTuneSchema.RESOURCES),
                relay);
    if (fold == folds.size() - 1) {
      // It has its value: who tells it to stop now must not take its model away.
      trial.onStop(() -> {});
    }
    TrainingResult result = pipeline.trainingResult();
    relay.finish(result.logHistory());
    if (whole) {
      folders.offer(trial.number(), goal.result(result.metrics()), pipeline, setting);
    }
    return result.metrics();
  }

  /**
   * What has been spent is counted in evaluations: steps are not alike in trials of other batches.
   */
  private void report(Trial trial, TrainingArguments training, LogEntry entry) {
    Double value = entry.values().get(goal.metric());
    if (value == null || !goal.isSeenOnTheWay()) {
      return;
    }
    EvaluationArguments evaluation = training.evaluation();
    double count =
        evaluation.evalStrategy() == IntervalStrategy.STEPS
            ? (double) entry.step() / evaluation.evalSteps()
            : entry.epoch();
    trial.report((int) Math.max(1, Math.ceil(count - 1e-6)), value);
  }

  /** With a folder for its checkpoints, from which it goes on where there is one. */
  private static TrainingArguments training(Settings setting, String checkpoints) {
    TrainingArguments training = setting.get(FineTuneSchema.TRAINING);
    Map<String, Object> values = FineTuneSchema.TRAINING.values(training);
    if (training.checkpoint().saveStrategy() != IntervalStrategy.NO) {
      values.put("checkpoint_dir", checkpoints);
      values.put("resume", true);
    }
    return FineTuneSchema.TRAINING.create(values);
  }

  /** Of the folds, what all of them measured. */
  private static Map<String, Double> mean(List<Map<String, Double>> measured) {
    Map<String, Double> mean = new LinkedHashMap<>();
    measured
        .get(0)
        .keySet()
        .forEach(
            name -> {
              if (measured.stream().allMatch(fold -> fold.get(name) != null)) {
                mean.put(
                    name,
                    measured.stream().mapToDouble(fold -> fold.get(name)).average().orElseThrow());
              }
            });
    return mean;
  }
}
