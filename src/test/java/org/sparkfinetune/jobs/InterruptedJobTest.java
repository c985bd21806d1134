package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** What the terminal shows of a job that is interrupted. */
@Tag("slow")
class InterruptedJobTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path folder;

  @Test
  void threadsThatAreEndingSayNothing() throws Exception {
    try (ChildJvm job =
        ChildJvm.start(
            "job",
            Noisy.class,
            List.of("-Dspark.ui.enabled=false"),
            List.of("quickstart", "output=" + folder.resolve("output")),
            Map.of(),
            folder)) {
      job.awaitOutput("Fine-tuning", PATIENCE);
      ChildJvm.signal(job.process(), "TERM");
      assertThat(job.awaitEnd(PATIENCE)).isEqualTo(143);
      assertThat(job.output())
          .endsWith("quickstart: interrupted\n")
          .doesNotContain("a task of an ended pool");
    }
  }

  /** A job beside a thread that prints, as Scala's do, when the process is about to end. */
  static final class Noisy {
    private Noisy() {}

    public static void main(String[] arguments) {
      Thread noise =
          new Thread(
              () -> {
                ChildJvm.waitUntil(Noisy::isEnding, PATIENCE);
                ChildJvm.waitUntil(() -> false, Duration.ofMillis(100));
                System.err.println("a task of an ended pool");
              });
      noise.setDaemon(true);
      noise.start();
      Main.main(arguments);
    }

    private static boolean isEnding() {
      Thread hook = new Thread(() -> {});
      try {
        Runtime.getRuntime().addShutdownHook(hook);
        Runtime.getRuntime().removeShutdownHook(hook);
        return false;
      } catch (IllegalStateException ending) {
        return true;
      }
    }
  }
}
