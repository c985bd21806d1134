package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossScalerTest {
  @Test
  void goesOnWithAScaleWhereBothTrainingsAreOfFp16() {
    LossScaler half = new LossScaler(true);
    assertThat(half.skips(false)).isTrue();
    assertThat(half.skips(true)).isFalse();
    LossScaler.State state = half.state();
    assertThat(state).isEqualTo(new LossScaler.State(32_768, 1));

    LossScaler resumed = new LossScaler(true);
    resumed.resume(state);
    assertThat(resumed.state()).isEqualTo(state);

    LossScaler single = new LossScaler(false);
    assertThat(single.state()).isNull();
    single.resume(state);
    assertThat(single.scale()).isEqualTo(1);

    LossScaler anew = new LossScaler(true);
    anew.resume(single.state());
    assertThat(anew.scale()).isEqualTo(65_536);
  }
}
