package org.sparkfinetune.train;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

/**
 * What training minimizes, in nats: the sum of the rows' losses over the sum of the rows' weights.
 * The two are apart, so that batches that are added up for one step, in one process or in several,
 * have one mean, whatever their sizes: add up both. Has no native memory; for any thread.
 */
interface LossFunction {
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
    if (problemType.isMultiLabel()) {
      requireUnused(
          "class_weights", arguments.classWeights(), "none", problemType, "training.pos_weight");
      requireUnused(
          "label_smoothing_factor",
          String.valueOf(arguments.labelSmoothingFactor()),
          "0.0",
          problemType,
          null);
      return new MultiLabelLoss(weights.positive(arguments.posWeight()), labelNames.size(), gamma);
    }
    requireUnused(
        "pos_weight", arguments.posWeight(), "none", problemType, "training.class_weights");
    return new SingleLabelLoss(
        weights.ofClasses(arguments.classWeights()), arguments.labelSmoothingFactor(), gamma);
  }

  /**
   * The sum of the losses of some rows: a scalar on the logits' device, computed in fp32, with its
   * autograd graph, in the caller's {@code PointerScope}.
   *
   * @param logits {@code [rows, labels]}
   * @param labels the indices of each row's labels; exactly one each for single-label
   */
  Tensor sum(Tensor logits, int[][] labels);

  /** What the rows count for: what the sum over all rows of a step is divided by. */
  double weight(int[][] labels);

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
