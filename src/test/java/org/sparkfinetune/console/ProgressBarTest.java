package org.sparkfinetune.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.train.TrainingProgress;

class ProgressBarTest {
  private static final long SECOND = 1_000_000_000L;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now;

  @Test
  void redrawsOneLineOnATerminal() {
    try (ProgressBar bar = bar(OptionalInt.of(90))) {
      bar.accept(new TrainingProgress(0, 0, 0, 0, Map.of()));
      bar.accept(progress(0, Map.of()));
      now = 30 * SECOND;
      bar.accept(progress(50, Map.of("loss", 1.23456)));
      now = 60 * SECOND;
      bar.accept(progress(100, Map.of("loss", 0.5, "eval_accuracy", 0.91)));
    }

    String[] drawn = printed().split("\r\u001B\\[K");
    assertThat(drawn[1]).isEqualTo("[..............................]  preparing");
    assertThat(drawn[2])
        .isEqualTo("[..............................]  0/100  epoch 0.00  120 rows/s");
    assertThat(drawn[3])
        .isEqualTo(
            "[###############...............]  50/100  epoch 1.00  loss 1.2346  120 rows/s  ETA 0:30");
    assertThat(drawn[4])
        .isEqualTo(
            "[###################]  100/100  epoch 2.00  loss 0.5000  120 rows/s"
                + "  eval_accuracy 0.9100\n");
    assertThat(printed()).doesNotContain("100/100\n");
  }

  @Test
  void aNarrowTerminalKeepsTheBarAndDropsTheLeastWanted() {
    try (ProgressBar bar = bar(OptionalInt.of(40))) {
      bar.accept(progress(50, Map.of("loss", 1.0, "eval_accuracy", 0.5, "eval_loss", 0.5)));
    }

    assertThat(printed()).startsWith("\r\u001B[K[########.........]  50/100  epoch 1.00");
    assertThat(printed().strip().replace("\u001B[K", "").length()).isLessThan(40);
  }

  @Test
  void printsPlainLinesNowAndThenElsewhere() {
    try (ProgressBar bar = bar(OptionalInt.empty())) {
      bar.accept(progress(0, Map.of()));
      now = 2 * SECOND;
      bar.accept(progress(5, Map.of("loss", 3.0)));
      now = 10 * SECOND;
      bar.accept(progress(10, Map.of("loss", 2.0)));
      now = 11 * SECOND;
      bar.accept(progress(11, Map.of("loss", 2.0, "eval_accuracy", 0.5)));
      bar.accept(progress(11, Map.of("loss", 2.0, "eval_accuracy", 0.5)));
      now = 12 * SECOND;
      bar.accept(progress(100, Map.of("loss", 1.0, "eval_accuracy", 0.5)));
    }

    assertThat(printed())
        .isEqualTo(
            """
            training  0/100  epoch 0.00  120 rows/s
            training  10/100  epoch 0.20  loss 2.0000  120 rows/s  ETA 1:30
            training  11/100  epoch 0.22  loss 2.0000  120 rows/s  ETA 1:29  eval_accuracy 0.5000
            training  100/100  epoch 2.00  loss 1.0000  120 rows/s  eval_accuracy 0.5000
            """);
  }

  @Test
  void hoursAreShown() {
    try (ProgressBar bar = bar(OptionalInt.empty())) {
      bar.accept(progress(0, Map.of()));
      now = 3661 * SECOND;
      bar.accept(progress(50, Map.of()));
    }
    assertThat(printed()).endsWith("ETA 1:01:01\n");
  }

  private ProgressBar bar(OptionalInt columns) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new ProgressBar(new Console(out, columns), () -> now);
  }

  private static TrainingProgress progress(int step, Map<String, Double> logs) {
    return new TrainingProgress(step, 100, step / 50.0, 120.4, logs);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
