package org.sparkfinetune.train;

import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

/** Which loss a model of a problem type is trained with: that of its activation. */
final class LossFunctions {
  private LossFunctions() {}

  /**
   * The loss that the arguments name.
   *
   * @param labelNames the labels by index
   * @param rowsByLabel how many of the training rows have each label, for {@code balanced}
   * @param rows the number of training rows
   * @throws UserException when weights are given for another problem type, for an unknown label,
   *     are no positive numbers, or cannot be balanced
   */
  static LossFunction of(
      LossArguments arguments,
      ProblemType problemType,
      List<String> labelNames,
      long[] rowsByLabel,
      long rows) {
    if (rowsByLabel.length != labelNames.size()) {
      throw new IllegalArgumentException(
          rowsByLabel.length + " counts of rows for " + labelNames.size() + " labels");
    }
    // A gamma of 0 is no focal loss.
    double gamma = arguments.loss() == LossType.FOCAL ? arguments.focalGamma() : 0;
    LabelWeights weights = new LabelWeights(labelNames, rowsByLabel, rows);
    return switch (problemType.task().activation()) {
      case SOFTMAX -> {
        requireUnused(
            "pos_weight", arguments.posWeight(), "none", problemType, "training.class_weights");
        yield new SingleLabelLoss(
            weights.ofClasses(arguments.classWeights()), arguments.labelSmoothingFactor(), gamma);
      }
      case SIGMOID -> {
        requireUnused(
            "class_weights", arguments.classWeights(), "none", problemType, "training.pos_weight");
        requireUnused(
            "label_smoothing_factor",
            String.valueOf(arguments.labelSmoothingFactor()),
            "0.0",
            problemType,
            null);
        yield new MultiLabelLoss(weights.positive(arguments.posWeight()), labelNames.size(), gamma);
      }
    };
  }

  private static void requireUnused(
      String key, String value, String unused, ProblemType problemType, String instead) {
    if (!value.equals(unused)) {
      throw new UserException(
          "training."
              + key
              + "="
              + value
              + " means nothing to model.problem_type="
              + problemType.spelling()
              + ": leave it out"
              + (instead == null ? "" : ", or use " + instead));
    }
  }
}
