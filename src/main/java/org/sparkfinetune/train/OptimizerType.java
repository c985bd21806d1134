package org.sparkfinetune.train;

/** The optimizers there are. */
public enum OptimizerType {
  ADAMW,
  ADAM,
  SGD,
  ADAFACTOR,
  LAMB,
  LION
}
