package org.sparkfinetune.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.adapt.PeftAdapter;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.TensorSource;

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
    Set<String> output = outputWeights(config);
    ModelConfig scaled = config.withTemperature(temperature);
    OptionalDouble threshold = config.threshold();
    if (threshold.isPresent()) {
      scaled = scaled.withThreshold(threshold(threshold.getAsDouble(), factor));
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ModelFiles changed;
      try (TensorSource weights = files.openWeights()) {
        changed = ModelFiles.of(scaled.toJson(), files.tokenizer(), times(weights, output, factor));
      }
      if (files.adapter() == null) {
        return changed;
      }
      Set<String> ofAdapter =
          output.stream().map(PeftAdapter::nameOf).collect(Collectors.toUnmodifiableSet());
      try (TensorSource weights = files.adapter().openWeights()) {
        return changed.withAdapter(
            AdapterFiles.of(files.adapter().config(), times(weights, ofAdapter, factor)));
      }
    }
  }

  private static Set<String> outputWeights(ModelConfig config) {
    try (SequenceClassifier shapes =
        SequenceClassifier.onMetaDevice(config, AdaptationConfig.NONE)) {
      return Set.copyOf(shapes.outputWeights());
    }
  }

  private static Map<String, Tensor> times(TensorSource source, Set<String> names, double factor) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : source.tensors().keySet()) {
      Tensor tensor = source.read(name);
      tensors.put(name, names.contains(name) ? tensor.mul(new Scalar(factor)) : tensor);
    }
    return tensors;
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
