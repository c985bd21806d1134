package org.sparkfinetune.describe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.model.encoder.ParameterSet;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.StateDictMatcher;
import org.sparkfinetune.model.io.TensorInfo;
import org.sparkfinetune.model.io.TensorSource;

/**
 * Where a classifier's weights come from: the pretrained model, or a fresh start. The components
 * are those of {@link ModelDescription}.
 */
record WeightProvenance(
    Map<String, Long> stored,
    List<String> encoderFresh,
    Map<String, List<Long>> encoderUnused,
    Map<String, List<Long>> headLoaded,
    Map<String, List<Long>> headFresh,
    Map<String, List<Long>> headUnused) {

  /** Of a classifier whose weights all start afresh. */
  static WeightProvenance none(SequenceClassifier model) {
    return new WeightProvenance(
        Map.of(), encoderParts(model), Map.of(), Map.of(), head(model.parameters()), Map.of());
  }

  /**
   * Of a classifier on a pretrained model; reads the headers of its weights.
   *
   * @param labels that the pretrained model's configuration names
   */
  static WeightProvenance of(
      SequenceClassifier model,
      PretrainedModel pretrained,
      List<String> labels,
      ModelArguments arguments) {
    try (TensorSource weights = pretrained.openWeights()) {
      StateDictMatcher.Match match = model.match(weights, labels);
      Map<String, List<Long>> loaded = head(model.parameters());
      Map<String, List<Long>> fresh = head(model.parameters());
      loaded.keySet().removeAll(match.missing());
      fresh.keySet().retainAll(match.missing());

      List<String> encoder = encoderParts(model);
      int reinitialized = arguments.adaptation().reinitTopLayers();
      List<String> encoderFresh =
          new ArrayList<>(encoder.subList(encoder.size() - reinitialized, encoder.size()));
      if (arguments.adaptation().lora() != null) {
        encoderFresh.add("adapters");
      }
      return new WeightProvenance(
          bytesByType(weights),
          encoderFresh,
          shapes(weights, match.unusedEncoder()),
          loaded,
          fresh,
          shapes(weights, match.unusedHead()));
    }
  }

  private static List<String> encoderParts(SequenceClassifier model) {
    List<ParameterCount> parts = model.parameters().counts();
    return parts.subList(0, parts.size() - 1).stream().map(ParameterCount::part).toList();
  }

  private static Map<String, List<Long>> head(ParameterSet parameters) {
    Map<String, List<Long>> head = new LinkedHashMap<>();
    for (Parameter parameter : parameters.parameters()) {
      if (parameters.isHead(parameter.name())) {
        head.put(parameter.name(), Arrays.stream(parameter.tensor().shape()).boxed().toList());
      }
    }
    return head;
  }

  private static Map<String, List<Long>> shapes(TensorSource weights, Collection<String> names) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    names.forEach(name -> shapes.put(name, weights.tensors().get(name).shape()));
    return shapes;
  }

  private static Map<String, Long> bytesByType(TensorSource weights) {
    Map<String, Long> bytes = new TreeMap<>();
    for (TensorInfo info : weights.tensors().values()) {
      bytes.merge(info.dtype().name(), info.bytes(), Long::sum);
    }
    return bytes;
  }
}
