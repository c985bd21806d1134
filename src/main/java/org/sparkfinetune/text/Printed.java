package org.sparkfinetune.text;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Text as it may be shown on the terminal and written to the log, whoever has made it: without
 * secrets, without characters that steer a terminal or forge a line, and bounded. Whatever the jobs
 * print or log goes through here.
 */
public final class Printed {
  /** Characters of a message. */
  static final int MESSAGE = 2_000;

  /** Characters of a line that is no message: of a table, or a command to copy. */
  static final int LINE = 20_000;

  /** Characters of a block of lines. */
  private static final int BLOCK = 1_000_000;

  /** What is looked at to make a bounded text of, as secrets get shorter. */
  private static final int REACH = 10;

  /** How lines of a stack trace begin, but for the first. */
  private static final Pattern OF_A_TRACE =
      Pattern.compile("(\\t*)(?:at |\\.\\.\\. \\d+ more|Caused by: |Suppressed: |\\[CIRCULAR)");

  private Printed() {}

  /** A message in one line. */
  public static String message(String text) {
    return line(text, MESSAGE);
  }

  /** One line of something longer. */
  public static String line(String text) {
    return line(text, LINE);
  }

  private static String line(String text, int most) {
    // Secrets before the rest: cut in two, one would not be known any more.
    return OneLine.of(Redaction.text(OneLine.cut(text, REACH * most)), most);
  }

  /** A block of lines, whose breaks stay. */
  public static String block(String text) {
    String bounded = bounded(text);
    return bounded.lines().map(line -> OneLine.of(line, LINE)).collect(Collectors.joining("\n"))
        + (bounded.endsWith("\n") ? "\n" : "");
  }

  private static String bounded(String text) {
    return Redaction.text(OneLine.cut(text, BLOCK));
  }

  /**
   * A stack trace, as {@code --debug} and the log show it. A line that a message has brought along
   * is marked as one.
   */
  public static String stackTrace(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    StringBuilder out = new StringBuilder();
    for (String line : bounded(trace.toString()).lines().toList()) {
      Matcher ours = OF_A_TRACE.matcher(line);
      boolean isOurs = out.length() == 0 || ours.lookingAt();
      String indent = out.length() == 0 || !isOurs ? "" : ours.group(1);
      out.append(isOurs ? indent : "\t| ");
      out.append(OneLine.of(line.substring(indent.length()), LINE)).append('\n');
    }
    return out.toString();
  }
}
