package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.ParameterSet;

/**
 * A copy of a model's trainable weights, to go back to; frozen ones never change. Takes as much
 * memory as they do.
 */
final class WeightsSnapshot implements AutoCloseable {
  private record Pair(String name, Tensor weight, Tensor copy) {}

  private final List<Pair> pairs = new ArrayList<>();

  /** Copies the weights as they are now. */
  WeightsSnapshot(ParameterSet parameters) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Parameter parameter : parameters.trainable()) {
        Tensor copy = parameter.tensor().detach().clone();
        copy.retainReference();
        pairs.add(new Pair(parameter.name(), parameter.tensor(), copy));
      }
    }
  }

  /** Copies the weights as they are now over those of before. */
  void update() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      pairs.forEach(pair -> pair.copy().copy_(pair.weight()));
    }
  }

  /** The copies by name; they stay this object's. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    pairs.forEach(pair -> tensors.put(pair.name(), pair.copy()));
    return tensors;
  }

  /** Puts the copied weights back. */
  void restore() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      pairs.forEach(pair -> pair.weight().copy_(pair.copy()));
    }
  }

  @Override
  public void close() {
    pairs.forEach(pair -> pair.copy().close());
    pairs.clear();
  }
}
