package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** A standalone master and two workers of two cores: barrier stages, lost executors, slots. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class TestClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Pattern PID = Pattern.compile("pid=(\\d+)");

  @TempDir static Path folder;
  private static TestCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start(folder, 2, 2);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
      assertThat(cluster.processes()).isEmpty();
    }
  }

  @Test
  void twoWorkersWithTwoCpusEachRunInTwoProcessesBySparkTaskCpus() throws Exception {
    String output = run("cpus", Map.of("spark.task.cpus", "2"), List.of("plan", "num_workers=2"));

    assertThat(output).contains("threadsPerWorker=2, cpusPerTask=2").contains("stageProfile=false");
    assertTwoProcesses(output);
  }

  @Test
  void twoWorkersWithTwoCpusEachRunInTwoProcessesByAProfileOfTheStage() throws Exception {
    String output =
        run("profile", Map.of(), List.of("plan", "num_workers=2", "threads_per_worker=2"));

    assertThat(output).contains("threadsPerWorker=2, cpusPerTask=2").contains("stageProfile=true");
    assertTwoProcesses(output);
  }

  private static void assertTwoProcesses(String output) {
    assertThat(output)
        .contains("slots there: 2")
        .containsPattern("rank=0 of=2 executor=[01] pid=\\d+ cpus=2 device=cpu gpus=\\[]")
        .containsPattern("rank=1 of=2 executor=[01] pid=\\d+ cpus=2 device=cpu gpus=\\[]");
    List<String> pids = PID.matcher(output).results().map(pid -> pid.group(1)).toList();
    assertThat(pids).hasSize(2).doesNotHaveDuplicates();
  }

  @Test
  void tooFewSlotsAreRefusedWithinSecondsAndNotAfterTenMinutes() throws Exception {
    List<String> arguments = List.of("refuse", "num_workers=3", "threads_per_worker=2");
    String output = run("slots", Map.of(ClusterSlots.WAIT, "2s"), arguments);

    assertThat(output)
        .contains(
            "refused: resources.num_workers=3 is not allowed: slots needed 3, slots there 2 (a slot"
                + " is 2 CPUs; executors registered after 2 s: 2). Give the application more or"
                + " larger executors, set spark.scheduler.maxRegisteredResourcesWaitingTime higher"
                + " if they only come late, or set resources.num_workers lower");
    Matcher after = Pattern.compile("after: (\\d+) ms").matcher(output);
    assertThat(after.find()).isTrue();
    assertThat(Integer.parseInt(after.group(1))).isBetween(2_000, 20_000);
  }

  @Test
  void anExecutorThatIsKilledIsReplaced() throws Exception {
    try (ChildJvm driver =
        cluster.driver("replace", TestClusterMain.class, Map.of(), List.of("replace"))) {
      MatchResult before = driver.awaitOutput("before: \\{0=(\\d+), 1=(\\d+)}", PATIENCE);
      Map<String, ProcessHandle> executors = cluster.executors();
      assertThat(executors).containsOnlyKeys("0", "1");
      assertThat(executors.get("0").pid()).isEqualTo(Long.parseLong(before.group(1)));

      ChildJvm.signal(executors.get("0"), "KILL");

      String output = driver.awaitSuccess(PATIENCE);
      assertThat(output).containsPattern("after: \\{1=" + before.group(2) + ", 2=\\d+}");
    }
  }

  private static String run(String name, Map<String, String> properties, List<String> arguments)
      throws Exception {
    try (ChildJvm driver = cluster.driver(name, TestClusterMain.class, properties, arguments)) {
      return driver.awaitSuccess(PATIENCE);
    }
  }
}
