package org.sparkfinetune.annotator;

import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.sparkfinetune.train.LossArguments;
import org.sparkfinetune.train.OptimizerArguments;
import org.sparkfinetune.train.ScheduleArguments;

/**
 * An accessor and a setter for each key of {@link OptimizerArguments}, {@link ScheduleArguments}
 * and {@link LossArguments}.
 */
public abstract class OptimizationParams extends ModelParams {
  private static final long serialVersionUID = 1L;

  OptimizationParams(PendingUid uid) {
    super(uid);
  }

  /** See {@link OptimizerArguments#learningRate}. */
  public DoubleParam learningRate() {
    return settings.get(DoubleParam.class, "learning_rate");
  }

  /** Sets {@link #learningRate}. */
  public TransformerClassifierApproach setLearningRate(double value) {
    return setOwn("learning_rate", value);
  }

  /** See {@link OptimizerArguments#weightDecay}. */
  public DoubleParam weightDecay() {
    return settings.get(DoubleParam.class, "weight_decay");
  }

  /** Sets {@link #weightDecay}. */
  public TransformerClassifierApproach setWeightDecay(double value) {
    return setOwn("weight_decay", value);
  }

  /** See {@link OptimizerArguments#layerDecay}. */
  public DoubleParam layerDecay() {
    return settings.get(DoubleParam.class, "layer_decay");
  }

  /** Sets {@link #layerDecay}. */
  public TransformerClassifierApproach setLayerDecay(double value) {
    return setOwn("layer_decay", value);
  }

  /** See {@link OptimizerArguments#adamBeta1}. */
  public DoubleParam adamBeta1() {
    return settings.get(DoubleParam.class, "adam_beta1");
  }

  /** Sets {@link #adamBeta1}. */
  public TransformerClassifierApproach setAdamBeta1(double value) {
    return setOwn("adam_beta1", value);
  }

  /** See {@link OptimizerArguments#adamBeta2}. */
  public DoubleParam adamBeta2() {
    return settings.get(DoubleParam.class, "adam_beta2");
  }

  /** Sets {@link #adamBeta2}. */
  public TransformerClassifierApproach setAdamBeta2(double value) {
    return setOwn("adam_beta2", value);
  }

  /** See {@link OptimizerArguments#adamEpsilon}. */
  public DoubleParam adamEpsilon() {
    return settings.get(DoubleParam.class, "adam_epsilon");
  }

  /** Sets {@link #adamEpsilon}. */
  public TransformerClassifierApproach setAdamEpsilon(double value) {
    return setOwn("adam_epsilon", value);
  }

  /** See {@link OptimizerArguments#maxGradNorm}. */
  public DoubleParam maxGradNorm() {
    return settings.get(DoubleParam.class, "max_grad_norm");
  }

  /** Sets {@link #maxGradNorm}. */
  public TransformerClassifierApproach setMaxGradNorm(double value) {
    return setOwn("max_grad_norm", value);
  }

  /** See {@link OptimizerArguments#optim}. */
  public Param<String> optim() {
    return settings.string("optim");
  }

  /** Sets {@link #optim}. */
  public TransformerClassifierApproach setOptim(String value) {
    return setOwn("optim", value);
  }

  /** See {@link OptimizerArguments#headLearningRate}. */
  public DoubleParam headLearningRate() {
    return settings.get(DoubleParam.class, "head_learning_rate");
  }

  /** Sets {@link #headLearningRate}. */
  public TransformerClassifierApproach setHeadLearningRate(double value) {
    return setOwn("head_learning_rate", value);
  }

  /** See {@link OptimizerArguments#momentum}. */
  public DoubleParam momentum() {
    return settings.get(DoubleParam.class, "momentum");
  }

  /** Sets {@link #momentum}. */
  public TransformerClassifierApproach setMomentum(double value) {
    return setOwn("momentum", value);
  }

  /** See {@link ScheduleArguments#warmupRatio}. */
  public DoubleParam warmupRatio() {
    return settings.get(DoubleParam.class, "warmup_ratio");
  }

  /** Sets {@link #warmupRatio}. */
  public TransformerClassifierApproach setWarmupRatio(double value) {
    return setOwn("warmup_ratio", value);
  }

  /** See {@link ScheduleArguments#lrSchedulerType}. */
  public Param<String> lrSchedulerType() {
    return settings.string("lr_scheduler_type");
  }

  /** Sets {@link #lrSchedulerType}. */
  public TransformerClassifierApproach setLrSchedulerType(String value) {
    return setOwn("lr_scheduler_type", value);
  }

  /** See {@link ScheduleArguments#warmupSteps}. */
  public IntParam warmupSteps() {
    return settings.get(IntParam.class, "warmup_steps");
  }

  /** Sets {@link #warmupSteps}. */
  public TransformerClassifierApproach setWarmupSteps(int value) {
    return setOwn("warmup_steps", value);
  }

  /** See {@link ScheduleArguments#lrSchedulerNumCycles}. */
  public DoubleParam lrSchedulerNumCycles() {
    return settings.get(DoubleParam.class, "lr_scheduler_num_cycles");
  }

  /** Sets {@link #lrSchedulerNumCycles}. */
  public TransformerClassifierApproach setLrSchedulerNumCycles(double value) {
    return setOwn("lr_scheduler_num_cycles", value);
  }

  /** See {@link ScheduleArguments#lrSchedulerPower}. */
  public DoubleParam lrSchedulerPower() {
    return settings.get(DoubleParam.class, "lr_scheduler_power");
  }

  /** Sets {@link #lrSchedulerPower}. */
  public TransformerClassifierApproach setLrSchedulerPower(double value) {
    return setOwn("lr_scheduler_power", value);
  }

  /** See {@link LossArguments#loss}. */
  public Param<String> loss() {
    return settings.string("loss");
  }

  /** Sets {@link #loss}. */
  public TransformerClassifierApproach setLoss(String value) {
    return setOwn("loss", value);
  }

  /** See {@link LossArguments#classWeights}. */
  public Param<String> classWeights() {
    return settings.string("class_weights");
  }

  /** Sets {@link #classWeights}. */
  public TransformerClassifierApproach setClassWeights(String value) {
    return setOwn("class_weights", value);
  }

  /** See {@link LossArguments#posWeight}. */
  public Param<String> posWeight() {
    return settings.string("pos_weight");
  }

  /** Sets {@link #posWeight}. */
  public TransformerClassifierApproach setPosWeight(String value) {
    return setOwn("pos_weight", value);
  }

  /** See {@link LossArguments#labelSmoothingFactor}. */
  public DoubleParam labelSmoothingFactor() {
    return settings.get(DoubleParam.class, "label_smoothing_factor");
  }

  /** Sets {@link #labelSmoothingFactor}. */
  public TransformerClassifierApproach setLabelSmoothingFactor(double value) {
    return setOwn("label_smoothing_factor", value);
  }

  /** See {@link LossArguments#focalGamma}. */
  public DoubleParam focalGamma() {
    return settings.get(DoubleParam.class, "focal_gamma");
  }

  /** Sets {@link #focalGamma}. */
  public TransformerClassifierApproach setFocalGamma(double value) {
    return setOwn("focal_gamma", value);
  }
}
