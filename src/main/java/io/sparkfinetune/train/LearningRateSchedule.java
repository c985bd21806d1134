package io.sparkfinetune.train;

/** The learning rate of each step, as a share of the peak. */
@FunctionalInterface
public interface LearningRateSchedule {
  /**
   * The factor on the peak learning rate.
   *
   * @param step optimizer steps done before this one, from 0
   */
  double factor(int step);

  /**
   * Rises from 0 to 1 over the warm-up, then falls to 0 in a straight line: transformers' {@code
   * get_linear_schedule_with_warmup}.
   *
   * @param warmupSteps steps of the rise
   * @param totalSteps all steps, the rise included
   */
  static LearningRateSchedule linear(int warmupSteps, int totalSteps) {
    return step ->
        step < warmupSteps
            ? (double) step / Math.max(1, warmupSteps)
            : Math.max(0, (double) (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
  }
}
