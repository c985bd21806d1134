package io.sparkfinetune.track.mlflow;

import io.sparkfinetune.track.Sink.AwayException;
import java.time.Duration;

/**
 * Something before the tracking server has answered, or something else than one: what it refuses,
 * the server may take yet.
 */
final class NotMlflowException extends AwayException {
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
