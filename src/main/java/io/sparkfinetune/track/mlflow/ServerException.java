package io.sparkfinetune.track.mlflow;

import io.sparkfinetune.track.Sink;
import java.time.Duration;

/** The server is there and has failed, or has too much to do. */
final class ServerException extends Sink.AwayException {
  private static final long serialVersionUID = 1L;

  private final int status;

  ServerException(String message, Duration retryAfter, int status) {
    super(message, retryAfter, null);
    this.status = status;
  }

  int status() {
    return status;
  }
}
