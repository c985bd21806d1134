package org.sparkfinetune.train;

import java.util.Map;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.evaluate.TemperatureScaling;
import org.sparkfinetune.evaluate.TemperatureScaling.Slope;
import org.sparkfinetune.evaluate.TemperatureSums;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.EncodedDataset;

/**
 * Finds what a trained classifier's logits are best divided by: the temperature of the least log
 * loss of the validation rows. They are predicted once; each worker holds the logits of its own
 * rows, and workers exchange sums. All of them find the same.
 */
final class TrainedTemperature {
  /** Logits that a worker holds, 64 MB: of a shard of more only evenly spaced rows are taken. */
  private static final int MAX_LOGITS = 1 << 24;

  private final SequenceClassifier model;
  private final WorkerGroup workers;
  private final EncodedDataset shard;
  private final Map<Integer, float[]> logits;

  /**
   * What was found.
   *
   * @param temperature 1 where no other one makes the log loss less by more than what fitting it to
   *     these very rows explains, or the rows do not say which does: they are all right, or no
   *     better than chance
   * @param before the rows' mean log loss, in nats
   * @param after the same with the temperature
   */
  record Found(double temperature, double before, double after) {}

  private TrainedTemperature(
      SequenceClassifier model,
      WorkerGroup workers,
      EncodedDataset shard,
      Map<Integer, float[]> logits) {
    this.model = model;
    this.workers = workers;
    this.shard = shard;
    this.logits = logits;
  }

  /** Looks for it; the model stays as it is. */
  static Found of(
      SequenceClassifier model, Evaluator evaluator, WorkerGroup workers, EncodedDataset shard) {
    long numbers = (long) shard.size() * model.labels().size();
    int every = (int) Math.max(1, (numbers + MAX_LOGITS - 1) / MAX_LOGITS);
    TrainedTemperature rows =
        new TrainedTemperature(model, workers, shard, evaluator.logits(shard, every));
    double temperature = TemperatureScaling.fit(1, rows::slope);
    double before = rows.slope(1).loss();
    if (TemperatureScaling.isEnd(temperature)) {
      return new Found(1, before, before);
    }
    TemperatureSums best = rows.sums(1 / temperature);
    double after = best.slope().loss();
    return after + best.optimism() < before
        ? new Found(temperature, before, after)
        : new Found(1, before, before);
  }

  private Slope slope(double inverse) {
    return sums(inverse).slope();
  }

  private TemperatureSums sums(double inverse) {
    TemperatureSums own = new TemperatureSums(model.config().problemType(), inverse);
    logits.forEach(
        (row, values) ->
            own.add(shard.labels(row), model.config().problemType().task().probabilities(values)));
    if (workers.size() == 1) {
      return own;
    }
    TemperatureSums all = new TemperatureSums(model.config().problemType(), inverse);
    Evaluator.gather(own.state(), workers).forEach(all::merge);
    return all;
  }
}
