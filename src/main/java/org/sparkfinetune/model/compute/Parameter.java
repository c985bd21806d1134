package org.sparkfinetune.model.compute;

import org.bytedeco.pytorch.Tensor;

/**
 * A weight of a model.
 *
 * @param name its Hugging Face name, as in {@code bert.embeddings.word_embeddings.weight}
 * @param depth where it acts: 0 in the embeddings, 1 in the first layer and so on, one more than
 *     the last layer's in the head. A weight that several layers share has the depth of the first
 * @param tensor its values, fp32
 * @param init how it starts when no pretrained model holds it
 */
public record Parameter(String name, int depth, Tensor tensor, Init init) {
  /** How a weight starts when no pretrained model holds it. */
  public enum Init {
    /** Normal with mean 0 and the configuration's {@code initializer_range} as deviation. */
    NORMAL,
    ZEROS,
    ONES,
    /**
     * PyTorch's and PEFT's {@code kaiming_uniform_(a=sqrt(5))}: uniform between plus and minus
     * {@code 1 / sqrt(in)} (He et al., 2015).
     */
    KAIMING_UNIFORM
  }

  /** Whether training changes it: a frozen weight has no gradient. */
  public boolean trainable() {
    return tensor.requires_grad();
  }
}
