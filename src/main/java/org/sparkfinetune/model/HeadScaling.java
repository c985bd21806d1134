package org.sparkfinetune.model;

import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.io.ModelFiles;

/** Scales a multi-label classifier's logits label by label, in the weights of its last layer. */
public final class HeadScaling {
  private HeadScaling() {}

  /**
   * A classifier whose logits, as they are, are scaled once more, in fp32, also in an adapter
   * beside the weights. Its temperature becomes a part of the slopes.
   *
   * @param threshold its new one: none predicts the same labels, since each label moves otherwise
   */
  public static ModelFiles of(ModelFiles files, LabelScaling scaling, double threshold) {
    ModelConfig config = ModelConfig.parse(files.config());
    LabelScaling before = config.labelScaling().orElse(LabelScaling.none(scaling.slopes().size()));
    UnaryOperator<Tensor> bySlope =
        tensor -> tensor.to(ScalarType.Double).mul(shaped(scaling.slopes(), tensor));
    return HeadWeights.of(
        files,
        config
            .withTemperature(1)
            .withLabelScaling(scaling.after(before, config.temperature()))
            .withThreshold(threshold),
        weight -> bySlope.apply(weight).to(ScalarType.Float),
        bias -> bySlope.apply(bias).add(shaped(scaling.intercepts(), bias)).to(ScalarType.Float));
  }

  /** A number a row of a tensor. */
  private static Tensor shaped(List<Double> numbers, Tensor like) {
    double[] values = numbers.stream().mapToDouble(number -> number).toArray();
    Tensor vector =
        torch.empty(new long[] {values.length}, new TensorOptions(ScalarType.Double), null);
    new DoublePointer(vector.data_ptr()).put(values);
    return like.dim() == 2 ? vector.unsqueeze(1) : vector;
  }
}
