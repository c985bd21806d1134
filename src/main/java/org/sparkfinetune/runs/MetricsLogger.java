package org.sparkfinetune.runs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.train.LogEntry;

/** Notes a training's log in a run's record; told in order, by one thread at a time. */
public final class MetricsLogger implements Consumer<LogEntry> {
  private final RunHandle run;
  private long lastStep = -1;

  public MetricsLogger(RunHandle run) {
    this.run = run;
  }

  @Override
  public void accept(LogEntry entry) {
    Map<String, Double> values = new LinkedHashMap<>(entry.values());
    long step = values.remove("step").longValue();
    if (step == lastStep) {
      // An evaluation follows the loss of its step, which has said it.
      values.remove("epoch");
    }
    lastStep = step;
    run.logMetrics(step, entry.time(), values);
  }
}
