package io.sparkfinetune.train;

import io.sparkfinetune.model.ParameterSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** A copy of a model's weights, to go back to. Takes as much memory as the weights do. */
final class WeightsSnapshot implements AutoCloseable {
  private final ParameterSet parameters;
  private final Map<String, Tensor> copies = new LinkedHashMap<>();

  /** Copies the weights as they are now. */
  WeightsSnapshot(ParameterSet parameters) {
    this.parameters = parameters;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      parameters
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor copy = tensor.detach().clone();
                copy.retainReference();
                copies.put(name, copy);
              });
    }
  }

  /** Copies the weights as they are now over those of before. */
  void update() {
    copyAll(true);
  }

  /** Puts the copied weights back. */
  void restore() {
    copyAll(false);
  }

  private void copyAll(boolean fromModel) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      parameters
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor copy = copies.get(name);
                if (fromModel) {
                  copy.copy_(tensor);
                } else {
                  tensor.copy_(copy);
                }
              });
    }
  }

  @Override
  public void close() {
    copies.values().forEach(Tensor::close);
    copies.clear();
  }
}
