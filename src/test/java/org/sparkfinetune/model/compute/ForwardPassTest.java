package org.sparkfinetune.model.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.torch.Libtorch;

/** What passes in less than fp32 do on a GPU, computed by a processor. */
class ForwardPassTest {
  @BeforeAll
  static void load() {
    Libtorch.load();
  }

  private static ForwardPass onGpu(ScalarType type) {
    return new ForwardPass(
        type, null, AttentionImplementation.AUTO, false, "cuda:0", null, null, null);
  }

  /** A GPU's kernel refuses fp32 weights beside such an input; a processor's would take them. */
  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"BFloat16", "Half"})
  void layersAreNormalizedInFp32(ScalarType type) {
    try (PointerScope scope = new PointerScope()) {
      Tensor exact = torch.randn(2, 5, 16);
      Tensor x = exact.to(type);
      Tensor weight = torch.randn(16).set_requires_grad(true);
      Tensor bias = torch.randn(16);
      Tensor expected =
          ForwardPass.inference().layerNorm(x.to(ScalarType.Float), weight, bias, 1e-5);
      Tensor normalized = onGpu(type).layerNorm(x, weight, bias, 1e-5);
      assertThat(normalized.scalar_type().intern()).isEqualTo(type);
      assertThat(numbers(normalized)).isEqualTo(numbers(expected.to(type)));
      // The last that was done is to cast an fp32 result.
      assertThat(normalized.grad_fn().name().getString()).contains("ToCopy");
      normalized.sum().backward();
      assertThat(weight.grad().scalar_type().intern()).isEqualTo(ScalarType.Float);
    }
  }

  /** A token that sees nothing else must see what is as good as out of sight, and be a number. */
  @ParameterizedTest
  @EnumSource(
      value = AttentionImplementation.class,
      names = {"AUTO", "EAGER"})
  void nothingIsInfinitelyFarInHalfPrecision(AttentionImplementation attention) {
    try (PointerScope scope = new PointerScope()) {
      ForwardPass pass =
          new ForwardPass(ScalarType.Half, null, attention, false, "cuda:0", null, null, null);
      float far = -1e30f;
      float padding = Float.NEGATIVE_INFINITY;
      Tensor bias = torch.empty(2, 3);
      new FloatPointer(bias.data_ptr()).put(far, 0, padding, far, far, padding);
      // The scores are below -16, by which alone the least half and they would be infinite.
      Tensor q = torch.full(new long[] {1, 1, 2, 4}, new Scalar(-10.0)).to(ScalarType.Half);
      Tensor k = torch.full(new long[] {1, 1, 3, 4}, new Scalar(10.0)).to(ScalarType.Half);
      Tensor v = torch.empty(3);
      new FloatPointer(v.data_ptr()).put(1, 2, 4);
      float[] seen =
          numbers(pass.attention(q, k, v.view(1, 1, 3, 1).to(ScalarType.Half), bias, 0.5, 0));
      assertThat(seen[0]).isEqualTo(2);
      assertThat(seen[1]).isCloseTo(7 / 3f, within(1e-2f));
    }
  }

  @Test
  void aGpusDropoutIsThatOfItsSeed() {
    float[] first = dropped(7);
    assertThat(dropped(7)).isEqualTo(first);
    assertThat(dropped(8)).isNotEqualTo(first);
    float mean = 0;
    for (float factor : first) {
      assertThat(factor).isIn(0f, 4 / 3f);
      mean += factor / first.length;
    }
    assertThat(mean).isCloseTo(1, within(0.02f));
  }

  private static float[] dropped(long seed) {
    try (PointerScope scope = new PointerScope()) {
      ForwardPass pass =
          new ForwardPass(
              ScalarType.Float,
              torch.make_generator_cpu(seed),
              AttentionImplementation.AUTO,
              false,
              "cuda:0",
              null,
              null,
              null);
      Tensor x = torch.ones(100, 200);
      float[] one = numbers(pass.dropout(x, 0.25));
      assertThat(numbers(pass.dropout(x, 0.25))).isNotEqualTo(one);
      return one;
    }
  }

  private static float[] numbers(Tensor tensor) {
    Tensor exact = tensor.to(ScalarType.Float).contiguous();
    float[] numbers = new float[(int) exact.numel()];
    new FloatPointer(exact.data_ptr()).get(numbers);
    return numbers;
  }
}
