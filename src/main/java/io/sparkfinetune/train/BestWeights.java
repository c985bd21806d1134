package io.sparkfinetune.train;

import io.sparkfinetune.model.ParameterSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The trainable weights to end with: those of the best evaluation. Until there is one, the newest
 * that gave a finite loss, so that a training which diverges in its first epoch has something to go
 * back to.
 */
final class BestWeights implements AutoCloseable {
  private final String metric;
  private final boolean greaterIsBetter;
  private final WeightsSnapshot snapshot;
  private boolean evaluated;
  private Map<String, Double> metrics = Map.of();
  private String description = "the weights before step 1";

  /**
   * Starts with the weights as they are.
   *
   * @param metric as in {@code metric_for_best_model}, without {@code eval_}
   */
  BestWeights(ParameterSet parameters, String metric) {
    this.metric = "eval_" + metric;
    this.greaterIsBetter = !metric.endsWith("loss");
    this.snapshot = new WeightsSnapshot(parameters);
  }

  /** Keeps the present weights, which gave a finite loss, if no evaluated ones are kept. */
  void keepUnevaluated(int step) {
    if (!evaluated) {
      snapshot.update();
      description = "the weights after step " + step;
    }
  }

  /** Keeps the present weights if they are the first evaluated or better than those kept. */
  void offer(Map<String, Double> evaluation, double epoch) {
    double value = evaluation.get(metric);
    if (!evaluated || (greaterIsBetter ? value > kept() : value < kept())) {
      snapshot.update();
      evaluated = true;
      metrics = new LinkedHashMap<>(evaluation);
      metrics.put("best_epoch", epoch);
      description =
          String.format(Locale.ROOT, "the weights of epoch %.0f (%s %.4f)", epoch, metric, value);
    }
  }

  private double kept() {
    return metrics.get(metric);
  }

  /** The evaluation of the weights kept; empty if there was none. */
  Map<String, Double> metrics() {
    return metrics;
  }

  /** What is kept, in words. */
  String description() {
    return description;
  }

  /** Puts the weights kept back into the model. */
  void restore() {
    snapshot.restore();
  }

  @Override
  public void close() {
    snapshot.close();
  }
}
