package org.sparkfinetune.track.mlflow;

import java.time.Duration;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/**
 * Something before the tracking server has answered, or something else than one: what it refuses,
 * the server may take yet.
 */
final class NotMlflowException extends ServerUnavailableException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status of HTTP
   */
  NotMlflowException(int status, String message) {
    super(message, Duration.ZERO, null);
    this.status = status;
  }

  int status() {
    return status;
  }
}
