package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Python environments of MLflow that {@code tools/servers/install} makes. */
public enum MlflowVersion {
  V2,
  V3;

  private static final Duration START = Duration.ofMinutes(3);

  private static final String REGISTER =
      """
      import logging
      import sys

      import mlflow

      logging.disable()
      server, name, folder = sys.argv[1:]
      mlflow.set_tracking_uri(server)
      client = mlflow.MlflowClient()
      run = client.create_run("0").info
      client.log_artifacts(run.run_id, folder, "model")
      if not client.search_registered_models(f"name='{name}'"):
          client.create_registered_model(name)
      version = client.create_model_version(name, f"{run.artifact_uri}/model", run.run_id)
      client.set_registered_model_alias(name, "champion", version.version)
      print(run.run_id)
      """;

  private PythonConsole console;

  /** Runs Python to its end, which must be a good one. */
  public void run(Path folder, String... arguments) throws IOException, InterruptedException {
    Path output = folder.resolve(this + ".txt");
    List<String> words = new ArrayList<>(List.of("python"));
    words.addAll(List.of(arguments));
    int code =
        ServerEnvironment.run(environment(), folder, output, words, START, MlflowVersion::set);
    assertThat(code).as(Files.readString(output)).isZero();
  }

  private synchronized PythonConsole console() throws IOException {
    if (console == null) {
      Path script = Path.of("src/test/python/console.py").toAbsolutePath();
      Path folder = Path.of("target").toAbsolutePath();
      console =
          new PythonConsole(
              ServerEnvironment.start(
                  environment(), folder, List.of("python", script.toString()), MlflowVersion::set));
    }
    return console;
  }

  /** A model that {@code mlflow models serve} serves until this is closed. */
  public record Serving(URI uri, Process process) implements AutoCloseable {
    @Override
    public void close() {
      ServerEnvironment.end(process);
    }
  }

  /** A tracking server that serves until this is closed. */
  public record Server(MlflowVersion version, URI uri, Process process) implements AutoCloseable {
    /** Runs Python, whose first argument is the server's address, and gives what it printed. */
    public String python(String script, String... arguments) throws IOException {
      List<String> all = new ArrayList<>(List.of(uri.toString()));
      all.addAll(List.of(arguments));
      return version.console().run(script, all);
    }

    /**
     * Logs a folder as the model of a run, registers it and gives the version the alias champion,
     * with MLflow's own client.
     *
     * @return the run's id; the model is its artifact {@code model}
     */
    public String register(String name, Path model) throws IOException {
      return python(REGISTER, name, model.toString()).strip();
    }

    @Override
    public void close() {
      ServerEnvironment.end(process);
    }
  }

  /** Starts a tracking server with its runs in SQLite, which hands artifacts on. */
  public Server trackingServer(Path folder) throws IOException {
    String artifacts = folder.resolve("artifacts-" + this).toString();
    return trackingServer(folder, "--serve-artifacts --artifacts-destination " + artifacts);
  }

  /** Starts a tracking server whose clients bring artifacts to a place themselves. */
  public Server trackingServer(Path folder, URI artifacts) throws IOException {
    return trackingServer(folder, "--no-serve-artifacts --default-artifact-root " + artifacts);
  }

  private Server trackingServer(Path folder, String artifacts) throws IOException {
    int port = ServerEnvironment.freePort();
    Path output = folder.resolve("server-" + this + ".txt");
    Process process =
        start(
            folder,
            output,
            "mlflow server --backend-store-uri sqlite:///"
                + folder.resolve("runs-" + this + ".db")
                + " "
                + artifacts
                + " --workers 1 --host 127.0.0.1 --port "
                + port);
    Server server = new Server(this, URI.create("http://127.0.0.1:" + port), process);
    // It listens long before it answers.
    boolean answers =
        ChildJvm.waitUntil(() -> !process.isAlive() || isHealthy(server.uri()), START);
    if (!process.isAlive() || !answers) {
      server.close();
      throw new AssertionError(this + " does not start: " + Files.readString(output));
    }
    return server;
  }

  /** Serves a model on a free port. */
  public Serving serve(Path model, Path folder) throws IOException {
    int port = ServerEnvironment.freePort();
    Path output = folder.resolve("serve-" + this + ".txt");
    Process process =
        start(
            folder,
            output,
            "mlflow models serve --env-manager local -h 127.0.0.1 -p " + port + " -m " + model);
    Serving serving = new Serving(URI.create("http://127.0.0.1:" + port), process);
    ChildJvm.waitUntil(() -> !process.isAlive() || ServerEnvironment.listens(port), START);
    if (!process.isAlive() || !ServerEnvironment.listens(port)) {
      serving.close();
      throw new AssertionError(this + " does not serve: " + Files.readString(output));
    }
    return serving;
  }

  private static boolean isHealthy(URI server) {
    try {
      URL health = server.resolve("/health").toURL();
      HttpURLConnection connection = (HttpURLConnection) health.openConnection();
      connection.setReadTimeout((int) START.toMillis());
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }

  private Process start(Path folder, Path output, String command) throws IOException {
    return start(folder, output, List.of(command.split(" ")));
  }

  private Process start(Path folder, Path output, List<String> command) throws IOException {
    return ServerEnvironment.start(environment(), folder, output, command, MlflowVersion::set);
  }

  private static void set(Map<String, String> variables) {
    variables.put("MLFLOW_DISABLE_TELEMETRY", "true");
    variables.put("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
    variables.keySet().removeIf(name -> name.matches("MLFLOW_(TRACKING|RUN).*"));
  }

  private String environment() {
    return "mlflow-" + name().substring(1);
  }
}
