package org.sparkfinetune.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.torch.Libtorch;

/** The arithmetic of forward and backward passes; weights and optimizer state are fp32 in each. */
public enum Precision {
  /** bf16 where the processor, or the GPU of the training, multiplies it natively, else fp32. */
  AUTO,
  /** 32-bit floating point throughout. */
  FP32,
  /** Matrix products and activations in bfloat16. */
  BF16,
  /** Matrix products and activations in half precision, with loss scaling; on GPUs alone. */
  FP16;

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** The precision that this machine's processor trains with: never {@link #AUTO}. */
  public Precision resolve() {
    return resolve(false);
  }

  /** The precision that a GPU, or the processor, trains with: never {@link #AUTO}. */
  Precision resolve(boolean cuda) {
    if (this != AUTO) {
      return this;
    }
    return (cuda ? Libtorch.cudaMultipliesBf16() : multipliesBf16()) ? BF16 : FP32;
  }

  /** The type of tensors that is computed in. */
  public ScalarType dtype() {
    return switch (resolve()) {
      case BF16 -> ScalarType.BFloat16;
      case FP16 -> ScalarType.Half;
      default -> ScalarType.Float;
    };
  }

  /**
   * What a processor that does not train computes in: of {@link #FP16}, which is for GPUs, what
   * {@link #AUTO} gives.
   */
  public ScalarType inferenceDtype() {
    return (this == FP16 ? AUTO : this).dtype();
  }

  /**
   * Whether the processor has bf16 instructions, as Linux lists them. Without them bf16 is
   * emulated.
   */
  private static boolean multipliesBf16() {
    try {
      String flags = Files.readString(CPU_INFO);
      return flags.contains("amx_bf16") || flags.contains("avx512_bf16");
    } catch (IOException notLinux) {
      return false;
    }
  }
}
