package org.sparkfinetune.hub;

import org.sparkfinetune.UserException;

/** The Hub does not answer now: what was fetched before may do. */
final class HubUnavailableException extends UserException {
  private static final long serialVersionUID = 1L;

  HubUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
