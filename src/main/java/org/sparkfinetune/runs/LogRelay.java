package org.sparkfinetune.runs;

import java.util.List;
import java.util.function.Consumer;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Passes each entry of a training's log on once and in order, whatever arrives of it: heartbeats
 * get lost, carry the same entries again, or, when Spark has started the stage anew, those since
 * the last checkpoint once more. Thread-safe.
 */
public final class LogRelay implements Consumer<TrainingProgress> {
  private final Consumer<LogEntry> consumer;
  private int next;

  public LogRelay(Consumer<LogEntry> consumer) {
    this.consumer = consumer;
  }

  /** Passes on what follows the entry of before; what follows a gap waits for {@link #finish}. */
  @Override
  public synchronized void accept(TrainingProgress progress) {
    List<LogEntry> entries = progress.entries();
    if (next == 0 && !entries.isEmpty()) {
      // A training that goes on has entries of before; of many it brings the last alone.
      next = entries.get(0).index();
    }
    for (LogEntry entry : entries) {
      if (entry.index() == next) {
        next++;
        consumer.accept(entry);
      }
    }
  }

  /** Passes on the rest of the log of a training that has ended. */
  public synchronized void finish(List<LogEntry> history) {
    for (; next < history.size(); next++) {
      consumer.accept(history.get(next));
    }
  }
}
