package org.sparkfinetune.text;

import java.net.ConnectException;

/** Why nobody answers, in words. */
public final class ConnectionFailure {
  private ConnectionFailure() {}

  /**
   * What an exception says. Java's HTTP client does not always say that a connection was refused:
   * it depends on when that was.
   */
  public static String reason(Exception e) {
    if (e.getMessage() != null) {
      return e.getMessage();
    }
    return e instanceof ConnectException
        ? "the connection is refused"
        : e.getClass().getSimpleName();
  }
}
