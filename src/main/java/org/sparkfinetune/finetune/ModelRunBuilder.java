package org.sparkfinetune.finetune;

import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/**
 * What {@link Evaluation}, {@link Prediction}, {@link Calibration} and {@link Selection} are given
 * in the same way: a model.
 *
 * @param <B> the library
 */
@PublicApi
public abstract class ModelRunBuilder<B extends ModelRunBuilder<B>> extends RunBuilder<B> {
  private ModelChoice model = ModelChoice.NONE;

  /** With what it is given. */
  ModelRunBuilder(RunOptions options) {
    super(options);
  }

  /**
   * With a model to load.
   *
   * @param path the output folder of a fine-tuning or a study, a saved pipeline of these, or a
   *     fine-tuned classifier in Hugging Face's form or MLflow's
   */
  public B model(String path) {
    return model(ModelChoice.of(path));
  }

  /** With a model that has been loaded or trained; it stays as it is. */
  public B model(TextClassifier classifier) {
    return model(ModelChoice.of(classifier));
  }

  private B model(ModelChoice choice) {
    return changed(copy -> ((ModelRunBuilder<B>) copy).model = choice);
  }

  /** What a record calls the model. */
  final String modelName() {
    return model.name();
  }

  /**
   * The model, computing as the settings say.
   *
   * @throws UserException when none is named or it cannot be loaded, or the rows are pairs of texts
   *     and the model takes single ones, or the other way round
   */
  final ClassifierPipeline loadModel(Settings settings) {
    return model.load(options, settings);
  }

  /** The same, whatever it computes in. */
  final ClassifierPipeline loadModel(DataArguments rows) {
    return model.load(options, rows);
  }
}
