package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import org.sparkfinetune.task.ProblemType;

/**
 * Products of the gradients that two rows give the layer over the labels, its weights and its bias.
 * The loss is cross-entropy, of sets of labels the mean binary one: its gradient to the logits is
 * the residual, the probabilities less the labels (of sets divided by their number), and the one to
 * the layer is the residual times the pooled vector with a 1 behind it. So the product of two
 * gradients is the residuals' product times the vectors' product plus 1 (Pruthi et al., 2020,
 * TracIn, at the last checkpoint and for the last layer).
 */
final class HeadGradients implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HashMap<String, Integer> indices = new HashMap<>();
  private final double scale;

  HeadGradients(List<String> labels, ProblemType problemType) {
    labels.forEach(label -> indices.put(label, indices.size()));
    scale = problemType.task().hasLabelSets() ? 1.0 / labels.size() : 1;
  }

  /**
   * The gradient to the logits.
   *
   * @param probabilities by label
   * @param labels a row's
   * @return null where the model does not know one of the labels
   */
  double[] residual(double[] probabilities, String[] labels) {
    double[] residual = probabilities.clone();
    for (String label : labels) {
      Integer index = indices.get(label);
      if (index == null) {
        return null;
      }
      residual[index]--;
    }
    for (int i = 0; i < residual.length; i++) {
      residual[i] *= scale;
    }
    return residual;
  }

  /**
   * The product of two gradients.
   *
   * @param one and other the residuals; null for none
   * @param vectors the product of the pooled vectors
   * @return NaN without both residuals
   */
  double product(double[] one, double[] other, double vectors) {
    if (one == null || other == null) {
      return Double.NaN;
    }
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum * (vectors + 1);
  }
}
