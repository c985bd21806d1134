package org.sparkfinetune.model.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.torch.Libtorch;

class DropoutTest {
  private static final int N = 1_000_003;

  @BeforeAll
  static void load() {
    Libtorch.load();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.25, 0.5, 0.9})
  void dropsTheAskedShareAndKeepsTheMean(double p) {
    float[] values = drop(p, 7);
    int dropped = 0;
    double sum = 0;
    int pairs = 0;
    for (int i = 0; i < N; i++) {
      dropped += values[i] == 0 ? 1 : 0;
      sum += values[i];
      pairs += i > 0 && values[i] == 0 && values[i - 1] == 0 ? 1 : 0;
    }
    // Five standard deviations of a binomial share of N draws, and the rounding of p.
    double tolerance = 5 * Math.sqrt(p * (1 - p) / N) + 1.0 / 65536;
    assertThat((double) dropped / N).isCloseTo(p, within(tolerance));
    assertThat(sum / N).isCloseTo(1, within(tolerance / (1 - p)));
    // Neighbors share a draw of 64 bits: they must be independent all the same.
    assertThat((double) pairs / N).isCloseTo(p * p, within(3 * tolerance));
  }

  @Test
  void sameSeedDropsTheSame() {
    assertThat(drop(0.3, 11)).isEqualTo(drop(0.3, 11)).isNotEqualTo(drop(0.3, 12));
  }

  @Test
  void nothingIsDroppedWithoutAGeneratorOrAProbability() {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = torch.ones(5);
      assertThat(ForwardPass.inference().dropout(x, 0.5)).isSameAs(x);
      ForwardPass pass = new ForwardPass(ScalarType.Float, torch.make_generator_cpu(1));
      assertThat(pass.dropout(x, 0)).isSameAs(x);
    }
  }

  private static float[] drop(double p, long seed) {
    try (PointerScope scope = new PointerScope()) {
      ForwardPass pass = new ForwardPass(ScalarType.Float, torch.make_generator_cpu(seed));
      float[] values = new float[N];
      new FloatPointer(pass.dropout(torch.ones(N), p).data_ptr()).get(values);
      return values;
    }
  }
}
