package org.sparkfinetune.study;

import java.util.Optional;
import java.util.OptionalInt;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.pruner.HyperbandPruner;
import org.sparkfinetune.tune.pruner.MedianPruner;
import org.sparkfinetune.tune.pruner.NopPruner;
import org.sparkfinetune.tune.pruner.PatientPruner;
import org.sparkfinetune.tune.pruner.PercentilePruner;
import org.sparkfinetune.tune.pruner.SuccessiveHalvingPruner;
import org.sparkfinetune.tune.sampler.GridSampler;
import org.sparkfinetune.tune.sampler.RandomSampler;
import org.sparkfinetune.tune.sampler.SobolSampler;
import org.sparkfinetune.tune.sampler.TpeSampler;

/** The sampler, the pruner and the user's own objective that a configuration names. */
final class SamplerFactory {
  private SamplerFactory() {}

  static Sampler sampler(TuneArguments tune) {
    return switch (tune.sampler()) {
      case "random" -> new RandomSampler(tune.seed());
      case "sobol" -> new SobolSampler(tune.seed());
      case "grid" -> new GridSampler();
      default ->
          new TpeSampler(
              tune.seed(),
              new TpeSampler.Options(
                  tune.nStartupTrials(),
                  TpeSampler.Options.DEFAULT.candidates(),
                  tune.multivariate().equals("auto")
                      ? Optional.empty()
                      : Optional.of(Boolean.valueOf(tune.multivariate())),
                  true));
    };
  }

  /**
   * The user's own objective; empty when trials fine-tune.
   *
   * @throws UserException when there is no such class, or it is none
   */
  static Optional<Objective> objective(TuneArguments tune) {
    String name = tune.objective();
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      Object made =
          Class.forName(name, true, Thread.currentThread().getContextClassLoader())
              .getConstructor()
              .newInstance();
      if (made instanceof Objective objective) {
        return Optional.of(objective);
      }
      throw new UserException(
          "tune.objective="
              + name
              + " is no objective: expected a class that implements "
              + Objective.class.getName());
    } catch (ReflectiveOperationException e) {
      throw new UserException(
          "tune.objective="
              + name
              + " cannot be made: expected a public class on the class path with a constructor"
              + " without arguments ("
              + Failures.summary(e)
              + ")",
          e);
    }
  }

  /**
   * @param name of the study, by which hyperband spreads its trials
   * @throws UserException when there is nothing that it could go by
   */
  static Pruner pruner(TuneArguments tune, Objectives goal, String name) {
    if (!tune.pruner().equals("none") && goal.metrics().size() > 1) {
      throw new UserException(
          "tune.pruner=%s is not allowed with several metrics (%s): expected none"
              .formatted(tune.pruner(), String.join(", ", goal.metrics())));
    }
    // A user's own objective reports what it likes.
    boolean reported = !tune.objective().isEmpty() || goal.isSeenOnTheWay();
    if (!tune.pruner().equals("none") && !reported) {
      throw new UserException(
          "tune.pruner=%s needs a metric that evaluations measure, but tune.metric=%s is known at the"
                  .formatted(tune.pruner(), goal.metric())
              + " end alone: expected none");
    }
    return pruner(tune, name);
  }

  /** What the settings say, whether or not it can work. */
  static Pruner pruner(TuneArguments tune, String name) {
    int factor = tune.reductionFactor();
    Pruner pruner =
        switch (tune.pruner()) {
          case "median" ->
              new MedianPruner(tune.prunerStartupTrials(), tune.prunerWarmupSteps(), 1, 1);
          case "percentile" ->
              new PercentilePruner(
                  tune.prunerPercentile(),
                  tune.prunerStartupTrials(),
                  tune.prunerWarmupSteps(),
                  1,
                  1);
          case "asha" ->
              new SuccessiveHalvingPruner(
                  OptionalInt.of(tune.minResource()), factor == 0 ? 4 : factor, 0, 0);
          case "hyperband" ->
              new HyperbandPruner(
                  name, tune.minResource(), OptionalInt.empty(), factor == 0 ? 3 : factor, 0);
          default -> new NopPruner();
        };
    return tune.prunerPatience() == 0
        ? pruner
        : new PatientPruner(pruner, tune.prunerPatience(), 0);
  }
}
