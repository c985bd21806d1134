package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The Python environments of servers that {@code tools/servers/install} makes. */
final class ServerEnvironment {
  private ServerEnvironment() {}

  /**
   * Starts a command of an environment, or has the test not run where there is none.
   *
   * @param name of the environment, {@code mlflow-3}
   * @param folder where it runs
   * @param output what it prints goes there
   * @param command the first word is a program of the environment
   * @param settings what to change in its environment variables
   */
  static Process start(
      String name,
      Path folder,
      Path output,
      List<String> command,
      Consumer<Map<String, String>> settings)
      throws IOException {
    ProcessBuilder builder = builder(name, folder, command, settings);
    return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
  }

  /** Starts one whose output this process reads; what it says of errors is its own affair. */
  static Process start(
      String name, Path folder, List<String> command, Consumer<Map<String, String>> settings)
      throws IOException {
    return builder(name, folder, command, settings)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static ProcessBuilder builder(
      String name, Path folder, List<String> command, Consumer<Map<String, String>> settings) {
    String venvs = System.getenv().getOrDefault("SERVER_VENVS", ".");
    Path bin = Path.of(venvs).toAbsolutePath().normalize().resolve(".venv-" + name + "/bin");
    Path program = bin.resolve(command.get(0));
    TestMachine.require(
        Files.isExecutable(program), program + ", which tools/servers/install puts there");
    List<String> words = new ArrayList<>(command);
    words.set(0, program.toString());
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.directory(folder.toFile());
    builder.environment().merge("PATH", bin.toString(), (path, own) -> own + ":" + path);
    settings.accept(builder.environment());
    return builder;
  }

  /**
   * Runs a command as {@link #start} does, to its end.
   *
   * @param limit in which it must end
   * @return its exit code
   */
  static int run(
      String name,
      Path folder,
      Path output,
      List<String> command,
      Duration limit,
      Consumer<Map<String, String>> settings)
      throws IOException, InterruptedException {
    Process process = start(name, folder, output, command, settings);
    try {
      assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
          .as("%s ended within %s", String.join(" ", command), limit)
          .isTrue();
      return process.exitValue();
    } finally {
      end(process);
    }
  }

  static void end(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
