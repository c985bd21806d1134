package org.sparkfinetune.model;

import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.io.ModelFiles;

/**
 * The temperature of a classifier: what its logits have been divided by. The division is done in
 * the weights of the last layer, which is linear: whatever reads the model has the calibrated
 * probabilities, and nothing has to know of it.
 */
public final class HeadTemperature {
  private HeadTemperature() {}

  /**
   * A classifier with another temperature: its last layer's weights and bias times the quotient of
   * the one that it has and the new one, in fp32, also in an adapter beside the weights. A
   * threshold becomes the one that predicts the same labels.
   *
   * @param temperature above 0; 1 gives back what was trained
   */
  public static ModelFiles of(ModelFiles files, double temperature) {
    ModelConfig config = ModelConfig.parse(files.config());
    double factor = config.temperature() / temperature;
    if (factor == 1) {
      return files;
    }
    ModelConfig scaled = config.withTemperature(temperature);
    OptionalDouble threshold = config.threshold();
    if (threshold.isPresent()) {
      scaled = scaled.withThreshold(threshold(threshold.getAsDouble(), factor));
    }
    UnaryOperator<Tensor> times = tensor -> tensor.mul(new Scalar(factor));
    return HeadWeights.of(files, scaled, times, times);
  }

  /**
   * The threshold on a label's probability that is reached as before when its logit has been
   * multiplied by a factor.
   */
  public static double threshold(double threshold, double factor) {
    // Without a change it stays so to the last bit.
    return factor == 1
        ? threshold
        : 1 / (1 + Math.exp(-factor * Math.log(threshold / (1 - threshold))));
  }
}
