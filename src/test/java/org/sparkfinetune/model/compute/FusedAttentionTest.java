package org.sparkfinetune.model.compute;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.TestMachine;
import org.sparkfinetune.torch.BatchedGemm;
import org.sparkfinetune.torch.Libtorch;

/** The kernel against the plain operations, which draw the same dropout from the same seed. */
class FusedAttentionTest {
  @BeforeAll
  static void needsMkl() {
    Libtorch.load();
    TestMachine.require(BatchedGemm.isAvailable(), "MKL");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, false, 0",
    "1, 1, 2, 3, false, 0.5",
    "1, 7, 3, 5, false, 0",
    "5, 1, 2, 8, false, 0.1",
    "4, 16, 12, 32, true, 0",
    "4, 16, 12, 32, true, 0.1",
    "3, 33, 5, 7, true, 0.9",
    "2, 300, 16, 8, true, 0.1",
    "2, 120, 4, 64, true, 0"
  })
  void equalsThePlainOperations(
      int rows, int length, int heads, int size, boolean padded, double dropout) {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = torch.randn(rows, length, 3L * heads * size);
      Tensor weight = torch.randn(rows, length, (long) heads * size);
      Tensor bias = padded ? padding(rows, length) : null;
      Tensor[] results = new Tensor[4];
      for (int i = 0; i < 2; i++) {
        AttentionImplementation attention =
            i == 0 ? AttentionImplementation.AUTO : AttentionImplementation.EAGER;
        Tensor leaf = input.detach().clone().set_requires_grad(true);
        Tensor out = attend(attention, leaf, bias, heads, size, dropout);
        assertThat(out.grad_fn().name().getString().contains("Clone")).isEqualTo(i == 0);
        out.mul(weight).sum().backward();
        results[i] = out.detach();
        results[2 + i] = leaf.grad();
      }
      // fp32 sums of up to 300 products in another order: tens of ulps of the largest.
      assertThat(relativeDistance(results[0], results[1])).isLessThan(1e-5);
      assertThat(relativeDistance(results[2], results[3])).isLessThan(1e-5);
      try (NoGradGuard guard = new NoGradGuard()) {
        Tensor inferred = attend(AttentionImplementation.AUTO, input, bias, heads, size, dropout);
        assertThat(relativeDistance(inferred, results[1])).isLessThan(1e-5);
      }
    }
  }

  /** bf16 goes in and comes out; what is between is fp32's, bit for bit. */
  @Test
  void computesInFp32WhateverTheArithmeticOfThePass() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = torch.randn(3, 9, 24).to(ScalarType.BFloat16);
      Tensor weight = torch.randn(3, 9, 8).to(ScalarType.BFloat16);
      Tensor half = input.clone().set_requires_grad(true);
      Tensor outOfHalf = attend(ScalarType.BFloat16, AttentionImplementation.AUTO, half);
      outOfHalf.mul(weight).sum().backward();
      Tensor full = input.to(ScalarType.Float).set_requires_grad(true);
      Tensor outOfFull = attend(ScalarType.Float, AttentionImplementation.AUTO, full);
      outOfFull.mul(weight.to(ScalarType.Float)).sum().backward();
      assertThat(outOfHalf.equal(outOfFull.to(ScalarType.BFloat16))).isTrue();
      assertThat(half.grad().equal(full.grad().to(ScalarType.BFloat16))).isTrue();
      assertThat(outOfHalf.grad_fn().name().getString()).contains("ToCopy");
    }
  }

  @Test
  void passesMayRunBackwardInAnyOrderAndBeAbandoned() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = torch.randn(2, 5, 24);
      Tensor expected = gradient(input);
      Tensor first = input.detach().clone().set_requires_grad(true);
      Tensor second = input.detach().clone().set_requires_grad(true);
      Tensor outOfFirst = attend(first);
      for (int i = 0; i < 1000; i++) {
        try (PointerScope abandoned = new PointerScope()) {
          attend(i % 2 == 0 ? first : second);
        }
      }
      Tensor outOfSecond = attend(second);
      outOfFirst.sum().backward();
      outOfSecond.sum().backward();
      assertThat(relativeDistance(first.grad(), expected)).isZero();
      assertThat(relativeDistance(second.grad(), expected)).isZero();
      // Of a second pass, as when gradients are accumulated.
      attend(first).sum().backward();
      assertThat(relativeDistance(first.grad(), expected.add(expected))).isZero();
    }
  }

  @Test
  void theInputMayBeUsedElsewhereToo() {
    try (PointerScope scope = new PointerScope()) {
      Tensor input = torch.randn(2, 5, 24);
      Tensor alone = gradient(input);
      Tensor leaf = input.detach().clone().set_requires_grad(true);
      attend(leaf).sum().add(leaf.sum()).backward();
      assertThat(relativeDistance(leaf.grad(), alone.add(torch.ones(2, 5, 24)))).isLessThan(1e-6);
    }
  }

  private static Tensor gradient(Tensor input) {
    Tensor leaf = input.detach().clone().set_requires_grad(true);
    attend(leaf).sum().backward();
    return leaf.grad().clone();
  }

  private static Tensor attend(
      ScalarType dtype, AttentionImplementation attention, Tensor projected) {
    return new ForwardPass(dtype, torch.make_generator_cpu(7), attention)
        .selfAttention(projected, 2, 4, null, 0.5, 0.1);
  }

  private static Tensor attend(Tensor projected) {
    return attend(AttentionImplementation.AUTO, projected, null, 2, 4, 0.1);
  }

  private static Tensor attend(
      AttentionImplementation attention,
      Tensor projected,
      Tensor bias,
      int heads,
      int size,
      double dropout) {
    return new ForwardPass(ScalarType.Float, torch.make_generator_cpu(7), attention)
        .selfAttention(projected, heads, size, bias, 1 / Math.sqrt(size), dropout);
  }

  /** Row i has its last i tokens padded, but for the first token. */
  private static Tensor padding(int rows, int length) {
    Tensor lengths = torch.empty(rows).to(ScalarType.Long);
    LongPointer data = new LongPointer(lengths.data_ptr());
    for (int i = 0; i < rows; i++) {
      data.put(i, Math.max(1, length - i));
    }
    Tensor positions = torch.ones(length).to(ScalarType.Long).cumsum(0);
    Tensor padding = positions.unsqueeze(0).gt(lengths.unsqueeze(1));
    return new ForwardPass(ScalarType.Float, null)
        .paddingBias(new Tokens<>(lengths, null, lengths, padding));
  }

  /** The largest difference relative to the largest element. */
  private static double relativeDistance(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double() / Math.max(1e-30, b.abs().max().item_double());
  }
}
