package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import picocli.CommandLine;

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

  /** Told after five seconds, as the job has not ended by then; it ends while others still do. */
  @Test
  void aJobThatEndsLateIsToldOnce() throws Exception {
    try (ChildJvm job = ChildJvm.start("job", Late.class, List.of(), List.of(), Map.of(), folder)) {
      job.awaitOutput("at work", PATIENCE);
      ChildJvm.signal(job.process(), "TERM");
      assertThat(job.awaitEnd(PATIENCE)).isEqualTo(143);
      assertThat(job.output()).endsWith("at work\nlate: interrupted\n");
    }
  }

  /** A job that fails six seconds after it was told to end, in a process that lives for eight. */
  static final class Late implements SparklessJob {
    public static void main(String[] arguments) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> pause(8)));
      new CommandLine(new JobCommand(new Late())).execute();
    }

    @Override
    public String name() {
      return "late";
    }

    @Override
    public String summary() {
      return "Ends late.";
    }

    @Override
    public List<String> examples() {
      return List.of();
    }

    @Override
    public SettingKeys keys() {
      return SettingKeys.of(CommonArguments.SCHEMA);
    }

    @Override
    public List<String> required() {
      return List.of();
    }

    @Override
    public void run(Settings config, Configuration hadoop, Console console) {
      console.line("at work");
      ChildJvm.waitUntil(Noisy::isEnding, PATIENCE);
      pause(6);
      throw new IllegalStateException("what it needs has gone");
    }

    private static void pause(int seconds) {
      ChildJvm.waitUntil(() -> false, Duration.ofSeconds(seconds));
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
