package org.sparkfinetune.model.compute;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * A model's weights in the form that forward passes multiply with, made at the first pass: for a
 * model that is not trained any more, and for passes of one arithmetic. Thread-safe; {@link #close}
 * when no pass uses them any more.
 */
public final class PreparedWeights implements AutoCloseable {
  // By their names: one may be multiplied with alone and together with others.
  private final ConcurrentMap<List<String>, Tensor> prepared = new ConcurrentHashMap<>();

  /**
   * Weights in their form.
   *
   * @param prepare gives it, within the caller's {@code PointerScope}
   */
  Tensor get(List<Parameter> weights, Function<List<Parameter>, Tensor> prepare) {
    return prepared.computeIfAbsent(
        weights.stream().map(Parameter::name).toList(),
        names -> {
          Tensor form = prepare.apply(weights);
          // A handle of its own: what needs no other form is the model's to close.
          return new Tensor(form).retainReference();
        });
  }

  @Override
  public void close() {
    prepared.values().forEach(Tensor::releaseReference);
    prepared.clear();
  }
}
