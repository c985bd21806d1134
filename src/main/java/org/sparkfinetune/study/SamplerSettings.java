package org.sparkfinetune.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
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

/**
 * The settings that give a sampler or a pruner that a program has made, so that the record of its
 * study can be repeated. They are found when {@link SamplerFactory} makes an equal one of them.
 */
final class SamplerSettings {
  private static final String SECTION = TuneArguments.SCHEMA.section() + ".";

  private SamplerSettings() {}

  /** By whole key; empty where no settings give it. */
  static Optional<Map<String, Object>> of(Sampler sampler) {
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
    return !found.isEmpty()
            && SamplerFactory.sampler(TuneArguments.SCHEMA.create(found)).equals(sampler)
        ? Optional.of(whole(found))
        : Optional.empty();
  }

  /**
   * By whole key; empty where no settings give it. The name that hyperband has is not asked for.
   */
  static Optional<Map<String, Object>> of(Pruner pruner) {
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
            && SamplerFactory.pruner(TuneArguments.SCHEMA.create(found), study).equals(pruner)
        ? Optional.of(whole(found))
        : Optional.empty();
  }

  private static Map<String, Object> whole(Map<String, Object> found) {
    Map<String, Object> whole = new LinkedHashMap<>();
    found.forEach((name, value) -> whole.put(SECTION + name, value));
    return whole;
  }
}
