package org.sparkfinetune.model;

import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.model.io.ModelFiles;

/**
 * What the logits that were trained have been multiplied with and then raised by, label by label
 * (Platt scaling), before they are divided by a temperature. It is done in the rows and the bias of
 * the last layer: whatever reads the model has the calibrated probabilities.
 *
 * @param slopes by label index, each above 0
 * @param intercepts by label index
 */
public record LabelScaling(List<Double> slopes, List<Double> intercepts) {
  /** Checks the numbers. */
  public LabelScaling {
    slopes = List.copyOf(slopes);
    intercepts = List.copyOf(intercepts);
    boolean finite =
        slopes.stream().allMatch(slope -> slope > 0 && slope < Double.POSITIVE_INFINITY)
            && intercepts.stream().allMatch(intercept -> Math.abs(intercept) < Double.MAX_VALUE);
    if (!finite || slopes.size() != intercepts.size()) {
      throw new IllegalArgumentException(
          "slopes %s and intercepts %s: expected as many finite ones, slopes above 0"
              .formatted(slopes, intercepts));
    }
  }

  /**
   * A multi-label classifier whose logits are scaled by this once more, in fp32.
   *
   * @param threshold its new one: none predicts the same labels, since each label moves otherwise
   */
  public ModelFiles of(ModelFiles files, double threshold) {
    ModelConfig config = ModelConfig.parse(files.config());
    double temperature = config.temperature();
    LabelScaling all =
        config
            .labelScaling()
            .map(before -> after(before, temperature))
            .orElse(after(none(slopes.size()), temperature));
    UnaryOperator<Tensor> bySlope =
        tensor -> tensor.to(torch.ScalarType.Double).mul(shaped(slopes, tensor));
    return HeadWeights.of(
        files,
        config.withTemperature(1).withLabelScaling(all).withThreshold(threshold),
        weight -> bySlope.apply(weight).to(torch.ScalarType.Float),
        bias -> bySlope.apply(bias).add(shaped(intercepts, bias)).to(torch.ScalarType.Float));
  }

  /** This one behind another one and a division. */
  private LabelScaling after(LabelScaling before, double temperature) {
    Double[] allSlopes = new Double[slopes.size()];
    Double[] allIntercepts = new Double[slopes.size()];
    for (int i = 0; i < slopes.size(); i++) {
      allSlopes[i] = slopes.get(i) * before.slopes.get(i) / temperature;
      allIntercepts[i] = slopes.get(i) * before.intercepts.get(i) / temperature + intercepts.get(i);
    }
    return new LabelScaling(List.of(allSlopes), List.of(allIntercepts));
  }

  private static LabelScaling none(int labels) {
    return new LabelScaling(Collections.nCopies(labels, 1.0), Collections.nCopies(labels, 0.0));
  }

  /** A number a row of a tensor. */
  private static Tensor shaped(List<Double> numbers, Tensor like) {
    double[] values = numbers.stream().mapToDouble(number -> number).toArray();
    Tensor vector =
        torch.empty(new long[] {values.length}, new TensorOptions(torch.ScalarType.Double), null);
    new DoublePointer(vector.data_ptr()).put(values);
    return like.dim() == 2 ? vector.unsqueeze(1) : vector;
  }
}
