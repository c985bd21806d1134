package org.sparkfinetune.collective;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/** Exchanges gradients at the end of each backward pass that was announced, and of no other. */
abstract class AnnouncedReducer implements GradientReducer {
  private boolean announced;

  @Override
  public final void beforeBackward() {
    announced = true;
  }

  @Override
  public final void afterBackward() {
    if (!announced) {
      return;
    }
    announced = false;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      exchange();
    }
  }

  /** Does it; an operation of all workers, of which no gradient is taken. */
  abstract void exchange();
}
