package org.sparkfinetune.pipeline;

/** How a classifier's probabilities are made as sure as they are right. */
public enum CalibrationMethod {
  /** One number divides all logits (Guo et al., 2017): what is predicted stays as it is. */
  TEMPERATURE,
  /**
   * Multi-label: each label's logit gets a slope and an intercept of its own (Platt, 1999), and the
   * threshold is tuned anew.
   */
  PLATT
}
