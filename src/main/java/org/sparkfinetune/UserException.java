package org.sparkfinetune;

/**
 * Something that the user can put right: a wrong setting, a missing file, data that cannot be used.
 *
 * <p>The message is one line (or a short block) that says what was wrong (value, row, file), what
 * was expected, and what to do. Jobs print it without a stack trace and exit with code 2;
 * everything else that is thrown is a failure of the run or a bug, and exits with code 1.
 */
@PublicApi
public class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an error with a message fit for the user's eyes. */
  public UserException(String message) {
    super(message);
  }

  /** Creates an error with a message fit for the user's eyes and the cause for the debugger's. */
  public UserException(String message, Throwable cause) {
    super(message, cause);
  }
}
