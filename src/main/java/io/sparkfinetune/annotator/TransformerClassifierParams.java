package io.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.AnnotatorApproach;
import io.sparkfinetune.UserException;
import io.sparkfinetune.distributed.ResourceArguments;
import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.train.CheckpointArguments;
import io.sparkfinetune.train.EvaluationArguments;
import io.sparkfinetune.train.LossArguments;
import io.sparkfinetune.train.OptimizerArguments;
import io.sparkfinetune.train.ScheduleArguments;
import io.sparkfinetune.train.TrainingArguments;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;

/**
 * The Params of {@link TransformerClassifierApproach} that come from {@link ModelArguments} and
 * {@link TrainingArguments}: for each key a Param of that name, an accessor for {@code
 * ParamGridBuilder} and a setter, both in camel case. Documentation, defaults and ranges are the
 * schema's ({@code explainParams} prints them).
 *
 * <p>A setter throws {@link UserException} when the value is not allowed.
 */
public abstract class TransformerClassifierParams
    extends AnnotatorApproach<TransformerClassifierModel> {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final SchemaParams settings;

  TransformerClassifierParams(Uid uid) {
    this.uid = uid.take();
    this.settings =
        new SchemaParams(this)
            .addAll(SchemaParams.MODEL)
            .addAll(SchemaParams.TRAINING)
            .addAll(SchemaParams.RESOURCES);
  }

  @Override
  public String uid() {
    return uid != null ? uid : Uid.pending();
  }

  /** Every Param. Spark finds those with an accessor by reflection; the schema's need none. */
  @Override
  public Param<?>[] params() {
    return settings.joinedWith(super.params());
  }

  /**
   * Sets a key of {@link ModelArguments} or {@link TrainingArguments} to a value as found in a
   * configuration: {@code "1e-4"} will do for a number.
   *
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public TransformerClassifierApproach setArgument(String key, Object value) {
    settings.setConverted(key, value);
    return self();
  }

  /** Sets every key of {@link ModelArguments}. */
  public TransformerClassifierApproach setArguments(ModelArguments arguments) {
    SchemaParams.MODEL.values(arguments).forEach(settings::setConverted);
    return self();
  }

  /** Sets every key of {@link TrainingArguments}. */
  public TransformerClassifierApproach setArguments(TrainingArguments arguments) {
    SchemaParams.TRAINING.values(arguments).forEach(settings::setConverted);
    return self();
  }

  /** What to build, by these Params. */
  public ModelArguments modelArguments() {
    return settings.toRecord(SchemaParams.MODEL);
  }

  /** How to train, by these Params. */
  public TrainingArguments trainingArguments() {
    return settings.toRecord(SchemaParams.TRAINING);
  }

  /** Sets every key of {@link ResourceArguments}. */
  public TransformerClassifierApproach setArguments(ResourceArguments arguments) {
    SchemaParams.RESOURCES.values(arguments).forEach(settings::setConverted);
    return self();
  }

  /** What it takes of the cluster, by these Params. */
  public ResourceArguments resourceArguments() {
    return settings.toRecord(SchemaParams.RESOURCES);
  }

  abstract TransformerClassifierApproach self();

  /** See {@link ModelArguments#base}. */
  public Param<String> base() {
    return settings.string("base");
  }

  /** Sets {@link #base}. */
  public TransformerClassifierApproach setBase(String value) {
    return setOwn("base", value);
  }

  /** See {@link ModelArguments#pooling}. */
  public Param<String> pooling() {
    return settings.string("pooling");
  }

  /** Sets {@link #pooling}. */
  public TransformerClassifierApproach setPooling(String value) {
    return setOwn("pooling", value);
  }

  /** See {@link ModelArguments#maxLength}. */
  public IntParam maxLength() {
    return settings.get(IntParam.class, "max_length");
  }

  /** Sets {@link #maxLength}. */
  public TransformerClassifierApproach setMaxLength(int value) {
    return setOwn("max_length", value);
  }

  /** See {@link ModelArguments#problemType}. */
  public Param<String> problemType() {
    return settings.string("problem_type");
  }

  /** Sets {@link #problemType}. */
  public TransformerClassifierApproach setProblemType(String value) {
    return setOwn("problem_type", value);
  }

  /** See {@link ModelArguments#threshold}. */
  public DoubleParam threshold() {
    return settings.get(DoubleParam.class, "threshold");
  }

  /** Sets {@link #threshold}. */
  public TransformerClassifierApproach setThreshold(double value) {
    return setOwn("threshold", value);
  }

  /** See {@link ModelArguments#hiddenDropout}. */
  public DoubleParam hiddenDropout() {
    return settings.get(DoubleParam.class, "hidden_dropout");
  }

  /** Sets {@link #hiddenDropout}. */
  public TransformerClassifierApproach setHiddenDropout(double value) {
    return setOwn("hidden_dropout", value);
  }

  /** See {@link ModelArguments#attentionDropout}. */
  public DoubleParam attentionDropout() {
    return settings.get(DoubleParam.class, "attention_dropout");
  }

  /** Sets {@link #attentionDropout}. */
  public TransformerClassifierApproach setAttentionDropout(double value) {
    return setOwn("attention_dropout", value);
  }

  /** See {@link ModelArguments#classifierDropout}. */
  public DoubleParam classifierDropout() {
    return settings.get(DoubleParam.class, "classifier_dropout");
  }

  /** Sets {@link #classifierDropout}. */
  public TransformerClassifierApproach setClassifierDropout(double value) {
    return setOwn("classifier_dropout", value);
  }

  /** See {@link ModelArguments#freeze}. */
  public Param<String> freeze() {
    return settings.string("freeze");
  }

  /** Sets {@link #freeze}. */
  public TransformerClassifierApproach setFreeze(String value) {
    return setOwn("freeze", value);
  }

  /** See {@link ModelArguments#freezeLayers}. */
  public IntParam freezeLayers() {
    return settings.get(IntParam.class, "freeze_layers");
  }

  /** Sets {@link #freezeLayers}. */
  public TransformerClassifierApproach setFreezeLayers(int value) {
    return setOwn("freeze_layers", value);
  }

  /** See {@link ModelArguments#reinitTopLayers}. */
  public IntParam reinitTopLayers() {
    return settings.get(IntParam.class, "reinit_top_layers");
  }

  /** Sets {@link #reinitTopLayers}. */
  public TransformerClassifierApproach setReinitTopLayers(int value) {
    return setOwn("reinit_top_layers", value);
  }

  /** See {@link ModelArguments#loraRank}. */
  public IntParam loraRank() {
    return settings.get(IntParam.class, "lora_rank");
  }

  /** Sets {@link #loraRank}. */
  public TransformerClassifierApproach setLoraRank(int value) {
    return setOwn("lora_rank", value);
  }

  /** See {@link ModelArguments#loraAlpha}. */
  public IntParam loraAlpha() {
    return settings.get(IntParam.class, "lora_alpha");
  }

  /** Sets {@link #loraAlpha}. */
  public TransformerClassifierApproach setLoraAlpha(int value) {
    return setOwn("lora_alpha", value);
  }

  /** See {@link ModelArguments#loraDropout}. */
  public DoubleParam loraDropout() {
    return settings.get(DoubleParam.class, "lora_dropout");
  }

  /** Sets {@link #loraDropout}. */
  public TransformerClassifierApproach setLoraDropout(double value) {
    return setOwn("lora_dropout", value);
  }

  /** See {@link ModelArguments#loraTargetModules}. */
  public Param<String> loraTargetModules() {
    return settings.string("lora_target_modules");
  }

  /** Sets {@link #loraTargetModules}. */
  public TransformerClassifierApproach setLoraTargetModules(String value) {
    return setOwn("lora_target_modules", value);
  }

  /** See {@link ModelArguments#loraMerge}. */
  public BooleanParam loraMerge() {
    return settings.get(BooleanParam.class, "lora_merge");
  }

  /** Sets {@link #loraMerge}. */
  public TransformerClassifierApproach setLoraMerge(boolean value) {
    return setOwn("lora_merge", value);
  }

  /** See {@link ModelArguments#attnImplementation}. */
  public Param<String> attnImplementation() {
    return settings.string("attn_implementation");
  }

  /** Sets {@link #attnImplementation}. */
  public TransformerClassifierApproach setAttnImplementation(String value) {
    return setOwn("attn_implementation", value);
  }

  /** See {@link ModelArguments#fromScratch}. */
  public BooleanParam fromScratch() {
    return settings.get(BooleanParam.class, "from_scratch");
  }

  /** Sets {@link #fromScratch}. */
  public TransformerClassifierApproach setFromScratch(boolean value) {
    return setOwn("from_scratch", value);
  }

  /** See {@link TrainingArguments#numTrainEpochs}. */
  public IntParam numTrainEpochs() {
    return settings.get(IntParam.class, "num_train_epochs");
  }

  /** Sets {@link #numTrainEpochs}. */
  public TransformerClassifierApproach setNumTrainEpochs(int value) {
    return setOwn("num_train_epochs", value);
  }

  /** See {@link OptimizerArguments#learningRate}. */
  public DoubleParam learningRate() {
    return settings.get(DoubleParam.class, "learning_rate");
  }

  /** Sets {@link #learningRate}. */
  public TransformerClassifierApproach setLearningRate(double value) {
    return setOwn("learning_rate", value);
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

  /** See {@link ScheduleArguments#warmupRatio}. */
  public DoubleParam warmupRatio() {
    return settings.get(DoubleParam.class, "warmup_ratio");
  }

  /** Sets {@link #warmupRatio}. */
  public TransformerClassifierApproach setWarmupRatio(double value) {
    return setOwn("warmup_ratio", value);
  }

  /** See {@link OptimizerArguments#maxGradNorm}. */
  public DoubleParam maxGradNorm() {
    return settings.get(DoubleParam.class, "max_grad_norm");
  }

  /** Sets {@link #maxGradNorm}. */
  public TransformerClassifierApproach setMaxGradNorm(double value) {
    return setOwn("max_grad_norm", value);
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

  /** See {@link EvaluationArguments#metricForBestModel}. */
  public Param<String> metricForBestModel() {
    return settings.string("metric_for_best_model");
  }

  /** Sets {@link #metricForBestModel}. */
  public TransformerClassifierApproach setMetricForBestModel(String value) {
    return setOwn("metric_for_best_model", value);
  }

  /** See {@link TrainingArguments#seed}. */
  public LongParam seed() {
    return settings.get(LongParam.class, "seed");
  }

  /** Sets {@link #seed}. */
  public TransformerClassifierApproach setSeed(long value) {
    return setOwn("seed", value);
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

  /** See {@link ResourceArguments#numWorkers}. */
  public IntParam numWorkers() {
    return settings.get(IntParam.class, "num_workers");
  }

  /** Sets {@link #numWorkers}. */
  public TransformerClassifierApproach setNumWorkers(int value) {
    return setOwn("num_workers", value);
  }

  /** See {@link ResourceArguments#device}. */
  public Param<String> device() {
    return settings.string("device");
  }

  /** Sets {@link #device}. */
  public TransformerClassifierApproach setDevice(String value) {
    return setOwn("device", value);
  }

  /** See {@link ResourceArguments#gpuPerWorker}. */
  public IntParam gpuPerWorker() {
    return settings.get(IntParam.class, "gpu_per_worker");
  }

  /** Sets {@link #gpuPerWorker}. */
  public TransformerClassifierApproach setGpuPerWorker(int value) {
    return setOwn("gpu_per_worker", value);
  }

  /** See {@link ResourceArguments#threadsPerWorker}. */
  public IntParam threadsPerWorker() {
    return settings.get(IntParam.class, "threads_per_worker");
  }

  /** Sets {@link #threadsPerWorker}. */
  public TransformerClassifierApproach setThreadsPerWorker(int value) {
    return setOwn("threads_per_worker", value);
  }

  /** See {@link ResourceArguments#communicationTimeout}. */
  public IntParam communicationTimeout() {
    return settings.get(IntParam.class, "communication_timeout");
  }

  /** Sets {@link #communicationTimeout}. */
  public TransformerClassifierApproach setCommunicationTimeout(int value) {
    return setOwn("communication_timeout", value);
  }

  /** See {@link ResourceArguments#shardMemoryMb}. */
  public IntParam shardMemoryMb() {
    return settings.get(IntParam.class, "shard_memory_mb");
  }

  /** Sets {@link #shardMemoryMb}. */
  public TransformerClassifierApproach setShardMemoryMb(int value) {
    return setOwn("shard_memory_mb", value);
  }

  /** See {@link ResourceArguments#acceptPlaintextGradients}. */
  public BooleanParam acceptPlaintextGradients() {
    return settings.get(BooleanParam.class, "accept_plaintext_gradients");
  }

  /** Sets {@link #acceptPlaintextGradients}. */
  public TransformerClassifierApproach setAcceptPlaintextGradients(boolean value) {
    return setOwn("accept_plaintext_gradients", value);
  }

  private TransformerClassifierApproach setOwn(String key, Object value) {
    settings.set(key, value);
    return self();
  }
}
