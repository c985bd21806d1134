package org.sparkfinetune.train;

import org.sparkfinetune.UserException;

/** The learning rate of each step, as a share of the peak. */
@FunctionalInterface
public interface LearningRateSchedule {
  /** Where {@code polynomial} ends: {@code lr_end} of transformers. */
  double POLYNOMIAL_END = 1e-7;

  /** The time scale of {@code inverse_sqrt} without a warm-up, as transformers has it. */
  int INVERSE_SQRT_TIMESCALE = 10_000;

  /**
   * The factor on the peak learning rate.
   *
   * @param step optimizer steps done before this one, from 0
   */
  double factor(int step);

  /**
   * The schedule that the arguments name, equal to that of transformers' {@code get_scheduler}.
   *
   * @param totalSteps all steps, the warm-up included
   * @param peakLearningRate what the factors are to be multiplied with; only {@code polynomial},
   *     which ends at {@value #POLYNOMIAL_END}, depends on it
   * @throws UserException when {@code polynomial} would end higher than at the peak
   */
  static LearningRateSchedule of(
      ScheduleArguments arguments, int totalSteps, double peakLearningRate) {
    int warmup = warmupSteps(arguments, totalSteps);
    double cycles = arguments.lrSchedulerNumCycles();
    return switch (arguments.lrSchedulerType()) {
      case CONSTANT -> step -> 1;
      case CONSTANT_WITH_WARMUP -> warmedUp(warmup, step -> 1);
      case LINEAR ->
          warmedUp(
              warmup,
              step -> Math.max(0, (double) (totalSteps - step) / Math.max(1, totalSteps - warmup)));
      case COSINE ->
          warmedUp(warmup, cosine(warmup, totalSteps, Double.isNaN(cycles) ? 0.5 : cycles));
      case COSINE_WITH_RESTARTS ->
          warmedUp(
              warmup, cosineWithRestarts(warmup, totalSteps, Double.isNaN(cycles) ? 1 : cycles));
      case POLYNOMIAL ->
          warmedUp(
              warmup,
              polynomial(warmup, totalSteps, peakLearningRate, arguments.lrSchedulerPower()));
      case INVERSE_SQRT -> {
        int timescale = warmup > 0 ? warmup : INVERSE_SQRT_TIMESCALE;
        // The curve is shifted so that it is 1 where the warm-up ends.
        yield warmedUp(
            warmup, step -> 1 / Math.sqrt((double) (step + (timescale - warmup)) / timescale));
      }
    };
  }

  /**
   * The steps of the rise: {@code warmup_steps}, or else {@code warmup_ratio} of all, rounded up.
   */
  private static int warmupSteps(ScheduleArguments arguments, int totalSteps) {
    return arguments.warmupSteps() > 0
        ? arguments.warmupSteps()
        : (int) Math.ceil(totalSteps * arguments.warmupRatio());
  }

  private static LearningRateSchedule warmedUp(int warmup, LearningRateSchedule rest) {
    return step -> step < warmup ? (double) step / Math.max(1, warmup) : rest.factor(step);
  }

  private static double progress(int step, int warmup, int totalSteps) {
    return (double) (step - warmup) / Math.max(1, totalSteps - warmup);
  }

  private static LearningRateSchedule cosine(int warmup, int totalSteps, double cycles) {
    return step -> {
      double progress = progress(step, warmup, totalSteps);
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress)));
    };
  }

  private static LearningRateSchedule cosineWithRestarts(
      int warmup, int totalSteps, double cycles) {
    return step -> {
      double progress = progress(step, warmup, totalSteps);
      return progress >= 1
          ? 0
          : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((cycles * progress) % 1))));
    };
  }

  private static LearningRateSchedule polynomial(
      int warmup, int totalSteps, double peak, double power) {
    if (!(peak > POLYNOMIAL_END)) {
      throw new UserException(
          "training.learning_rate="
              + peak
              + " is too small for training.lr_scheduler_type=polynomial, which falls to "
              + POLYNOMIAL_END
              + ": give a larger one, or take linear, which falls to 0");
    }
    return step -> {
      double remaining = Math.max(0, 1 - progress(step, warmup, totalSteps));
      return ((peak - POLYNOMIAL_END) * Math.pow(remaining, power) + POLYNOMIAL_END) / peak;
    };
  }
}
