package io.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkfinetune.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which GPU Spark gives a worker: on a machine of a {@code local-cluster} whose discovery script
 * tells of two GPUs. No GPU is needed, as none is used.
 */
@EnabledOnOs(OS.LINUX)
class GpuAddressTest {
  @TempDir Path folder;

  @Test
  void twoExecutorsWithAGpuEachAreTwoWorkersWithAGpuOfTheirOwn() throws Exception {
    String output =
        run(
            "plan",
            Map.of(
                "spark.executor.cores",
                "1",
                "spark.executor.resource.gpu.amount",
                "1",
                "spark.task.resource.gpu.amount",
                "1"));

    assertThat(output).contains("stageProfile=false");
    assertEachHasItsOwnGpu(output);
    assertThat(output).contains(" executor=0 ").contains(" executor=1 ");
  }

  @Test
  void oneExecutorWithTwoGpusIsTwoWorkersWithAGpuOfTheirOwnByAProfileOfTheStage() throws Exception {
    String output = run("plan", Map.of("spark.executor.resource.gpu.amount", "2"));

    assertThat(output).contains("stageProfile=true");
    assertEachHasItsOwnGpu(output);
    assertThat(output).contains(" executor=0 ").doesNotContain(" executor=1 ");
  }

  private static void assertEachHasItsOwnGpu(String output) {
    assertThat(output).contains("slots there: 2");
    List<String> workers = output.lines().filter(line -> line.startsWith("rank=")).toList();
    assertThat(workers).hasSize(2);
    assertThat(workers).filteredOn(line -> line.endsWith("device=cuda:0 gpus=[0]")).hasSize(1);
    assertThat(workers).filteredOn(line -> line.endsWith("device=cuda:1 gpus=[1]")).hasSize(1);
  }

  /** Plans two workers with a GPU each on one machine of two cores and two GPUs. */
  private String run(String command, Map<String, String> properties) throws Exception {
    List<String> options = new ArrayList<>();
    options.add("-Xmx1g");
    options.add("-XX:TieredStopAtLevel=1");
    options.add("-Dspark.master=local-cluster[1,2,2048]");
    options.add("-Dspark.app.name=gpus");
    options.add("-Dspark.executor.memory=1g");
    options.add("-Dspark.executor.extraJavaOptions=-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    // A busy machine takes its time to start executors.
    options.add("-D" + ClusterSlots.WAIT + "=120s");
    options.add("-Dspark.executor.extraClassPath=" + System.getProperty("java.class.path"));
    options.add("-Dspark.ui.enabled=false");
    options.add("-Dspark.worker.resource.gpu.amount=2");
    options.add("-Dspark.worker.resource.gpu.discoveryScript=" + discoveryScript());
    properties.forEach((key, value) -> options.add("-D" + key + "=" + value));
    return ChildJvm.run(
        TestClusterMain.class,
        options,
        List.of(command, "num_workers=2", "gpu_per_worker=1"),
        TestCluster.environment(folder),
        folder);
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
