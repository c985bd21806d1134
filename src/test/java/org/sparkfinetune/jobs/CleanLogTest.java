package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.ChildJvm;

/** What the terminal and the log file show of a warning with a cause. */
@Tag("slow")
class CleanLogTest {
  @TempDir private Path folder;

  @Test
  void theTerminalHasOneLineAndTheFileTheTrace() throws Exception {
    try (ChildJvm job =
        ChildJvm.start("job", Warns.class, List.of(), List.of(), Map.of(), folder)) {
      assertThat(job.awaitSuccess(Duration.ofMinutes(1)))
          .isEqualTo("WARN: the page is missing: IOException: no room\n");
      assertThat(job.log())
          .contains("WARN CleanLogTest: the page is missing")
          .contains("java.io.IOException: no room")
          .contains("at " + Warns.class.getName() + ".main");
    }
  }

  static final class Warns {
    private Warns() {}

    public static void main(String[] arguments) {
      Logs.clean();
      LoggerFactory.getLogger(CleanLogTest.class)
          .warn(
              "the page is missing",
              new IllegalStateException("outer", new IOException("no room")));
    }
  }
}
