package org.sparkfinetune.train;

/**
 * The factor on the loss that keeps fp16 gradients from vanishing: doubled after 2,000 steps in a
 * row with finite gradients, halved at a step without, which is left out (Micikevicius et al.,
 * 2018; the numbers are those of {@code torch.amp.GradScaler}). In other arithmetic it is 1.
 */
final class LossScaler {
  private static final double INITIAL = 65_536;
  private static final int GROWTH_INTERVAL = 2_000;

  private final boolean active;
  private double scale;
  private int steps;

  LossScaler(boolean active) {
    this.active = active;
    scale = active ? INITIAL : 1;
  }

  double scale() {
    return scale;
  }

  /**
   * What there is to know of one.
   *
   * @param steps since the scale changed
   */
  record State(double scale, int steps) {}

  /** For going on elsewhere; null but for fp16. */
  State state() {
    return active ? new State(scale, steps) : null;
  }

  /** Takes note of a step's gradients; true when the step is to be left out. */
  boolean skips(boolean finite) {
    if (!active) {
      return false;
    }
    if (!finite) {
      scale /= 2;
      steps = 0;
      // Below this no scale helps: the loss itself is not finite, and the caller says so.
      return scale >= 1;
    }
    if (++steps == GROWTH_INTERVAL) {
      scale *= 2;
      steps = 0;
    }
    return false;
  }

  /** Goes on where another one stood, if both are of fp16. */
  void resume(State other) {
    if (active && other != null) {
      scale = other.scale();
      steps = other.steps();
    }
  }
}
