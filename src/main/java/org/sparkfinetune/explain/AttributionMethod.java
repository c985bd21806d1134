package org.sparkfinetune.explain;

/**
 * How a logit is shared among the words of a text. The first three are sums over the gradients of a
 * token's embedding, which is what the encoder's module {@code embeddings} gives; the next two
 * change words and look at what becomes of the logit.
 */
public enum AttributionMethod {
  /**
   * The gradients on the way from a baseline to the text, times that way (Sundararajan et al.,
   * 2017). What words and special tokens get adds up to what the text's logit has more than the
   * baseline's.
   */
  INTEGRATED_GRADIENTS,

  /** The gradient times the embedding (Shrikumar et al., 2016). */
  INPUT_X_GRADIENT,

  /** The sum of the absolute gradient (Simonyan et al., 2013): never negative. */
  SALIENCY,

  /** What the logit loses where the word is masked (Zeiler and Fergus, 2014). */
  OCCLUSION,

  /**
   * The word's mean contribution over all sets of the other words, masked ones being away: Shapley
   * values by a weighted regression (Lundberg and Lee, 2017). Of few words it is exact, else of
   * drawn sets.
   */
  KERNEL_SHAP,

  /**
   * How much of each token's embedding attention has brought to the vector that is classified
   * (Abnar and Zuidema, 2020). It is the same for all labels, and never negative: where the model
   * has looked, not what it has made of it.
   */
  ATTENTION_ROLLOUT;

  /** Whether words are masked for it; otherwise it gives tokens their scores. */
  boolean isByMasking() {
    return this == OCCLUSION || this == KERNEL_SHAP;
  }
}
