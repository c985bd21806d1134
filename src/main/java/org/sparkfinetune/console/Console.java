package org.sparkfinetune.console;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.Interval;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.text.Printed;

/**
 * Where progress and reports are printed: {@link #system} is standard output, with a bar where that
 * is a terminal and a line now and then elsewhere, {@link #quiet} is nowhere. What steers a
 * terminal is written by {@link #redraw} alone: all else is {@link Printed}.
 *
 * @param out standard output
 * @param columns the terminal's width; empty when standard output is none
 */
@PublicApi
public record Console(PrintStream out, OptionalInt columns) {
  /** The scripts set it when standard output is a terminal: Java 17 cannot ask for that alone. */
  private static final String COLUMNS = "spark-finetune.columns";

  /** To the start of the line, and clears it. */
  static final String ERASE_LINE = "\r\u001B[K";

  /** The folder of the scripts as the user called it, for commands to copy. */
  private static final String SCRIPTS = "spark-finetune.scripts";

  /** Standard output. */
  public static Console system() {
    Integer columns = Integer.getInteger(COLUMNS);
    return new Console(System.out, columns == null ? OptionalInt.empty() : OptionalInt.of(columns));
  }

  /** Nowhere: nothing is shown. */
  public static Console quiet() {
    return new Console(new PrintStream(OutputStream.nullOutputStream()), OptionalInt.empty());
  }

  /** Whether a script of {@code jobs/} started this JVM, and not a cluster or a test. */
  public static boolean isStartedByScript() {
    return System.getProperty(SCRIPTS) != null;
  }

  void print(String format, Object... values) {
    Object[] clean =
        Arrays.stream(values)
            .map(value -> value instanceof Number ? value : Printed.line(String.valueOf(value)))
            .toArray();
    text(String.format(Locale.ROOT, format, clean));
  }

  public void line(String format, Object... values) {
    print(format + "%n", values);
  }

  /** A block of text. */
  public void text(String text) {
    out.print(Printed.block(text));
    out.flush();
  }

  /** A text over what stands on the terminal's line. */
  void redraw(String text) {
    out.print(ERASE_LINE);
    text(text);
  }

  /** Something that went wrong, in one line on standard error. */
  public static void error(String message) {
    System.err.println(Printed.message(message));
  }

  /** What the developer wants to know of it. */
  public static void trace(Throwable failure) {
    System.err.print(Printed.stackTrace(failure));
  }

  /** Metrics in two columns. */
  public void metrics(Map<String, Double> metrics) {
    int width = metrics.keySet().stream().mapToInt(String::length).max().orElse(1);
    metrics.forEach((name, value) -> line("  %-" + width + "s  %s", name, number(value)));
  }

  /**
   * Metrics with their intervals, each on a line.
   *
   * @param metrics by name; those named as an interval's end are left out
   * @param intervals by the metrics' names
   */
  public void metrics(Map<String, Double> metrics, Map<String, Interval> intervals) {
    int width = metrics.keySet().stream().mapToInt(String::length).max().orElse(1);
    metrics.forEach(
        (name, value) -> {
          Interval interval = intervals.get(name);
          if (interval != null) {
            line(
                "  %-" + width + "s  %-8s %s to %s",
                name,
                number(value),
                number(interval.low()),
                number(interval.high()));
          } else if (!IntervalNames.isEnd(name)) {
            line("  %-" + width + "s  %s", name, number(value));
          }
        });
  }

  /** The command that runs a job, with arguments quoted for the shell where they need it. */
  public static String command(String job, String... arguments) {
    StringBuilder command =
        new StringBuilder(quoted(System.getProperty(SCRIPTS, "jobs") + "/" + job));
    for (String argument : arguments) {
      command.append(' ').append(quoted(argument));
    }
    return command.toString();
  }

  private static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9_./:=@%+,-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
