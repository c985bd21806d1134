package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;

/**
 * One report of a training.
 *
 * @param index its place among all of the training, from 0
 * @param time when it was made, in milliseconds since 1970
 * @param step optimizer steps done
 * @param epoch passes over the training rows done, in fractions
 * @param values by name: {@code loss}, {@code grad_norm} and {@code learning_rate}, or {@code
 *     eval_*}
 */
@PublicApi
public record LogEntry(int index, long time, int step, double epoch, Map<String, Double> values)
    implements Serializable {
  /** As an entry of Hugging Face's {@code log_history}: the values, with step and epoch. */
  public Map<String, Double> toMap() {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("step", (double) step);
    map.put(Metric.EPOCH.at(Stage.STEP), epoch);
    map.putAll(values);
    return map;
  }
}
