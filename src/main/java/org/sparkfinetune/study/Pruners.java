package org.sparkfinetune.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.pruner.HyperbandPruner;
import org.sparkfinetune.tune.pruner.MedianPruner;
import org.sparkfinetune.tune.pruner.NopPruner;
import org.sparkfinetune.tune.pruner.PatientPruner;
import org.sparkfinetune.tune.pruner.PercentilePruner;
import org.sparkfinetune.tune.pruner.SuccessiveHalvingPruner;

/** The pruners that settings name, and the settings that name them. */
final class Pruners {
  private Pruners() {}

  /**
   * The one that the settings name.
   *
   * @param name of the study, by which hyperband spreads its trials
   * @throws UserException when there is nothing that it could go by
   */
  static Pruner of(TuneArguments tune, Objectives goal, String name) {
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
    return of(tune, name);
  }

  /** What the settings say, whether or not it can work. */
  static Pruner of(TuneArguments tune, String name) {
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

  /**
   * The settings that give a pruner which a program has made, by whole key; empty where none give
   * an equal one. The name that hyperband has is not asked for.
   */
  static Optional<Map<String, Object>> settings(Pruner pruner) {
    Map<String, Object> found = new LinkedHashMap<>();
    Pruner inner = pruner;
    if (pruner instanceof PatientPruner patient) {
      found.put("pruner_patience", patient.patience());
      inner = patient.pruner();
    }
    String study = "";
    if (inner instanceof NopPruner) {
      found.put("pruner", "none");
    } else if (inner instanceof MedianPruner median) {
      found.put("pruner", "median");
      found.put("pruner_startup_trials", median.startupTrials());
      found.put("pruner_warmup_steps", median.warmupSteps());
    } else if (inner instanceof PercentilePruner percentile) {
      found.put("pruner", "percentile");
      found.put("pruner_percentile", percentile.percentile());
      found.put("pruner_startup_trials", percentile.startupTrials());
      found.put("pruner_warmup_steps", percentile.warmupSteps());
    } else if (inner instanceof SuccessiveHalvingPruner halving) {
      found.put("pruner", "asha");
      found.put("min_resource", halving.minResource().orElse(1));
      found.put("reduction_factor", halving.reductionFactor());
    } else if (inner instanceof HyperbandPruner hyperband) {
      study = hyperband.studyName();
      found.put("pruner", "hyperband");
      found.put("min_resource", hyperband.minResource());
      found.put("reduction_factor", hyperband.reductionFactor());
    }
    return found.containsKey("pruner")
            && of(TuneArguments.SCHEMA.create(found), study).equals(pruner)
        ? Optional.of(TuneArguments.wholeKeys(found))
        : Optional.empty();
  }
}
