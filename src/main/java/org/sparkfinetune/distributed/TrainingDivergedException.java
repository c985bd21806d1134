package org.sparkfinetune.distributed;

import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.ModelFiles;

/** A training on the cluster diverged; the last good weights are kept. */
public final class TrainingDivergedException extends UserException {
  private static final long serialVersionUID = 1L;

  private final transient ModelFiles lastGood;

  TrainingDivergedException(String message, ModelFiles lastGood) {
    super(message);
    this.lastGood = lastGood;
  }

  /** The model with the last good weights. */
  public ModelFiles lastGood() {
    return lastGood;
  }
}
