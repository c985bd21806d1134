package org.sparkfinetune.model.adapt;

/** What of a model keeps the pretrained weights while the rest is trained. */
public enum Freeze {
  /** Nothing: all weights are trained. */
  NONE,
  /** The embeddings. */
  EMBEDDINGS,
  /** Everything but the head. */
  ENCODER
}
