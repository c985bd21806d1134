package org.sparkfinetune.track;

import org.sparkfinetune.PublicApi;

/** How a run stands, in MLflow's words. */
@PublicApi
public enum RunStatus {
  /** It goes on, or has ended without a word. */
  RUNNING,
  /** It did what it was to do. */
  FINISHED,
  /** It could not. */
  FAILED,
  /** Somebody ended it: a pruner, a user. */
  KILLED
}
