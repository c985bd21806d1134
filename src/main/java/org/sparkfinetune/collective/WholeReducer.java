package org.sparkfinetune.collective;

import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Averages gradients when the backward pass has ended. libtorch's {@code Reducer} sends a gradient
 * off when it has come once, and refuses what comes later: so it cannot serve passes that give
 * gradients in parts.
 */
final class WholeReducer extends AnnouncedReducer {
  private final Consumer<List<Tensor>> average;
  private final List<Tensor> weights;

  /**
   * Takes what averages.
   *
   * @param average of tensors over the workers, in place
   * @param weights whose gradients are averaged
   */
  WholeReducer(Consumer<List<Tensor>> average, List<Tensor> weights) {
    this.average = average;
    this.weights = weights;
  }

  @Override
  void exchange() {
    average.accept(Gradients.of(weights));
  }

  @Override
  public void close() {
    // Holds nothing of its own.
  }
}
