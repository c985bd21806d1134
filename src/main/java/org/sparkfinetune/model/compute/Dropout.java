package org.sparkfinetune.model.compute;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Draws which elements dropout keeps.
 *
 * <p>Elements are kept by comparing 16 random bits each with a threshold: four elements a draw of
 * the generator, where libtorch's own dropout on a CPU draws twice an element and takes 6 to 13
 * times as long. The probability is thereby rounded to a multiple of 2^-16; the scale is that of
 * the rounded value, so the expectation is exact.
 */
final class Dropout {
  private final Generator generator;

  /** How many of the 2^16 values of an element's bits drop it. */
  private final long dropped;

  /**
   * Dropout from a source of randomness.
   *
   * @param generator of the CPU; stays the caller's
   * @param p the probability with which an element is dropped; more than 0
   */
  Dropout(Generator generator, double p) {
    this.generator = generator;
    dropped = Math.min(65535, Math.round(p * 65536));
  }

  /** The factor of the elements that are kept. */
  double scale() {
    return 65536.0 / (65536 - dropped);
  }

  /**
   * Draws anew which elements are kept.
   *
   * @return boolean, in the processor's memory and the caller's {@code PointerScope}
   */
  Tensor kept(long... shape) {
    Tensor kept = torch.empty(shape, new TensorOptions(ScalarType.Bool), null);
    try (PointerScope scope = new PointerScope()) {
      long n = kept.numel();
      Tensor bits =
          torch
              .empty(new long[] {(n + 3) / 4}, new TensorOptions(ScalarType.Long), null)
              .random_(Long.MIN_VALUE, new LongOptional(), new GeneratorOptional(generator))
              .view(ScalarType.Short)
              .slice(0, new LongOptional(0), new LongOptional(n), 1);
      // 2^16 equally likely values from -32768 on; the lowest `dropped` of them drop the element.
      torch.ge_out(kept.view(-1), bits, new Scalar((double) (dropped - 32768)));
    }
    return kept;
  }

  /**
   * Draws anew the factors of a tensor's elements, where the tensor is: by a generator of that
   * device's own, which starts from a number that is drawn here, and not by copying draws there.
   *
   * @return {@code 0} or {@link #scale}, of {@code x}'s shape and type
   */
  Tensor factors(Tensor x) {
    Tensor factors = torch.empty_like(x);
    try (PointerScope scope = new PointerScope()) {
      long seed =
          torch
              .empty(new long[] {1}, new TensorOptions(ScalarType.Long), null)
              .random_(Long.MIN_VALUE, new LongOptional(), new GeneratorOptional(generator))
              .item_long();
      Generator there =
          x.is_cuda()
              ? torch.getCUDAHooks().getNewGenerator(x.device().index())
              : torch.make_generator_cpu();
      there.set_current_seed(seed);
      factors
          .bernoulli_(1 - dropped / 65536.0, new GeneratorOptional(there))
          .mul_(new Scalar(scale()));
    }
    return factors;
  }
}
