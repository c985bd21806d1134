package org.sparkfinetune.collective;

/** Another worker is gone, or hangs, so that this one cannot go on. */
public final class WorkerLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WorkerLostException(String message, RuntimeException cause) {
    super(message, cause);
  }
}
