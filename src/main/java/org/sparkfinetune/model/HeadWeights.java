package org.sparkfinetune.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.adapt.PeftAdapter;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.TensorSource;

/** Changes the last layer of a classifier's files, which is linear, a row a label. */
final class HeadWeights {
  private HeadWeights() {}

  /**
   * A classifier with another last layer, also in an adapter beside the weights.
   *
   * @param changed its new configuration
   * @param weight of the layer's weights, {@code [labels, hidden]}
   * @param bias of its bias, {@code [labels]}
   */
  static ModelFiles of(
      ModelFiles files,
      ModelConfig changed,
      UnaryOperator<Tensor> weight,
      UnaryOperator<Tensor> bias) {
    List<String> names = names(ModelConfig.parse(files.config()));
    Map<String, UnaryOperator<Tensor>> operators = Map.of(names.get(0), weight, names.get(1), bias);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ModelFiles result;
      try (TensorSource weights = files.openWeights()) {
        result = ModelFiles.of(changed.toJson(), files.tokenizer(), applied(weights, operators));
      }
      if (files.adapter() == null) {
        return result;
      }
      Map<String, UnaryOperator<Tensor>> ofAdapter = new LinkedHashMap<>();
      operators.forEach((name, operator) -> ofAdapter.put(PeftAdapter.nameOf(name), operator));
      try (TensorSource weights = files.adapter().openWeights()) {
        return result.withAdapter(
            AdapterFiles.of(files.adapter().config(), applied(weights, ofAdapter)));
      }
    }
  }

  private static List<String> names(ModelConfig config) {
    try (SequenceClassifier shapes =
        SequenceClassifier.onMetaDevice(config, AdaptationConfig.NONE)) {
      return shapes.outputWeights();
    }
  }

  private static Map<String, Tensor> applied(
      TensorSource source, Map<String, UnaryOperator<Tensor>> operators) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : source.tensors().keySet()) {
      Tensor tensor = source.read(name);
      tensors.put(name, operators.getOrDefault(name, UnaryOperator.identity()).apply(tensor));
    }
    return tensors;
  }
}
