package org.sparkfinetune.track.mlflow;

import java.time.Duration;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/**
 * The answer came not from a tracking server but from something in front of it, as a proxy, or from
 * another program. What it refuses, the server may still accept later.
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
