package org.sparkfinetune.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.sampler.GridSampler;
import org.sparkfinetune.tune.sampler.RandomSampler;
import org.sparkfinetune.tune.sampler.SobolSampler;
import org.sparkfinetune.tune.sampler.TpeSampler;

/** The samplers that settings name, and the settings that name them. */
final class Samplers {
  private Samplers() {}

  /** The one that the settings name. */
  static Sampler of(TuneArguments tune) {
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
   * The settings that give a sampler which a program has made, by whole key, so that the record of
   * its study can be repeated; empty where none give an equal one.
   */
  static Optional<Map<String, Object>> settings(Sampler sampler) {
    Map<String, Object> found = new LinkedHashMap<>();
    if (sampler instanceof GridSampler) {
      found.put("sampler", "grid");
    } else if (sampler instanceof RandomSampler random) {
      found.put("sampler", "random");
      found.put("seed", random.seed());
    } else if (sampler instanceof SobolSampler sobol) {
      found.put("sampler", "sobol");
      found.put("seed", sobol.seed());
    } else if (sampler instanceof TpeSampler tpe) {
      found.put("sampler", "tpe");
      found.put("seed", tpe.seed());
      found.put("n_startup_trials", tpe.options().startupTrials());
      found.put("multivariate", tpe.options().multivariate().map(String::valueOf).orElse("auto"));
    }
    return !found.isEmpty() && of(TuneArguments.SCHEMA.create(found)).equals(sampler)
        ? Optional.of(TuneArguments.wholeKeys(found))
        : Optional.empty();
  }
}
