package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** Trainings at once on two executors, each a process of its own, which talk by a secret. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class ConcurrentTrainingsTest {
  @TempDir Path folder;

  @Test
  void eachTrainsAsAloneAndCancellingOneEndsThatOneAlone() throws Exception {
    String output = run();
    assertThat(output)
        .contains("differ: true", "first at once: true", "second at once: true")
        .contains("slots there 2, free 1")
        .contains("both run: true")
        .containsPattern("cancelled: Job \\d+ cancelled part of cancelled job group long")
        .contains("at its side: true", "of two workers: true");
    List<String> executors = list(output, "executors");
    assertThat(executors).hasSize(2);
    // The same processes have done it all, and each has read the base that they share once.
    assertThat(list(output, "reads")).isEqualTo(executors.stream().map(e -> e + "1").toList());
    // Kept as long as trainings share them: the tiny model's weights are 1.5 million bytes.
    assertThat(list(output, "bytes shared"))
        .hasSize(2)
        .allSatisfy(bytes -> assertThat(last(bytes)).isGreaterThan(1_000_000));
    assertThat(list(output, "bytes left")).isEqualTo(executors.stream().map(e -> e + "0").toList());
  }

  private static long last(String fields) {
    return Long.parseLong(fields.substring(fields.lastIndexOf('=') + 1));
  }

  private static List<String> list(String output, String name) {
    return output
        .lines()
        .filter(line -> line.startsWith(name + ": ["))
        .map(line -> line.substring(name.length() + 3, line.length() - 1))
        .map(line -> List.of(line.split(", ")))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + output));
  }

  private String run() throws Exception {
    List<String> options = new ArrayList<>();
    options.add("-Xmx1g");
    options.add("-Dspark.master=local-cluster[2,1,1024]");
    options.add("-Dspark.app.name=at once");
    options.add("-Dspark.executor.memory=1g");
    options.add("-Dspark.executor.heartbeatInterval=200ms");
    options.add("-Dspark.locality.wait=0s");
    options.add("-Dspark.ui.enabled=false");
    options.add("-Dspark.authenticate=true");
    options.add("-Dspark.authenticate.secret=of this test alone");
    // A busy machine takes its time to start executors.
    options.add("-D" + ClusterSlots.WAIT + "=120s");
    return ChildJvm.run(
        ConcurrentTrainingsMain.class,
        options,
        List.of(folder.toString()),
        TestCluster.environment(folder),
        folder);
  }
}
