package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** A driver and two executors, each a process of its own, on {@code local-cluster[2,1,4096]}. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class LocalClusterTest {
  @Test
  void trainsOnAnExecutorAndNotOnTheDriver(@TempDir Path folder) throws Exception {
    String output = run(folder);

    assertThat(output).contains("driver holds libtorch after fit: false");
    // Two processes, of which the one that trained holds the natives.
    assertThat(output)
        .containsPattern(
            "executors: \\[(0=true, 1=false|1=false, 0=true|0=false, 1=true|1=true, 0=false)]");
    assertThat(output).contains("progress: 12");
    assertThat(output).contains("accuracy: 1.0");
    assertThat(output).contains("right: 32 of 32");
    assertThat(output).contains("driver holds libtorch in the end: false");
  }

  private static String run(Path folder) throws IOException, InterruptedException {
    return ChildJvm.run(
        LocalClusterMain.class,
        List.of("-Xmx1g"),
        List.of(folder.resolve("model").toString()),
        TestCluster.environment(folder),
        folder);
  }
}
