package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A main class in a JVM of its own, with the tests' class path and {@code conf/java-options}, as
 * have the executors of Spark that it starts. Closing it kills the process and those that it
 * started.
 */
public final class ChildJvm implements AutoCloseable {
  /** The name of the log of one that is left to the caller. */
  public static final String LOG = "child.log";

  /** What would make a process fast later is not worth it. */
  public static final List<String> SHORT_LIVED =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final Duration RUN_TIME = Duration.ofMinutes(10);
  private static final Duration POLL = Duration.ofMillis(50);

  private final Process process;
  private final Path output;
  private final Path log;

  private ChildJvm(Process process, Path output, Path log) {
    this.process = process;
    this.output = output;
    this.log = log;
  }

  /**
   * Runs to the end, which must come within five minutes and with exit code 0.
   *
   * @param options of the JVM, beside those in {@code conf/java-options}
   * @param folder where it runs and logs
   * @return what it printed
   */
  public static String run(
      Class<?> main,
      List<String> options,
      List<String> arguments,
      Map<String, String> environment,
      Path folder)
      throws IOException, InterruptedException {
    try (ChildJvm child = start("child", main, options, arguments, environment, folder)) {
      return child.awaitSuccess(RUN_TIME);
    }
  }

  /**
   * Starts and does not wait.
   *
   * @param name of its files in {@code folder}: what it prints goes to {@code name.txt}, what it
   *     logs from level info on to {@code name.log}
   * @param environment what is added to this process's
   */
  public static ChildJvm start(
      String name,
      Class<?> main,
      List<String> options,
      List<String> arguments,
      Map<String, String> environment,
      Path folder)
      throws IOException {
    Path output = folder.resolve(name + ".txt");
    Path log = folder.resolve(name + ".log");
    Process process = start(List.of(), main, options, arguments, environment, folder, output, log);
    return new ChildJvm(process, output, log);
  }

  /**
   * Starts one and leaves it to the caller, who ends it.
   *
   * @param wrapper a command that starts the command which follows; empty for none
   * @param output the file that it prints to
   */
  public static Process start(
      List<String> wrapper,
      Class<?> main,
      List<String> options,
      List<String> arguments,
      Map<String, String> environment,
      Path folder,
      Path output)
      throws IOException {
    Path log = folder.resolve(LOG);
    return start(wrapper, main, options, arguments, environment, folder, output, log);
  }

  private static Process start(
      List<String> wrapper,
      Class<?> main,
      List<String> options,
      List<String> arguments,
      Map<String, String> environment,
      Path folder,
      Path output,
      Path log)
      throws IOException {
    List<String> command = new ArrayList<>(wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of("conf/java-options").toAbsolutePath());
    command.addAll(ClassArchive.options());
    command.add("-Dlog4j2.configurationFile=" + Path.of("conf/log4j2.properties").toAbsolutePath());
    command.add("-Dspark-finetune.log.file=" + log);
    command.add("-Dspark.executor.extraClassPath=" + ClassArchive.classPath());
    command.add("-Dspark.executor.extraJavaOptions=" + String.join(" ", executorOptions()));
    command.addAll(options);
    command.add(main.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", ClassArchive.classPath());
    builder.environment().putAll(environment);
    builder.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
    return builder.start();
  }

  /**
   * Of the JVMs of executors that it may start, unless a test has others. They live for seconds.
   */
  public static List<String> executorOptions() throws IOException {
    List<String> options = new ArrayList<>(SHORT_LIVED);
    options.addAll(ClassArchive.options());
    return options;
  }

  /** What it has printed so far, to both streams. */
  public String output() {
    return read(output);
  }

  /** What it has logged so far. */
  public String log() {
    return read(log);
  }

  /** The process, to look for those that it started. */
  public ProcessHandle process() {
    return process.toHandle();
  }

  /**
   * Waits until {@code pattern} is found in what it prints.
   *
   * @return the match, with its groups
   * @throws AssertionError when it ends or {@code timeout} passes before
   */
  public MatchResult awaitOutput(String pattern, Duration timeout) {
    return await(output, Pattern.compile(pattern), timeout);
  }

  /** As {@link #awaitOutput}, in what it logs. */
  public MatchResult awaitLog(String pattern, Duration timeout) {
    return await(log, Pattern.compile(pattern), timeout);
  }

  private MatchResult await(Path file, Pattern pattern, Duration timeout) {
    AtomicReference<MatchResult> found = new AtomicReference<>();
    waitUntil(
        () -> {
          // Asked before the file is read: what a process prints last counts.
          boolean ended = !process.isAlive();
          Matcher matcher = pattern.matcher(read(file));
          if (matcher.find()) {
            found.set(matcher.toMatchResult());
          }
          return found.get() != null || ended;
        },
        timeout);
    assertThat(found.get())
        .as("%s in %s%n%s%n%s", pattern, file.getFileName(), output(), tail(log()))
        .isNotNull();
    return found.get();
  }

  /**
   * Waits for its end, which must come within {@code timeout} and with exit code 0.
   *
   * @return what it printed
   */
  public String awaitSuccess(Duration timeout) throws InterruptedException {
    int code = awaitEnd(timeout);
    assertThat(code).as("exit code%n%s", output()).isZero();
    return output();
  }

  /**
   * Waits for its end, which must come within {@code timeout}.
   *
   * @return its exit code
   */
  public int awaitEnd(Duration timeout) throws InterruptedException {
    assertThat(process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS))
        .as("ended within %s%n%s%n%s", timeout, output(), tail(log()))
        .isTrue();
    return process.exitValue();
  }

  /**
   * Sends a signal to a process.
   *
   * @param signal as {@code kill} takes it: {@code KILL}, {@code STOP}, {@code CONT}
   */
  public static void signal(ProcessHandle process, String signal)
      throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).inheritIO().start();
    assertThat(kill.waitFor()).as("kill -%s %s", signal, process.pid()).isZero();
  }

  /**
   * Asks until the answer is yes.
   *
   * @return whether it was before {@code timeout} passed
   */
  public static boolean waitUntil(BooleanSupplier condition, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      try {
        Thread.sleep(POLL.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    // Before their parent ends, after which they are nobody's descendants.
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 4000));
  }
}
