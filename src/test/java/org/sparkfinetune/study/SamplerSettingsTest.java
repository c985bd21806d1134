package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.SettingsBuilder;
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

class SamplerSettingsTest {
  private static TuneArguments read(Map<String, Object> settings) {
    SettingsBuilder builder =
        new SettingsBuilder(SettingKeys.of(TuneArguments.SCHEMA), List.of("tune.space"));
    settings.forEach(builder::set);
    return builder.build("").get(TuneArguments.SCHEMA);
  }

  static Stream<Sampler> samplers() {
    return Stream.of(
        new GridSampler(),
        new RandomSampler(7),
        new SobolSampler(-1),
        new TpeSampler(3, TpeSampler.Options.DEFAULT),
        new TpeSampler(3, new TpeSampler.Options(4, 24, Optional.of(false), true)));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void theSettingsOfASamplerGiveItAgain(Sampler sampler) {
    assertThat(Samplers.of(read(Samplers.settings(sampler).orElseThrow()))).isEqualTo(sampler);
  }

  static Stream<Pruner> pruners() {
    return Stream.of(
        new NopPruner(),
        new MedianPruner(3, 2, 1, 1),
        new PercentilePruner(30, 3, 2, 1, 1),
        new SuccessiveHalvingPruner(OptionalInt.of(2), 3, 0, 0),
        new HyperbandPruner("study", 2, OptionalInt.empty(), 4, 0),
        new PatientPruner(new MedianPruner(5, 0, 1, 1), 2, 0));
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void theSettingsOfAPrunerGiveItAgain(Pruner pruner) {
    assertThat(Pruners.of(read(Pruners.settings(pruner).orElseThrow()), "study")).isEqualTo(pruner);
  }

  @Test
  void whatNoSettingsGiveHasNone() {
    assertThat(
            Samplers.settings(
                new TpeSampler(3, new TpeSampler.Options(10, 99, Optional.empty(), true))))
        .isEmpty();
    assertThat(Samplers.settings((history, space, number) -> Map.of())).isEmpty();
    assertThat(Pruners.settings(new MedianPruner(3, 2, 5, 1))).isEmpty();
    assertThat(Pruners.settings(new SuccessiveHalvingPruner(OptionalInt.empty(), 4, 0, 0)))
        .isEmpty();
    assertThat(Pruners.settings(new PatientPruner(new NopPruner(), 2, 0.5))).isEmpty();
  }
}
