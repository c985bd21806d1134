package org.sparkfinetune.pipeline;

import java.util.OptionalDouble;
import org.sparkfinetune.UserException;

/**
 * What predictions say of how far they are to be trusted, beside their confidence.
 *
 * @param coverage how often a row's label is to be in its {@link PredictionColumns#PREDICTION_SET};
 *     0 for no sets
 * @param abstainBelow the confidence below which there is no prediction; 0 for none
 * @param targetAccuracy the share of predictions that is to be right, which gives the confidence; 0
 *     for none
 * @param outOfScope what {@link PredictionColumns#OUT_OF_SCOPE} has
 */
public record SelectiveOptions(
    double coverage, double abstainBelow, double targetAccuracy, OutOfScopeScore outOfScope) {
  /** None of it. */
  public static final SelectiveOptions NONE = new SelectiveOptions(0, 0, 0, OutOfScopeScore.NONE);

  /**
   * Checks that not two things are asked for.
   *
   * @throws UserException when they are
   */
  public SelectiveOptions {
    if (abstainBelow > 0 && targetAccuracy > 0) {
      throw new UserException(
          "predict.abstain_below=%s and predict.target_accuracy=%s both say when there is no prediction: leave one out"
              .formatted(abstainBelow, targetAccuracy));
    }
  }

  /** Whether rows may have no prediction though they have a text. */
  public boolean abstains() {
    return abstainBelow > 0 || targetAccuracy > 0;
  }

  /** The setting that asks for something; empty when none does. */
  String asked() {
    if (coverage > 0) {
      return "predict.coverage=" + coverage;
    } else if (abstainBelow > 0) {
      return "predict.abstain_below=" + abstainBelow;
    } else if (targetAccuracy > 0) {
      return "predict.target_accuracy=" + targetAccuracy;
    }
    return outOfScope == OutOfScopeScore.NONE
        ? ""
        : "predict.out_of_scope_score=" + outOfScope.spelling();
  }

  /** The confidence below which there is no prediction, where it is known by itself. */
  OptionalDouble confidence() {
    return abstainBelow > 0 ? OptionalDouble.of(abstainBelow) : OptionalDouble.empty();
  }
}
