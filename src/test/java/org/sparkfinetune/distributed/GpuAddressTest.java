package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/**
 * Which GPU Spark gives a worker: on a machine of a {@code local-cluster} whose discovery script
 * tells of two GPUs. No GPU is needed, as none is used.
 */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class GpuAddressTest {
  private static final List<String> PLAN = List.of("plan", "num_workers=2", "gpu_per_worker=1");

  @TempDir Path folder;

  @Test
  void twoExecutorsWithAGpuEachAreTwoWorkersWithAGpuOfTheirOwn() throws Exception {
    String output =
        run(
            PLAN,
            Map.of(
                "spark.executor.cores",
                "1",
                "spark.executor.resource.gpu.amount",
                "1",
                "spark.task.resource.gpu.amount",
                "1"));

    assertThat(output).contains("stageProfile=false").contains("slots there: 2");
    assertEachHasItsOwnGpu(output);
    assertThat(output).contains(" executor=0 ").contains(" executor=1 ");
  }

  @Test
  void oneExecutorWithTwoGpusIsTwoWorkersWithAGpuOfTheirOwnByAProfileOfTheStage() throws Exception {
    String output = run(PLAN, Map.of("spark.executor.resource.gpu.amount", "2"));

    assertThat(output).contains("stageProfile=true").contains("slots there: 2");
    assertEachHasItsOwnGpu(output);
    assertThat(output).contains(" executor=0 ").doesNotContain(" executor=1 ");
  }

  /** As the trials of a study do: two trainings of one worker each. */
  @Test
  void jobsAtOnceOnOneExecutorHaveAGpuOfTheirOwn() throws Exception {
    Path meeting = Files.createDirectory(folder.resolve("meeting"));
    String output =
        run(
            List.of("at-once", meeting.toString(), "num_workers=1", "gpu_per_worker=1"),
            Map.of(
                "spark.executor.resource.gpu.amount", "2", "spark.task.resource.gpu.amount", "1"));

    assertEachHasItsOwnGpu(output);
  }

  private static void assertEachHasItsOwnGpu(String output) {
    List<String> workers = output.lines().filter(line -> line.startsWith("rank=")).toList();
    assertThat(workers).hasSize(2);
    assertThat(workers).filteredOn(line -> line.endsWith("device=cuda:0 gpus=[0]")).hasSize(1);
    assertThat(workers).filteredOn(line -> line.endsWith("device=cuda:1 gpus=[1]")).hasSize(1);
  }

  /** On one machine of two cores and two GPUs. */
  private String run(List<String> arguments, Map<String, String> properties) throws Exception {
    List<String> options = new ArrayList<>();
    options.add("-Xmx1g");
    options.add("-Dspark.master=local-cluster[1,2,2048]");
    options.add("-Dspark.app.name=gpus");
    options.add("-Dspark.executor.memory=1g");
    // A busy machine takes its time to start executors.
    options.add("-D" + ClusterSlots.WAIT + "=120s");
    options.add("-Dspark.ui.enabled=false");
    options.add("-Dspark.worker.resource.gpu.amount=2");
    options.add("-Dspark.worker.resource.gpu.discoveryScript=" + discoveryScript());
    properties.forEach((key, value) -> options.add("-D" + key + "=" + value));
    return ChildJvm.run(
        TestClusterMain.class, options, arguments, TestCluster.environment(folder), folder);
  }

  private Path discoveryScript() throws Exception {
    Path script = folder.resolve("discover-gpus");
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo '{"name": "gpu", "addresses": ["0", "1"]}'
        """);
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }
}
