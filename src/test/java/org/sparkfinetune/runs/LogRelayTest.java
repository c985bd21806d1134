package org.sparkfinetune.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingProgress;

class LogRelayTest {
  private final List<Integer> passed = new ArrayList<>();
  private final LogRelay relay = new LogRelay(entry -> passed.add(entry.index()));

  /** What a heartbeat brings: the entries from one index to before another. */
  private void heartbeat(int from, int to) {
    relay.accept(new TrainingProgress(to, 100, 0, 0, Map.of(), List.of(), entries(from, to)));
  }

  private static List<LogEntry> entries(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> new LogEntry(i, 1000 + i, i + 1, 0, Map.of("loss", 1.0)))
        .toList();
  }

  private static List<LogEntry> history(int size) {
    return entries(0, size);
  }

  private static List<Integer> upTo(int size) {
    return IntStream.range(0, size).boxed().toList();
  }

  @Test
  void whatComesAgainIsPassedOnOnce() {
    heartbeat(0, 0);
    heartbeat(0, 3);
    heartbeat(0, 3);
    heartbeat(1, 5);
    relay.finish(history(6));
    assertThat(passed).isEqualTo(upTo(6));
  }

  @Test
  void whatFollowsAGapWaitsSoThatTheOrderStays() {
    heartbeat(0, 2);
    heartbeat(4, 6);
    assertThat(passed).isEqualTo(upTo(2));
    relay.finish(history(7));
    assertThat(passed).isEqualTo(upTo(7));
  }

  @Test
  void aStageThatStartsAnewRepeatsNothing() {
    heartbeat(0, 8);
    // From the checkpoint of the fifth entry on.
    heartbeat(0, 5);
    heartbeat(2, 7);
    heartbeat(4, 10);
    relay.finish(history(10));
    assertThat(passed).isEqualTo(upTo(10));
  }

  @Test
  void aTrainingThatGoesOnBringsItsLastEntriesOfBefore() {
    heartbeat(40, 44);
    relay.finish(history(46));
    assertThat(passed).isEqualTo(IntStream.range(40, 46).boxed().toList());
  }
}
