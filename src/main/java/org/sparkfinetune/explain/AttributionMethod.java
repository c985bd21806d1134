package org.sparkfinetune.explain;

/**
 * How a logit is shared among the words of a text. The first three are sums over the gradients of a
 * token's embedding, which is what the encoder's module {@code embeddings} gives; the others change
 * words and look at what becomes of the logit.
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
  KERNEL_SHAP;

  /** Whether it is made of gradients, of tokens, and not by changing words. */
  boolean isOfGradients() {
    return this == INTEGRATED_GRADIENTS || this == INPUT_X_GRADIENT || this == SALIENCY;
  }
}
