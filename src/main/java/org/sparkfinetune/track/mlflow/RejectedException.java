package org.sparkfinetune.track.mlflow;

/** The server understood a request and will not do it. */
final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  /**
   * @param status of HTTP
   * @param code MLflow's, as in {@code RESOURCE_DOES_NOT_EXIST}; empty when it gave none
   */
  RejectedException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  int status() {
    return status;
  }

  boolean is(String other) {
    return code.equals(other);
  }
}
