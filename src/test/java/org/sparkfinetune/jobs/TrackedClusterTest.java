package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.distributed.TestCluster;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;

/** {@code jobs/fine-tune} on executors that are processes of their own, recorded on a server. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class TrackedClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int SAVE_STEPS = 100;
  private static final int EPOCHS = 30;

  @TempDir Path folder;

  @Test
  void aKilledExecutorLeavesNoGapAndNothingTwice() throws Exception {
    Path output = folder.resolve("out");
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      Map<String, String> environment = new TreeMap<>(TestCluster.environment(folder));
      environment.put("MLFLOW_TRACKING_URI", server.uri().toString());
      List<String> arguments =
          TrackedJobs.fineTune(
              TrackedJobs.rows(folder, 300),
              output,
              "resources.num_workers=2",
              "training.num_train_epochs=" + EPOCHS,
              "training.save_strategy=steps",
              "training.save_steps=" + SAVE_STEPS,
              "training.eval_strategy=steps",
              "training.eval_steps=15",
              "tracking.log_model=false",
              "spark.executor.heartbeatInterval=200ms",
              "spark.executor.memory=1g");
      arguments.replaceAll(word -> word.replace("=local[1]", "=local-cluster[2,1,1024]"));
      ProcessHandle victim;
      int before;
      String printed;
      try (ChildJvm job = TrackedJobs.start(folder, "job", environment, arguments)) {
        // Behind a checkpoint, so that some of what the record has is measured again, and well
        // before
        // the next: the record is some steps late.
        assertThat(
                ChildJvm.waitUntil(
                    () -> {
                      int losses = TrackedJobs.losses(output);
                      int since = losses % SAVE_STEPS;
                      return losses > SAVE_STEPS && since > 15 && since < 50;
                    },
                    PATIENCE))
            .as(job.output())
            .isTrue();
        victim = TestCluster.executors(folder).values().iterator().next();
        ChildJvm.signal(victim, "KILL");
        before = TrackedJobs.losses(output);
        printed = job.awaitSuccess(PATIENCE);
      }
      assertThat(victim.isAlive()).isFalse();
      Matcher from =
          Pattern.compile("going on from the checkpoint at step (\\d+)").matcher(printed);
      assertThat(from.find()).as(printed).isTrue();
      assertThat(Integer.parseInt(from.group(1))).isBetween(SAVE_STEPS, before - 1);
      JsonNode runs = TrackedJobs.runs(server);
      assertThat(runs.size()).isEqualTo(1);
      JsonNode run = runs.path(0);
      RunSnapshot journal = TrackedJobs.journal(output);
      assertThat(run.path("status").asText()).isEqualTo("FINISHED");
      assertThat(journal.status()).isEqualTo(RunStatus.FINISHED);
      TrackedJobs.assertSameMetrics(run, journal);
      assertNothingTwice(journal);
      assertSameSteps(run, output);
    }
  }

  private static void assertNothingTwice(RunSnapshot journal) {
    journal
        .metrics()
        .forEach(
            (name, points) ->
                assertThat(points.stream().map(RunSnapshot.Point::step))
                    .as(name)
                    .isSorted()
                    .doesNotHaveDuplicates());
  }

  /** What the training itself says that it has measured is there at every step. */
  private static void assertSameSteps(JsonNode run, Path output) throws Exception {
    Map<String, List<Long>> expected = new TreeMap<>();
    for (JsonNode entry :
        new ObjectMapper().readTree(output.resolve("log_history.json").toFile())) {
      entry
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!name.equals("step")) {
                  expected
                      .computeIfAbsent(name, ignored -> new ArrayList<>())
                      .add(entry.get("step").asLong());
                }
              });
    }
    assertThat(expected.get("loss")).hasSize(15 * EPOCHS);
    assertThat(expected.get("eval_loss")).hasSize(EPOCHS);
    expected.forEach(
        (name, steps) -> {
          List<Long> found = new ArrayList<>();
          run.path("metrics").path(name).forEach(point -> found.add(point.get(0).asLong()));
          assertThat(found).as(name).isEqualTo(steps.stream().distinct().toList());
        });
  }
}
