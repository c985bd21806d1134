package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** Jobs on machines that lack what Spark takes for granted. */
@Tag("slow")
class LocalMachineTest {
  @TempDir private Path folder;

  @Test
  void aJobWithoutASessionNeedsNoHostNameThatResolves() throws Exception {
    Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n");
    Path output = folder.resolve("output.txt");
    Process describe =
        ChildJvm.start(
            List.of("env", "-u", "SPARK_LOCAL_IP", "-u", "SPARK_LOCAL_HOSTNAME"),
            Main.class,
            List.of("-Djdk.net.hosts.file=" + hosts),
            List.of("describe", "model.base=minilm-l6"),
            Map.of(),
            folder,
            output);
    try {
      assertThat(describe.waitFor(3, TimeUnit.MINUTES)).isTrue();
      assertThat(Files.readString(output)).contains("BertForSequenceClassification");
      assertThat(describe.exitValue()).isZero();
    } finally {
      describe.destroyForcibly();
    }
  }
}
