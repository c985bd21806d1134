package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.task.Task;
import org.sparkfinetune.tokenize.BatchSampler;
import org.sparkfinetune.tokenize.EncodedDataset;

/** Measures a model on labeled rows, without changing it. */
final class Evaluator {
  private final SequenceClassifier model;
  private final ForwardPass pass;
  private final int batchSize;
  private final Runnable beforeBatch;

  /**
   * Evaluates with the arithmetic of {@code pass}, which must not drop out.
   *
   * @param beforeBatch called before each batch of {@link #evaluate}; what it throws ends that
   */
  Evaluator(SequenceClassifier model, ForwardPass pass, int batchSize, Runnable beforeBatch) {
    this.model = model;
    this.pass = pass;
    this.batchSize = batchSize;
    this.beforeBatch = beforeBatch;
  }

  /**
   * Measures all rows of all workers, each worker its own, and gives every worker the same result.
   * Multi-label: with the threshold of the model's configuration, or when it has none with the best
   * one for these very rows.
   *
   * @return empty when a logit is not finite
   */
  Optional<Metrics> evaluate(EncodedDataset shard, WorkerGroup workers) {
    MetricsAccumulator own = accumulator();
    int notFinite = add(shard, own) ? 0 : 1;
    if (workers.allReduceSum(new int[] {notFinite})[0] > 0) {
      return Optional.empty();
    }
    if (workers.size() == 1) {
      return Optional.of(own.metrics());
    }
    MetricsAccumulator all = accumulator();
    gather(own.state(), workers).forEach(all::merge);
    return Optional.of(all.metrics());
  }

  private MetricsAccumulator accumulator() {
    ModelConfig config = model.config();
    return Accumulators.of(config.problemType(), model.labels().size(), config.threshold());
  }

  /** Adds the rows; false when a logit is not finite. */
  private boolean add(EncodedDataset data, MetricsAccumulator accumulator) {
    Task task = model.config().problemType().task();
    boolean finite = true;
    for (int[] rows : BatchSampler.evaluationBatches(data, batchSize)) {
      beforeBatch.run();
      float[][] logits = model.logits(pass, data.batch(rows, model.padTokenId()));
      for (int i = 0; i < rows.length; i++) {
        double[] probabilities = task.probabilities(logits[i]);
        if (Arrays.stream(probabilities).anyMatch(Double::isNaN)) {
          // The other batches are done all the same: the workers keep step.
          finite = false;
        } else {
          accumulator.add(data.labels(rows[i]), probabilities);
        }
      }
    }
    return finite;
  }

  /** The numbers of each worker, by rank: each adds its own to the others' zeros. */
  static List<double[]> gather(double[] own, WorkerGroup workers) {
    int[] lengths = new int[workers.size()];
    lengths[workers.rank()] = own.length;
    lengths = workers.allReduceSum(lengths);
    double[] all = new double[Arrays.stream(lengths).reduce(0, Math::addExact)];
    System.arraycopy(own, 0, all, Arrays.stream(lengths, 0, workers.rank()).sum(), own.length);
    all = workers.allReduceSum(all);
    List<double[]> gathered = new ArrayList<>();
    int place = 0;
    for (int length : lengths) {
      gathered.add(Arrays.copyOfRange(all, place, place + length));
      place += length;
    }
    return gathered;
  }

  /**
   * The logits of rows of this worker, each with its number.
   *
   * @param every takes each so-manieth row alone
   */
  Map<Integer, float[]> logits(EncodedDataset shard, int every) {
    Map<Integer, float[]> found = new TreeMap<>();
    for (int[] rows : BatchSampler.evaluationBatches(shard, batchSize)) {
      int[] taken = Arrays.stream(rows).filter(row -> row % every == 0).toArray();
      if (taken.length > 0) {
        beforeBatch.run();
        float[][] logits = model.logits(pass, shard.batch(taken, model.padTokenId()));
        for (int i = 0; i < taken.length; i++) {
          found.put(taken[i], logits[i]);
        }
      }
    }
    return found;
  }

  /** The mean loss of some rows. */
  double loss(EncodedDataset data, int[] rows) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      return model.loss(pass, data.batch(rows, model.padTokenId())).item_float();
    }
  }
}
