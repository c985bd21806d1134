package io.sparkfinetune.jobs;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Where a job prints.
 *
 * @param out standard output
 * @param columns the terminal's width; empty when standard output is none
 */
record Console(PrintStream out, OptionalInt columns) {
  /** The scripts set it when standard output is a terminal: Java 17 cannot ask for that alone. */
  private static final String COLUMNS = "spark-finetune.columns";

  /** The folder of the scripts as the user called it, for commands to copy. */
  private static final String SCRIPTS = "spark-finetune.scripts";

  static Console system() {
    Integer columns = Integer.getInteger(COLUMNS);
    return new Console(System.out, columns == null ? OptionalInt.empty() : OptionalInt.of(columns));
  }

  /** Whether a script of {@code jobs/} started this JVM, and not a cluster or a test. */
  static boolean isStartedByScript() {
    return System.getProperty(SCRIPTS) != null;
  }

  void print(String format, Object... values) {
    out.print(String.format(Locale.ROOT, format, values));
    out.flush();
  }

  void line(String format, Object... values) {
    print(format + "%n", values);
  }

  /** A block of text as it is. */
  void text(String text) {
    out.print(text);
    out.flush();
  }

  /** Metrics in two columns. */
  void metrics(Map<String, Double> metrics) {
    int width = metrics.keySet().stream().mapToInt(String::length).max().orElse(1);
    metrics.forEach((name, value) -> line("  %-" + width + "s  %s", name, number(value)));
  }

  /** The command that runs a job, with arguments quoted for the shell where they need it. */
  static String command(String job, String... arguments) {
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
