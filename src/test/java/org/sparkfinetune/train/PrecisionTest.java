package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.junit.jupiter.api.Test;
import org.sparkfinetune.torch.Libtorch;

class PrecisionTest {
  /** Whatever this machine's processor can. */
  @Test
  void autoOnGpusIsWhatTheGpuMultiplies() {
    assumeThat(Libtorch.cudaAvailable()).isFalse();
    assertThat(Precision.AUTO.resolve(true)).isEqualTo(Precision.FP32);
    assertThat(Precision.BF16.resolve(true)).isEqualTo(Precision.BF16);
    assertThat(Precision.AUTO.resolve(false)).isEqualTo(Precision.AUTO.resolve());
  }
}
