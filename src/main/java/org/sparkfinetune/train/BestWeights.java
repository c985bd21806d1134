package org.sparkfinetune.train;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.encoder.ParameterSet;

/**
 * The trainable weights to end with: those of the best evaluation, or of the last where the best is
 * not asked for. Until there is one, the newest that gave a finite loss, so that a training which
 * diverges in its first epoch has something to go back to.
 */
final class BestWeights implements AutoCloseable {
  private final String metric;
  private final boolean greaterIsBetter;
  private final boolean keepsBest;
  private final WeightsSnapshot snapshot;
  private State state = new State(0, 1, false, Map.of(), "the weights before step 1");

  /**
   * What is known of the weights kept.
   *
   * @param step after which they were taken; -1 when steps were numbered for another batch size
   * @param lazyDecayFactor as of {@link org.sparkfinetune.model.CompactEmbeddings#factor} then
   * @param evaluated whether they were evaluated
   * @param metrics of that evaluation
   * @param description in words
   */
  record State(
      int step,
      double lazyDecayFactor,
      boolean evaluated,
      Map<String, Double> metrics,
      String description) {
    /** The same where steps are numbered otherwise from now on. */
    State withoutStep() {
      return new State(-1, lazyDecayFactor, evaluated, metrics, description);
    }
  }

  /**
   * Starts with the weights as they are.
   *
   * @param metric that of {@code metric_for_best_model}
   * @param keepsBest whether a worse evaluation leaves the weights kept as they are
   */
  BestWeights(ParameterSet parameters, Metric metric, boolean greaterIsBetter, boolean keepsBest) {
    this.metric = metric.at(Stage.EVAL);
    this.greaterIsBetter = greaterIsBetter;
    this.keepsBest = keepsBest;
    this.snapshot = new WeightsSnapshot(parameters);
  }

  /** Keeps the present weights, which gave a finite loss, if no evaluated ones are kept. */
  void keepUnevaluated(int step, double lazyDecayFactor) {
    if (!state.evaluated()) {
      snapshot.update();
      state = new State(step, lazyDecayFactor, false, Map.of(), "the weights after step " + step);
    }
  }

  /**
   * Keeps the present weights whatever is kept: they are the last, and gave a finite loss. What an
   * earlier step's evaluation said is not said of them.
   */
  void keepLast(int step, double lazyDecayFactor) {
    snapshot.update();
    boolean evaluated = state.evaluated() && state.step() == step;
    Map<String, Double> metrics = evaluated ? state.metrics() : Map.of();
    state = new State(step, lazyDecayFactor, evaluated, metrics, "the weights of the end");
  }

  /** Keeps the present weights if they are the first evaluated or better than those kept. */
  void offer(Map<String, Double> evaluation, int step, double epoch, double lazyDecayFactor) {
    double value = evaluation.get(metric);
    if (!keepsBest
        || !state.metrics().containsKey(metric)
        || (greaterIsBetter ? value > kept() : value < kept())) {
      snapshot.update();
      Map<String, Double> metrics = new LinkedHashMap<>(evaluation);
      metrics.put(Metric.BEST_EPOCH.at(Stage.STEP), epoch);
      String when =
          epoch == Math.rint(epoch)
              ? String.format(Locale.ROOT, "epoch %.0f", epoch)
              : "step " + step;
      state =
          new State(
              step,
              lazyDecayFactor,
              true,
              metrics,
              String.format(Locale.ROOT, "the weights of %s (%s %.4f)", when, metric, value));
    }
  }

  private double kept() {
    return state.metrics().get(metric);
  }

  /** Whether the weights kept are those of the best evaluation. */
  boolean isBest() {
    return keepsBest && state.evaluated();
  }

  /** What is known of the weights kept. */
  State state() {
    return state;
  }

  /** The weights kept, by name; they stay this object's. */
  Map<String, Tensor> tensors() {
    return snapshot.tensors();
  }

  /**
   * Takes {@link #tensors}, which have been overwritten, for those kept, of which this is known.
   */
  void resume(State known) {
    state = known;
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
