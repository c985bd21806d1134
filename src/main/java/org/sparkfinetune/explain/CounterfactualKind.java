package org.sparkfinetune.explain;

/** How a text may be changed to be predicted otherwise. */
public enum CounterfactualKind {
  /** Nothing is looked for. */
  NONE,
  /** Words go. */
  REMOVE,
  /** Likely words of another label take the place of words. */
  REPLACE
}
