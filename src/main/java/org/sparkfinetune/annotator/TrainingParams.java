package org.sparkfinetune.annotator;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.sparkfinetune.train.CheckpointArguments;
import org.sparkfinetune.train.EvaluationArguments;
import org.sparkfinetune.train.TrainingArguments;

/**
 * An accessor and a setter for each key of {@link TrainingArguments} itself, of {@link
 * EvaluationArguments} and of {@link CheckpointArguments}.
 */
public abstract class TrainingParams extends OptimizationParams {
  private static final long serialVersionUID = 1L;

  TrainingParams(PendingUid uid) {
    super(uid);
  }

  /** See {@link TrainingArguments#numTrainEpochs}. */
  public IntParam numTrainEpochs() {
    return settings.get(IntParam.class, "num_train_epochs");
  }

  /** Sets {@link #numTrainEpochs}. */
  public TransformerClassifierApproach setNumTrainEpochs(int value) {
    return setOwn("num_train_epochs", value);
  }

  /** See {@link TrainingArguments#perDeviceTrainBatchSize}. */
  public IntParam perDeviceTrainBatchSize() {
    return settings.get(IntParam.class, "per_device_train_batch_size");
  }

  /** Sets {@link #perDeviceTrainBatchSize}. */
  public TransformerClassifierApproach setPerDeviceTrainBatchSize(int value) {
    return setOwn("per_device_train_batch_size", value);
  }

  /** See {@link TrainingArguments#perDeviceEvalBatchSize}. */
  public IntParam perDeviceEvalBatchSize() {
    return settings.get(IntParam.class, "per_device_eval_batch_size");
  }

  /** Sets {@link #perDeviceEvalBatchSize}. */
  public TransformerClassifierApproach setPerDeviceEvalBatchSize(int value) {
    return setOwn("per_device_eval_batch_size", value);
  }

  /** See {@link TrainingArguments#precision}. */
  public Param<String> precision() {
    return settings.string("precision");
  }

  /** Sets {@link #precision}. */
  public TransformerClassifierApproach setPrecision(String value) {
    return setOwn("precision", value);
  }

  /** See {@link TrainingArguments#groupByLength}. */
  public BooleanParam groupByLength() {
    return settings.get(BooleanParam.class, "group_by_length");
  }

  /** Sets {@link #groupByLength}. */
  public TransformerClassifierApproach setGroupByLength(boolean value) {
    return setOwn("group_by_length", value);
  }

  /** See {@link TrainingArguments#loggingSteps}. */
  public IntParam loggingSteps() {
    return settings.get(IntParam.class, "logging_steps");
  }

  /** Sets {@link #loggingSteps}. */
  public TransformerClassifierApproach setLoggingSteps(int value) {
    return setOwn("logging_steps", value);
  }

  /** See {@link TrainingArguments#seed}. */
  public LongParam seed() {
    return settings.get(LongParam.class, "seed");
  }

  /** Sets {@link #seed}. */
  public TransformerClassifierApproach setSeed(long value) {
    return setOwn("seed", value);
  }

  /** See {@link TrainingArguments#maxSteps}. */
  public IntParam maxSteps() {
    return settings.get(IntParam.class, "max_steps");
  }

  /** Sets {@link #maxSteps}. */
  public TransformerClassifierApproach setMaxSteps(int value) {
    return setOwn("max_steps", value);
  }

  /** See {@link TrainingArguments#gradientAccumulationSteps}. */
  public IntParam gradientAccumulationSteps() {
    return settings.get(IntParam.class, "gradient_accumulation_steps");
  }

  /** Sets {@link #gradientAccumulationSteps}. */
  public TransformerClassifierApproach setGradientAccumulationSteps(int value) {
    return setOwn("gradient_accumulation_steps", value);
  }

  /** See {@link TrainingArguments#autoFindBatchSize}. */
  public BooleanParam autoFindBatchSize() {
    return settings.get(BooleanParam.class, "auto_find_batch_size");
  }

  /** Sets {@link #autoFindBatchSize}. */
  public TransformerClassifierApproach setAutoFindBatchSize(boolean value) {
    return setOwn("auto_find_batch_size", value);
  }

  /** See {@link TrainingArguments#gradientCheckpointing}. */
  public BooleanParam gradientCheckpointing() {
    return settings.get(BooleanParam.class, "gradient_checkpointing");
  }

  /** Sets {@link #gradientCheckpointing}. */
  public TransformerClassifierApproach setGradientCheckpointing(boolean value) {
    return setOwn("gradient_checkpointing", value);
  }

