package org.sparkfinetune.annotator;

import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.sparkfinetune.model.ModelArguments;

/** An accessor and a setter for each key of {@link ModelArguments}. */
public abstract class ModelParams extends SettingParams {
  private static final long serialVersionUID = 1L;

  ModelParams(PendingUid uid) {
    super(uid);
  }

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
}
