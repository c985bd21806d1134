package org.sparkfinetune.collective;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Averages gradients when the backward pass has ended. libtorch's {@code Reducer} sends a gradient
 * off when it has come once, and refuses what comes later: so it cannot serve passes that give
 * gradients in parts.
 */
final class WholeReducer implements GradientReducer {
  private final GlooWorkerGroup workers;
  private final List<Tensor> weights;
  private boolean announced;

  WholeReducer(GlooWorkerGroup workers, List<Tensor> weights) {
    this.workers = workers;
    this.weights = weights;
  }

  @Override
  public void beforeBackward() {
    announced = true;
  }

  @Override
  public void afterBackward() {
    if (!announced) {
      return;
    }
    announced = false;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      workers.average(Gradients.of(weights));
    }
  }

  @Override
  public void close() {
    // Holds nothing of its own.
  }
}