  /** See {@link EvaluationArguments#metricForBestModel}. */
  public Param<String> metricForBestModel() {
    return settings.string("metric_for_best_model");
  }

  /** Sets {@link #metricForBestModel}. */
  public TransformerClassifierApproach setMetricForBestModel(String value) {
    return setOwn("metric_for_best_model", value);
  }

  /** See {@link EvaluationArguments#evalStrategy}. */
  public Param<String> evalStrategy() {
    return settings.string("eval_strategy");
  }

  /** Sets {@link #evalStrategy}. */
  public TransformerClassifierApproach setEvalStrategy(String value) {
    return setOwn("eval_strategy", value);
  }

  /** See {@link EvaluationArguments#evalSteps}. */
  public IntParam evalSteps() {
    return settings.get(IntParam.class, "eval_steps");
  }

  /** Sets {@link #evalSteps}. */
  public TransformerClassifierApproach setEvalSteps(int value) {
    return setOwn("eval_steps", value);
  }

  /** See {@link EvaluationArguments#greaterIsBetter}. */
  public Param<String> greaterIsBetter() {
    return settings.string("greater_is_better");
  }

  /** Sets {@link #greaterIsBetter}. */
  public TransformerClassifierApproach setGreaterIsBetter(String value) {
    return setOwn("greater_is_better", value);
  }

  /** See {@link EvaluationArguments#loadBestModelAtEnd}. */
  public BooleanParam loadBestModelAtEnd() {
    return settings.get(BooleanParam.class, "load_best_model_at_end");
  }

  /** Sets {@link #loadBestModelAtEnd}. */
  public TransformerClassifierApproach setLoadBestModelAtEnd(boolean value) {
    return setOwn("load_best_model_at_end", value);
  }

  /** See {@link EvaluationArguments#calibrate}. */
  public BooleanParam calibrate() {
    return settings.get(BooleanParam.class, "calibrate");
  }

  /** Sets {@link #calibrate}. */
  public TransformerClassifierApproach setCalibrate(boolean value) {
    return setOwn("calibrate", value);
  }

  /** See {@link EvaluationArguments#earlyStoppingPatience}. */
  public IntParam earlyStoppingPatience() {
    return settings.get(IntParam.class, "early_stopping_patience");
  }

  /** Sets {@link #earlyStoppingPatience}. */
  public TransformerClassifierApproach setEarlyStoppingPatience(int value) {
    return setOwn("early_stopping_patience", value);
  }

  /** See {@link EvaluationArguments#earlyStoppingThreshold}. */
  public DoubleParam earlyStoppingThreshold() {
    return settings.get(DoubleParam.class, "early_stopping_threshold");
  }

  /** Sets {@link #earlyStoppingThreshold}. */
  public TransformerClassifierApproach setEarlyStoppingThreshold(double value) {
    return setOwn("early_stopping_threshold", value);
  }

  /** See {@link CheckpointArguments#checkpointDir}. */
  public Param<String> checkpointDir() {
    return settings.string("checkpoint_dir");
  }

  /** Sets {@link #checkpointDir}. */
  public TransformerClassifierApproach setCheckpointDir(String value) {
    return setOwn("checkpoint_dir", value);
  }

  /** See {@link CheckpointArguments#saveStrategy}. */
  public Param<String> saveStrategy() {
    return settings.string("save_strategy");
  }

  /** Sets {@link #saveStrategy}. */
  public TransformerClassifierApproach setSaveStrategy(String value) {
    return setOwn("save_strategy", value);
  }

  /** See {@link CheckpointArguments#saveSteps}. */
  public IntParam saveSteps() {
    return settings.get(IntParam.class, "save_steps");
  }

  /** Sets {@link #saveSteps}. */
  public TransformerClassifierApproach setSaveSteps(int value) {
    return setOwn("save_steps", value);
  }

  /** See {@link CheckpointArguments#saveTotalLimit}. */
  public IntParam saveTotalLimit() {
    return settings.get(IntParam.class, "save_total_limit");
  }

  /** Sets {@link #saveTotalLimit}. */
  public TransformerClassifierApproach setSaveTotalLimit(int value) {
    return setOwn("save_total_limit", value);
  }

  /** See {@link CheckpointArguments#resume}. */
  public BooleanParam resume() {
    return settings.get(BooleanParam.class, "resume");
  }

  /** Sets {@link #resume}. */
  public TransformerClassifierApproach setResume(boolean value) {
    return setOwn("resume", value);
  }
}
