package org.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

@Tag("slow")
class SystemMetricsTest {
  private static final Duration INTERVAL = Duration.ofMillis(50);

  @TempDir Path folder;

  /** Measures for a while. */
  static final class Measured {
    public static void main(String[] arguments) throws Exception {
      try (Tracker tracker = Tracker.open(Path.of(arguments[0]), "", Optional.empty())) {
        RunHandle run =
            tracker
                .unfinishedRun()
                .map(tracker::resumeRun)
                .orElseGet(() -> tracker.startRun("one", "e", "", Map.of()));
        try (SystemMetrics metrics = SystemMetrics.start(run, INTERVAL)) {
          Thread.sleep(1000);
        }
      }
    }
  }

  private RunSnapshot measure(Path path) throws Exception {
    Path journal = folder.resolve("journal");
    ChildJvm.run(
        Measured.class,
        List.of(),
        List.of(journal.toString()),
        Map.of("PATH", path.toString()),
        folder);
    return JournalReader.runs(
            new org.apache.hadoop.fs.Path(journal.toUri()), new Configuration(false))
        .get(0);
  }

  private Path smi(String output) throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path smi = Files.writeString(bin.resolve("nvidia-smi"), "#!/bin/sh\n" + output + "\n");
    Files.setPosixFilePermissions(smi, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }

  private static double latest(RunSnapshot run, String name) {
    return run.latest("system/" + name);
  }

  @Test
  void theMachineIsMeasuredByTheNamesOfMlflow() throws Exception {
    RunSnapshot run =
        measure(smi("echo '45, 2000, 80000, 150.5, 301'; echo '[N/A], 10, 20, [N/A], x'"));
    assertThat(run.metrics().keySet())
        .containsExactlyInAnyOrder(
            "system/cpu_utilization_percentage",
            "system/system_memory_usage_megabytes",
            "system/system_memory_usage_percentage",
            "system/process_memory_usage_megabytes",
            "system/disk_usage_percentage",
            "system/disk_usage_megabytes",
            "system/disk_available_megabytes",
            "system/network_receive_megabytes",
            "system/network_transmit_megabytes",
            "system/gpu_0_utilization_percentage",
            "system/gpu_0_memory_usage_megabytes",
            "system/gpu_0_memory_usage_percentage",
            "system/gpu_0_power_usage_watts",
            "system/gpu_0_power_usage_percentage",
            "system/gpu_1_memory_usage_megabytes",
            "system/gpu_1_memory_usage_percentage");
    assertThat(latest(run, "cpu_utilization_percentage")).isBetween(0.0, 100.0);
    assertThat(latest(run, "system_memory_usage_percentage")).isBetween(1.0, 100.0);
    assertThat(latest(run, "process_memory_usage_megabytes"))
        .isBetween(20.0, latest(run, "system_memory_usage_megabytes"));
    assertThat(latest(run, "gpu_0_memory_usage_megabytes")).isEqualTo(2097.152);
    assertThat(latest(run, "gpu_0_power_usage_percentage")).isEqualTo(50.0);
    int before = run.metrics().get("system/disk_usage_megabytes").size();
    assertThat(before).isGreaterThan(1);

    // Goes on where it was, without GPUs.
    RunSnapshot again = measure(smi("exit 9"));
    List<Long> steps =
        again.metrics().get("system/disk_usage_megabytes").stream()
            .map(RunSnapshot.Point::step)
            .toList();
    assertThat(steps).hasSizeGreaterThan(before).isSorted().doesNotHaveDuplicates().startsWith(0L);
    assertThat(again.metrics().get("system/gpu_0_power_usage_watts"))
        .hasSize(run.metrics().get("system/gpu_0_power_usage_watts").size());
  }

  @Test
  void nothingIsMeasuredBehindTheEnd() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Tracker tracker = Tracker.open(folder.resolve("journal-" + i), "", Optional.empty())) {
        RunHandle run = tracker.startRun("one", "e", "", Map.of());
        SystemMetrics metrics = SystemMetrics.start(run, Duration.ofMillis(1));
        Thread.sleep(20 + i);
        metrics.close();
        run.end(RunStatus.FINISHED);
        Thread.sleep(10);
      }
    }
    assertThat(
            JournalReader.runs(
                new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false)))
        .hasSize(20)
        .allMatch(run -> run.status() == RunStatus.FINISHED)
        // Not in each of them: a busy machine may begin to measure only behind the end.
        .anyMatch(run -> !run.metrics().isEmpty());
  }
}
