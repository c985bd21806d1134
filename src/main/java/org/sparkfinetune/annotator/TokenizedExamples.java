package org.sparkfinetune.annotator;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.distributed.PretrainedModelHandle;

/**
 * The examples of a data set, checked, indexed, tokenized and cached by {@link
 * TransformerClassifierApproach#prepare}, for any number of trainings: from several threads at
 * once, with other settings of model, training and resources each.
 *
 * <p>Trainings on the same ones read their base once an executor. To be closed when the last of
 * them has ended; for another {@code max_length}, another one is prepared.
 */
@PublicApi
public final class TokenizedExamples implements AutoCloseable {
  private final ExampleSettings settings;
  private final int vocabSize;
  private final TrainingExamples examples;
  private final PretrainedModelHandle base;
  private volatile boolean closed;

  private TokenizedExamples(
      ExampleSettings settings,
      int vocabSize,
      TrainingExamples examples,
      PretrainedModelHandle base) {
    this.settings = settings;
    this.vocabSize = vocabSize;
    this.examples = examples;
    this.base = base;
  }

  /**
   * Prepares.
   *
   * @param vocabSize token ids of the tokenizer
   * @param base closed with the result
   * @param folds whether a column says which fold each row is in
   */
  static TokenizedExamples of(
      Dataset<?> dataset,
      ExampleSettings settings,
      int vocabSize,
      PretrainedModelHandle base,
      boolean folds) {
    TrainingExamples examples =
        TrainingExamples.of(
            dataset,
            settings.columns(),
            settings.share(),
            settings.seed(),
            settings.tokenizer(),
            settings.maxLength(),
            folds);
    return new TokenizedExamples(settings, vocabSize, examples, base);
  }

  /** The label names, by index: those of the training examples, in sorted order. */
  public List<String> labels() {
    return examples.labels().names();
  }

  /** How many examples are trained on. */
  public long trainRows() {
    return examples.trainRows();
  }

  /** How many examples are validated on; 0 when nothing was asked to be. */
  public long validationRows() {
    return examples.validationRows();
  }

  /** How many examples were cut to {@code max_length}. */
  public long truncated() {
    return examples.truncated();
  }

  /** The share of the examples' tokens that stand for what the tokenizer does not know. */
  public double unknownTokenShare() {
    return examples.unknown().share();
  }

  /**
   * The examples, for a training by the given settings.
   *
   * @throws org.sparkfinetune.UserException when they would shape them otherwise
   */
  TrainingExamples shapedBy(ExampleSettings asked) {
    if (closed) {
      throw new IllegalStateException("the prepared examples are closed");
    }
    settings.requireSame(asked);
    return examples;
  }

  int vocabSize() {
    return vocabSize;
  }

  PretrainedModelHandle base() {
    return base;
  }

  /** Lets go of the cached examples, and of the base on executors. Closing again does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      examples.close();
      base.close();
    }
  }
}
