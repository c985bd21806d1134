package io.sparkfinetune.model;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How one forward pass computes: its arithmetic and whether dropout acts. The layers hold weights;
 * this holds everything else, so a model can be used by several passes at once.
 *
 * @param dtype fp32 or bf16: the type of activations and matrix products. Weights are fp32 and are
 *     cast once a pass, within autograd, so that gradients reach the fp32 weights
 * @param dropout the source of dropout's randomness; null switches dropout off
 */
public record ForwardPass(ScalarType dtype, Generator dropout) {
  /** fp32 without dropout. */
  public static ForwardPass inference() {
    return new ForwardPass(ScalarType.Float, null);
  }

  /** A tensor in this pass's type; itself if it is that already. */
  Tensor cast(Tensor tensor) {
    return tensor.scalar_type() == dtype ? tensor : tensor.to(dtype);
  }

  /**
   * {@code x} times the transposed weight, plus bias; {@code x: [..., in]}, {@code weight: [out,
   * in]}.
   */
  Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return torch.linear(x, cast(weight), new TensorOptional(cast(bias)));
  }

  /**
   * Zeroes each element with probability {@code p} and scales the others by {@code 1 / (1 - p)}.
   *
   * <p>Elements are kept by comparing 16 random bits each with a threshold: four elements a draw of
   * the generator, where libtorch's own dropout on a CPU draws twice an element and takes 6 to 13
   * times as long. {@code p} is thereby rounded to a multiple of 2^-16; the scale is that of the
   * rounded value, so the expectation is exact.
   */
  Tensor dropout(Tensor x, double p) {
    if (dropout == null || p <= 0) {
      return x;
    }
    long n = x.numel();
    // 2^16 equally likely values from -32768 on; the lowest `dropped` of them drop the element.
    long dropped = Math.min(65535, Math.round(p * 65536));
    Tensor bits =
        torch
            .empty(new long[] {(n + 3) / 4}, new TensorOptions(ScalarType.Long), null)
            .random_(Long.MIN_VALUE, new LongOptional(), new GeneratorOptional(dropout))
            .view(ScalarType.Short)
            .slice(0, new LongOptional(0), new LongOptional(n), 1);
    Tensor kept = bits.ge(new Scalar((double) (dropped - 32768))).view(x.shape());
    double scale = 65536.0 / (65536 - dropped);
    return x.mul(kept.to(x.scalar_type()).mul_(new Scalar(scale)));
  }
}
