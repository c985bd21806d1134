package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.Strangers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.model.io.SafetensorsStream;

/**
 * Training on real processes: a standalone master whose two workers run an executor each, and
 * {@code local-cluster}. What several workers compute is what one does, and what a lost one costs
 * is time.
 */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class WorkersOnSparkTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final List<String> EQUAL =
      List.of("num_train_epochs=2", "per_device_train_batch_size=16");

  /** Enough steps to be disturbed in. */
  private static final List<String> LONG =
      List.of(
          "num_train_epochs=30",
          "per_device_train_batch_size=4",
          "num_workers=2",
          "save_strategy=steps",
          "save_steps=100",
          "logging_steps=50",
          "eval_strategy=steps",
          "eval_steps=150");

  private static final List<String> FEW =
      List.of("per_device_train_batch_size=2", "num_train_epochs=3");

  private static final Map<String, String> FAST_HEARTBEAT =
      Map.of("spark.executor.heartbeatInterval", "200ms");

  private static final Pattern STEP = Pattern.compile("(?m)^step (\\d+)$");

  @TempDir static Path folder;
  private static final Map<Hosts, TestCluster> CLUSTERS = new EnumMap<>(Hosts.class);

  /** By name; on each kind of host two trainings of one driver, as it takes long to start one. */
  private static final Map<Hosts, Map<String, Outcome>> UNDISTURBED = new EnumMap<>(Hosts.class);

  private static Map<String, Outcome> alone;

  @BeforeAll
  static void trainAlone() throws Exception {
    alone =
        train(
            cluster(Hosts.ONE),
            "alone",
            Map.of(),
            new Training("alone", 203, EQUAL),
            new Training("few-alone", 5, with(FEW, "gradient_accumulation_steps=2")));
  }

  /** A cluster of two workers that lives until the tests end. */
  private static TestCluster cluster(Hosts hosts) throws Exception {
    if (!CLUSTERS.containsKey(hosts)) {
      Path logs = Files.createDirectories(folder.resolve(hosts.name()));
      CLUSTERS.put(hosts, TestCluster.start(logs, hosts, 2, 1, Map.of()));
    }
    return CLUSTERS.get(hosts);
  }

  private static Outcome undisturbed(Hosts hosts, String name) throws Exception {
    if (!UNDISTURBED.containsKey(hosts)) {
      UNDISTURBED.put(
          hosts,
          train(
              cluster(hosts),
              "undisturbed-" + hosts,
              Map.of(),
              new Training(
                  "two",
                  203,
                  with(
                      EQUAL,
                      "per_device_train_batch_size=4",
                      "gradient_accumulation_steps=2",
                      "num_workers=2")),
              new Training("long", 203, LONG)));
    }
    return UNDISTURBED.get(hosts).get(name);
  }

  @AfterAll
  static void stop() {
    for (TestCluster cluster : CLUSTERS.values()) {
      cluster.close();
      assertThat(cluster.processes()).isEmpty();
    }
  }

  private record Training(String name, int rows, List<String> settings) {}

  /**
   * What came of a training.
   *
   * @param losses by step
   * @param weights by name
   */
  private record Outcome(
      String output, Map<Integer, Double> losses, Map<String, float[]> weights) {}

  private static List<String> with(List<String> settings, String... more) {
    List<String> all = new ArrayList<>(settings);
    all.addAll(List.of(more));
    return all;
  }

  private static ChildJvm start(
      TestCluster cluster,
      String name,
      int cancelAt,
      Map<String, String> properties,
      Training... trainings)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of(folder.toString(), "" + cancelAt));
    for (Training training : trainings) {
      if (arguments.size() > 2) {
        arguments.add(TrainingMain.NEXT);
      }
      arguments.addAll(List.of(training.name(), "" + training.rows()));
      arguments.addAll(training.settings());
    }
    return cluster.driver(name, TrainingMain.class, properties, arguments);
  }

  private static Map<String, Outcome> train(
      TestCluster cluster, String name, Map<String, String> properties, Training... trainings)
      throws Exception {
    try (ChildJvm driver = start(cluster, name, 0, properties, trainings)) {
      String output = driver.awaitSuccess(PATIENCE);
      Map<String, Outcome> outcomes = new HashMap<>();
      for (Training training : trainings) {
        outcomes.put(training.name(), outcome(training.name(), output));
      }
      return outcomes;
    }
  }

  private static Outcome outcome(String name, String output) throws Exception {
    assertThat(output).contains("trained " + name);
    Map<Integer, Double> losses = new TreeMap<>();
    for (JsonNode entry : new ObjectMapper().readTree(folder.resolve(name + ".json").toFile())) {
      if (entry.has("loss")) {
        losses.put(entry.get("step").intValue(), entry.get("loss").doubleValue());
      }
    }
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (InputStream in = Files.newInputStream(folder.resolve(name + ".safetensors"));
        PointerScope scope = new PointerScope()) {
      SafetensorsStream.open(in, name)
          .forEach(
              (weight, tensor) -> {
                float[] values = new float[(int) tensor.numel()];
                new FloatPointer(tensor.data_ptr()).get(values);
                weights.put(weight, values);
              });
    }
    return new Outcome(output, losses, weights);
  }

  private static void assertEqualButForRounding(Outcome outcome, Outcome expected) {
    assertThat(outcome.losses().keySet()).isEqualTo(expected.losses().keySet());
    expected
        .losses()
        .forEach(
            (step, loss) -> assertThat(outcome.losses().get(step)).isCloseTo(loss, within(1e-5)));
    expected
        .weights()
        .forEach(
            (name, values) ->
                assertThat(outcome.weights().get(name))
                    .as(name)
                    .containsExactly(values, within(1e-4f)));
  }

  private static void assertEqualBits(Outcome outcome, Outcome expected) {
    assertThat(outcome.losses()).isEqualTo(expected.losses());
    expected
        .weights()
        .forEach(
            (name, values) -> assertThat(outcome.weights().get(name)).as(name).isEqualTo(values));
  }

  @ParameterizedTest
  @EnumSource
  void twoWorkersOfAStandaloneClusterTrainAsOneDoes(Hosts hosts) throws Exception {
    assertEqualButForRounding(undisturbed(hosts, "two"), alone.get("alone"));
  }

  /** Of the five rows, by the upper bits of their positions, not every worker has one. */
  @Test
  void fourWorkersOfALocalClusterTrainAsOneDoesAlsoWhereOneHasNoRows() throws Exception {
    Map<String, Outcome> outcomes =
        train(
            cluster(Hosts.ONE),
            "four",
            Map.of("spark.master", "local-cluster[4,1,1024]"),
            new Training(
                "four", 203, with(EQUAL, "per_device_train_batch_size=4", "num_workers=4")),
            new Training("few", 5, with(FEW, "per_device_train_batch_size=1", "num_workers=4")));
    assertEqualButForRounding(outcomes.get("four"), alone.get("alone"));
    assertEqualButForRounding(outcomes.get("few"), alone.get("few-alone"));
  }

  /** Whoever else connects to the executors, before the kill and after it. */
  @ParameterizedTest
  @EnumSource
  void aKilledExecutorCostsTheStepsSinceTheCheckpointAlone(Hosts hosts) throws Exception {
    Outcome expected = undisturbed(hosts, "long");
    TestCluster cluster = cluster(hosts);
    String name = "killed-" + hosts;
    Path checkpoints = folder.resolve(name + "-checkpoints");
    try (ChildJvm driver =
        start(
            cluster,
            name,
            0,
            FAST_HEARTBEAT,
            new Training(name, 203, with(LONG, "checkpoint_dir=" + checkpoints)))) {
      awaitStep(driver, 230);
      List<InetSocketAddress> listening = new ArrayList<>();
      for (ProcessHandle executor : cluster.executors().values()) {
        listening.addAll(Strangers.listening(executor.pid()));
      }
      assertThat(listening)
          .isNotEmpty()
          .noneMatch(address -> address.getAddress().isAnyLocalAddress());
      try (Strangers strangers = Strangers.crowd(listening, 30)) {
        assertThat(strangers.connected()).isPositive();
        ProcessHandle victim = cluster.executors().values().iterator().next();
        ChildJvm.signal(victim, "KILL");
        Outcome outcome = outcome(name, driver.awaitSuccess(PATIENCE));
        assertThat(outcome.output())
            .containsPattern("going on from the checkpoint at step \\d00: ");
        assertEqualBits(outcome, expected);
        assertThat(victim.isAlive()).isFalse();
      }
    }
  }

  /** A stopped process neither answers nor closes its connections. */
  @ParameterizedTest
  @EnumSource
  void aWorkerThatHangsIsGivenUpAndNamed(Hosts hosts) throws Exception {
    TestCluster cluster = cluster(hosts);
    String name = "hung-" + hosts;
    Path checkpoints = folder.resolve(name + "-checkpoints");
    // Spark itself gives the executor up after the worker has: else the worker could not say why.
    Map<String, String> properties =
        Map.of(
            "spark.executor.heartbeatInterval",
            "500ms",
            "spark.network.timeout",
            "40s",
            "spark.network.timeoutInterval",
            "2s",
            "spark.storage.blockManagerHeartbeatTimeoutMs",
            "40s");
    try (ChildJvm driver =
        start(
            cluster,
            name,
            0,
            properties,
            new Training(
                name,
                203,
                with(LONG, "checkpoint_dir=" + checkpoints, "communication_timeout=5")))) {
      awaitStep(driver, 230);
      ProcessHandle victim = cluster.executors().get("1");
      ChildJvm.signal(victim, "STOP");
      MatchResult lost =
          driver.awaitLog(
              "worker \\d on \\S+ at step \\d+ has waited for another worker for 5 s: worker \\d on"
                  + " [^ ,]+(?: gives no sign of life|, which the others meet at, does not answer)",
              PATIENCE);
      assertThat(lost.group()).contains("127.0.0.");
      driver.close();
      // Spark's worker ends what is left of an application whose driver is gone, stopped or not.
      assertThat(ChildJvm.waitUntil(() -> !victim.isAlive(), PATIENCE)).isTrue();
    }
  }

  @Test
  void aCancelledTrainingEndsWithinAStepAndFreesItsNatives() throws Exception {
    Map<String, String> properties = new HashMap<>(FAST_HEARTBEAT);
    // A heap that is small soon has its full size, and what grows then is native.
    properties.put(
        "spark.executor.extraJavaOptions",
        String.join(" ", ChildJvm.executorOptions()) + " -Xmn16m");
    try (ChildJvm driver =
        start(
            cluster(Hosts.ONE),
            "cancelled",
            100,
            properties,
            new Training("cancelled", 203, LONG))) {
      String output = driver.awaitSuccess(PATIENCE);
      assertThat(output.lines().filter(line -> line.matches("failed: .* cancelled.*")))
          .hasSize(TrainingMain.CANCELLED);
      List<MatchResult> after =
          Pattern.compile("running tasks 0 after (\\d+) ms").matcher(output).results().toList();
      // A step takes milliseconds; what is left is the tasks' way out and Spark's of noticing.
      assertThat(after)
          .hasSize(TrainingMain.CANCELLED)
          .allSatisfy(match -> assertThat(Integer.parseInt(match.group(1))).isLessThan(15_000));
      List<int[]> residentMb =
          Pattern.compile("resident MB: \\{\\d+=(\\d+), \\d+=(\\d+)}")
              .matcher(output)
              .results()
              .map(m -> new int[] {Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2))})
              .toList();
      assertThat(residentMb).as(output).hasSize(2);
      for (int executor = 0; executor < 2; executor++) {
        // Of one training's weights; two could have left theirs.
        assertThat(residentMb.get(1)[executor] - residentMb.get(0)[executor])
            .as(output)
            .isLessThan(TrainingMain.LARGE_BASE_MB);
      }
    }
  }

  private static void awaitStep(ChildJvm driver, int step) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (newestStep(driver.output()) < step) {
      assertThat(System.nanoTime()).as(driver.output()).isLessThan(end);
      assertThat(driver.process().isAlive()).as(driver.output()).isTrue();
      Thread.sleep(50);
    }
  }

  private static int newestStep(String output) {
    return STEP.matcher(output)
        .results()
        .mapToInt(m -> Integer.parseInt(m.group(1)))
        .max()
        .orElse(0);
  }
}
