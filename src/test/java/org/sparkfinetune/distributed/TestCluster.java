package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.deploy.master.Master;
import org.apache.spark.deploy.worker.Worker;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestWorkers.Hosts;

/**
 * A standalone Spark cluster on this machine: a master, workers, drivers and their executors, each
 * a process of its own that runs below one folder and logs there. Closing it kills them all. Linux
 * alone: processes are recognized by {@code /proc}.
 */
public final class TestCluster implements AutoCloseable {
  private static final Duration START_TIME = Duration.ofMinutes(3);
  private static final Duration END_TIME = Duration.ofSeconds(30);
  private static final String HOST = "127.0.0.1";

  private static final String EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend";
  private static final Pattern ALIVE = Pattern.compile("\"aliveworkers\"\\s*:\\s*(\\d+)");

  private final Path folder;
  private final List<ChildJvm> children = new ArrayList<>();
  private String url;
  private String webUi;

  private TestCluster(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts a cluster and waits until its workers have registered.
   *
   * @param folder an empty one, for logs and the executors' working folders
   * @param coresPerWorker cores that each worker offers, whatever the machine has
   */
  static TestCluster start(Path folder, int workers, int coresPerWorker) throws IOException {
    return start(folder, Hosts.ONE, workers, coresPerWorker, Map.of());
  }

  /**
   * As {@link #start(Path, int, int)}.
   *
   * @param hosts where Spark's workers, and with them their executors, seem to be
   * @param workerProperties Spark's settings of the workers, such as {@code
   *     spark.worker.resource.gpu.amount}
   */
  static TestCluster start(
      Path folder,
      Hosts hosts,
      int workers,
      int coresPerWorker,
      Map<String, String> workerProperties)
      throws IOException {
    TestCluster cluster = new TestCluster(folder.toRealPath());
    try {
      cluster.startMaster();
      for (int i = 0; i < workers; i++) {
        cluster.startWorker(i, hosts.of(workers).get(i), coresPerWorker, workerProperties);
      }
      boolean complete = ChildJvm.waitUntil(() -> cluster.aliveWorkers() == workers, START_TIME);
      assertThat(complete).as("%s workers have registered", workers).isTrue();
      return cluster;
    } catch (IOException | RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  private void startMaster() throws IOException {
    // Port 0 is any free one; which one, the log says.
    ChildJvm master =
        start(
            "master",
            Master.class,
            daemonOptions(Map.of()),
            List.of("--host", HOST, "--port", "0", "--webui-port", "0"));
    url = master.awaitLog("Starting Spark master at (spark://\\S+)", START_TIME).group(1);
    webUi = master.awaitLog("MasterWebUI.* started at (http://\\S+)", START_TIME).group(1);
  }

  private void startWorker(int index, String host, int cores, Map<String, String> properties)
      throws IOException {
    Path work = Files.createDirectories(folder.resolve("work-" + index));
    List<String> arguments =
        List.of(
            "--host",
            host,
            "--port",
            "0",
            "--webui-port",
            "0",
            "--cores",
            "" + cores,
            "--memory",
            "4g",
            "--work-dir",
            work.toString(),
            url);
    start("worker-" + index, Worker.class, daemonOptions(properties), arguments);
  }

  private static List<String> daemonOptions(Map<String, String> properties) {
    List<String> options = new ArrayList<>(ChildJvm.SHORT_LIVED);
    options.add("-Xmx512m");
    properties.forEach((key, value) -> options.add("-D" + key + "=" + value));
    return options;
  }

  /** {@code spark://host:port}. */
  String url() {
    return url;
  }

  /**
   * Starts a driver and does not wait. Its SparkConf has this cluster's master, executors of 1 GB
   * with the tests' class path, no web page, and {@code properties}, which come last.
   *
   * @param name of its files, as {@link ChildJvm#start} has it; must be new to this cluster
   */
  ChildJvm driver(
      String name, Class<?> main, Map<String, String> properties, List<String> arguments)
      throws IOException {
    Map<String, String> conf = new TreeMap<>();
    conf.put("spark.master", url);
    conf.put("spark.app.name", name);
    conf.put("spark.driver.host", HOST);
    conf.put("spark.driver.bindAddress", HOST);
    conf.put("spark.executor.memory", "1g");
    conf.put("spark.ui.enabled", "false");
    // A busy machine takes its time to start executors.
    conf.put(ClusterSlots.WAIT, "120s");
    conf.putAll(properties);
    List<String> options = new ArrayList<>(ChildJvm.SHORT_LIVED);
    options.add("-Xmx1g");
    conf.forEach((key, value) -> options.add("-D" + key + "=" + value));
    return start(name, main, options, arguments);
  }

  private ChildJvm start(String name, Class<?> main, List<String> options, List<String> arguments)
      throws IOException {
    ChildJvm child = ChildJvm.start(name, main, options, arguments, environment(folder), folder);
    children.add(child);
    return child;
  }

  /**
   * What a JVM needs in its environment to start executors without a Spark distribution: an empty
   * one will do, as the class path is given.
   */
  public static Map<String, String> environment(Path folder) throws IOException {
    Path sparkHome = folder.resolve("spark");
    Files.createDirectories(sparkHome.resolve("jars"));
    return Map.of(
        "SPARK_HOME",
        sparkHome.toString(),
        "SPARK_SCALA_VERSION",
        "2.12",
        "SPARK_LOCAL_IP",
        HOST,
        "JAVA_HOME",
        System.getProperty("java.home"));
  }

  /** The executor processes that live now, by executor id; of one driver, if only one runs. */
  Map<String, ProcessHandle> executors() {
    return executors(folder);
  }

  /** As {@link #executors()}, of a driver with a cluster of its own that runs in a folder. */
  public static Map<String, ProcessHandle> executors(Path folder) {
    Map<String, ProcessHandle> executors = new TreeMap<>();
    for (ProcessHandle process : processes(folder)) {
      List<String> command = commandLine(process);
      int id = command.indexOf("--executor-id");
      if (command.contains(EXECUTOR) && id >= 0) {
        executors.put(command.get(id + 1), process);
      }
    }
    return executors;
  }

  /** The processes of this cluster, drivers included: those that run in a folder of its. */
  List<ProcessHandle> processes() {
    return processes(folder);
  }

  private static List<ProcessHandle> processes(Path folder) {
    return ProcessHandle.allProcesses().filter(process -> runsIn(folder, process)).toList();
  }

  private static boolean runsIn(Path folder, ProcessHandle process) {
    try {
      return Path.of("/proc", "" + process.pid(), "cwd").toRealPath().startsWith(folder);
    } catch (IOException e) {
      // It has just ended, or is not ours to look at.
      return false;
    }
  }

  /** ProcessHandle's own gives none that is longer than a page, as ours are by the class path. */
  private static List<String> commandLine(ProcessHandle process) {
    try {
      String line = Files.readString(Path.of("/proc", "" + process.pid(), "cmdline"));
      return Stream.of(line.split("\0")).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private int aliveWorkers() {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(webUi + "/json/")).build();
      String json =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
      Matcher alive = ALIVE.matcher(json);
      return Optional.of(alive)
          .filter(Matcher::find)
          .map(m -> m.group(1))
          .map(Integer::valueOf)
          .orElse(0);
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  @Override
  public void close() {
    children.forEach(ChildJvm::close);
    // A worker may have started an executor while it was being killed: look until none is left.
    boolean ended =
        ChildJvm.waitUntil(
            () -> {
              List<ProcessHandle> left = processes();
              left.forEach(ProcessHandle::destroyForcibly);
              return left.isEmpty();
            },
            END_TIME);
    assertThat(ended).as("processes are left in %s: %s", folder, processes()).isTrue();
  }
}
