package org.sparkfinetune.text;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sparkfinetune.UserException;

/** Tells what the user can put right from what he cannot; what it says is {@link Printed}. */
public final class Failures {
  // A barrier stage that fails loses its cause: the executor's stack trace, as text, is what stays.
  private static final Pattern IN_TEXT =
      Pattern.compile(
          Pattern.quote(UserException.class.getName())
              + ": (.+?)\\s*(?:\\R\\s+at |\\RCaused by:|$)",
          Pattern.DOTALL);

  // What Hadoop says of a file that was edited beside its checksums, on whichever machine.
  private static final Pattern CHANGED =
      Pattern.compile("ChecksumException: Checksum error: (.+?) at \\d+ exp: -?\\d+ got: -?\\d+");

  private Failures() {}

  /**
   * The message of the UserException that a failure is or comes from, on whichever machine, or what
   * a failure means that only the user can put right.
   */
  public static Optional<String> userMessage(Throwable failure) {
    // Before a message that knows less of it.
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      Matcher matcher = CHANGED.matcher(cause.toString());
      if (matcher.find()) {
        return Optional.of(changedFile(matcher.group(1)));
      }
    }
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof UserException) {
        return Optional.of(Printed.message(String.valueOf(cause.getMessage())));
      }
    }
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      Matcher matcher = IN_TEXT.matcher(String.valueOf(cause.getMessage()));
      if (matcher.find()) {
        return Optional.of(Printed.message(matcher.group(1)));
      }
    }
    return Optional.empty();
  }

  /** What to say of a file whose content is not that of its checksums. */
  public static String changedFile(String file) {
    return file
        + ": this file is damaged, or was changed after it was written: its content is not that of the"
        + " checksums in ."
        + file.substring(file.lastIndexOf('/') + 1)
        + ".crc. Copy it again; if the change was meant, delete that file";
  }

  /** Why something failed, in one line: what the user can put right, or else the first cause. */
  public static String reason(Throwable failure) {
    return userMessage(failure).orElseGet(() -> summary(failure));
  }

  /** The first cause in one line. */
  public static String summary(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      root = cause;
    }
    String message =
        root.getMessage() == null ? "" : ": " + root.getMessage().lines().findFirst().orElse("");
    return Printed.message(root.getClass().getSimpleName() + message);
  }

  private static Throwable next(Throwable failure) {
    return failure.getCause() == failure ? null : failure.getCause();
  }
}
