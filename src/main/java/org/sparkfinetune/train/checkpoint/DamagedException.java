package org.sparkfinetune.train.checkpoint;

import java.io.IOException;

/** Why a checkpoint or one of its files is not what its manifest says, in a clause. */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedException(String message) {
    super(message);
  }

  DamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
