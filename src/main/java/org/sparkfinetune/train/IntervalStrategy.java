package org.sparkfinetune.train;

/** When something is done during a training. */
public enum IntervalStrategy {
  NO,
  EPOCH,
  STEPS
}
