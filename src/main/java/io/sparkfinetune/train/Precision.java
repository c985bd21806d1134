package io.sparkfinetune.train;

/** The arithmetic of forward and backward passes; weights and optimizer state are fp32 in each. */
public enum Precision {
  /** bf16 where the processor multiplies it natively, else fp32. */
  AUTO,
  /** 32-bit floating point throughout. */
  FP32,
  /** Matrix products and activations in bfloat16. */
  BF16
}
