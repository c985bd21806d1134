package org.sparkfinetune.explain;

/** What integrated gradients start from: the text, special tokens kept, with nothing in it. */
public enum Baseline {
  /** The token that pads in the place of each other one. */
  PAD,
  /** The token that masks; that which pads where the tokenizer has none. */
  MASK,
  /** A vector of zeros in the place of each token's embedding. */
  ZERO
}
