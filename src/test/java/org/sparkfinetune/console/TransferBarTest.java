package org.sparkfinetune.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TransferBarTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MB = 1_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now;

  private TransferBar bar(OptionalInt columns) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new TransferBar(new Console(out, columns), "fetching", () -> now);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aMomentIsNotShown() {
    try (TransferBar bar = bar(OptionalInt.of(80))) {
      for (int i = 0; i <= 10; i++) {
        now = i * SECOND / 10;
        bar.show("org/name", i * MB, 10 * MB);
      }
    }
    assertThat(printed()).isEmpty();
  }

  @Test
  void aTerminalHasOneLineThatIsRedrawn() {
    try (TransferBar bar = bar(OptionalInt.of(120))) {
      bar.show("org/name", 0, 400 * MB);
      now = 4 * SECOND;
      bar.show("org/name", 100 * MB, 400 * MB);
      now += SECOND / 100;
      bar.show("org/name", 101 * MB, 400 * MB);
      now = 16 * SECOND;
      bar.show("org/name", 400 * MB, 400 * MB);
    }
    String[] drawn = printed().split("\r\u001B\\[K");
    assertThat(drawn).hasSize(3);
    assertThat(drawn[1])
        .isEqualTo(
            "[#######.......................]  fetching org/name  100/400 MB  25.0 MB/s  ETA 0:12");
    assertThat(drawn[2])
        .isEqualTo("[##############################]  fetching org/name  400/400 MB  25.0 MB/s\n");
  }

  @Test
  void aNarrowTerminalIsNotWrapped() {
    try (TransferBar bar = bar(OptionalInt.of(20))) {
      bar.show("org/name", 0, 400 * MB);
      now = 4 * SECOND;
      bar.show("org/name", 100 * MB, 400 * MB);
    }
    assertThat(printed().replace("\r\u001B[K", "").strip()).hasSize(19);
  }

  @Test
  void elsewhereALineIsPrintedNowAndThenAndAtTheEnd() {
    try (TransferBar bar = bar(OptionalInt.empty())) {
      for (int second = 0; second <= 25; second++) {
        now = second * SECOND;
        bar.show("org/name", second * 10 * MB, 250 * MB);
      }
      bar.show("org/other", 0, 10 * MB);
    }
    assertThat(printed().lines())
        .containsExactly(
            "fetching org/name  20/250 MB  10.0 MB/s  ETA 0:23",
            "fetching org/name  120/250 MB  10.0 MB/s  ETA 0:13",
            "fetching org/name  220/250 MB  10.0 MB/s  ETA 0:03",
            "fetching org/name  250/250 MB  10.0 MB/s");
  }
}
