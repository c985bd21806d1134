package org.sparkfinetune.serve;

import java.util.Map;

/** A request that is answered with an error: its status, and what its sender reads. */
final class HttpStatusException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Map<String, String> headers;

  HttpStatusException(int status, String message) {
    this(status, message, Map.of());
  }

  /**
   * @param message what was wrong, what was expected, and what to do, in one line
   * @param headers of the answer
   */
  HttpStatusException(int status, String message, Map<String, String> headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }
}
