package org.sparkfinetune.model.compute;

/** How attention is computed; the names are those of transformers' {@code attn_implementation}. */
public enum AttentionImplementation {
  /**
   * What is fastest: on a CPU {@link FusedAttention} where it applies, else {@link #SDPA} in fp32
   * and {@link #EAGER} in bf16; on a GPU {@link #SDPA}.
   */
  AUTO,
  /** Two matrix products and a softmax. */
  EAGER,
  /**
   * libtorch's {@code scaled_dot_product_attention}. Where attention weights are dropped, {@link
   * #EAGER} is used all the same: that function, too, falls back to plain operations there, but
   * draws from a generator that no seed of a training reaches.
   */
  SDPA;

  /**
   * Whether it is libtorch's fused kernel, where no attention weights are dropped.
   *
   * @param fast whether it is the fastest where the pass runs: on a GPU, or in fp32
   */
  boolean isFused(boolean fast) {
    return this == SDPA || this == AUTO && fast;
  }
}
