package org.sparkfinetune.annotator;

import org.sparkfinetune.UserException;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.train.TrainingArguments;

/**
 * The Params of {@link TransformerClassifierApproach} that come from {@link ModelArguments}, {@link
 * TrainingArguments} and {@link ResourceArguments}: for each key a Param of that name, an accessor
 * for {@code ParamGridBuilder} and a setter, both in camel case. Documentation, defaults and ranges
 * are the schema's ({@code explainParams} prints them).
 *
 * <p>Accessors and setters are inherited, a class a section: {@link ModelParams}, {@link
 * OptimizationParams}, {@link TrainingParams}, {@link ResourceParams}. Here is what takes or gives
 * whole sections.
 *
 * <p>A setter throws {@link UserException} when the value is not allowed.
 */
public abstract class TransformerClassifierParams extends ResourceParams {
  private static final long serialVersionUID = 1L;

  TransformerClassifierParams(PendingUid uid) {
    super(uid);
  }

  /**
   * Sets a key of {@link ModelArguments}, {@link TrainingArguments} or {@link ResourceArguments} to
   * a value as found in a configuration: {@code "1e-4"} will do for a number.
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

  /** Sets every key of {@link ResourceArguments}. */
  public TransformerClassifierApproach setArguments(ResourceArguments arguments) {
    SchemaParams.RESOURCES.values(arguments).forEach(settings::setConverted);
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

  /** What it takes of the cluster, by these Params. */
  public ResourceArguments resourceArguments() {
    return settings.toRecord(SchemaParams.RESOURCES);
  }
}
