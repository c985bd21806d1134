package org.sparkfinetune.runs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
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
    Map<String, Double> values = new LinkedHashMap<>();
    // An evaluation follows the loss of its step, which has said it.
    if (entry.step() != lastStep) {
      values.put(Metric.EPOCH.at(Stage.STEP), entry.epoch());
    }
    values.putAll(entry.values());
    lastStep = entry.step();
    run.logMetrics(entry.step(), entry.time(), values);
  }
}
