package org.sparkfinetune.train;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.collective.GradientReducer;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.SplitMix64;

/**
 * The mean loss of a step's rows, by their weights, and its gradient, over all passes and all
 * workers: the same rows give the same mean however they are dealt out. Gradients are left in the
 * model's weights.
 */
final class BatchGradient implements AutoCloseable {
  private final SequenceClassifier model;
  private final LossFunction loss;
  private final WorkerGroup workers;
  private final ForwardPass pass;
  private final Generator generator;
  private final long seed;
  private final List<Parameter> trainable;
  private final GradientReducer reducer;
  private final boolean dealt;
  private boolean closed;

  /**
   * What came of a step's rows.
   *
   * @param loss their mean loss; 0 where all their weights are
   * @param norm the 2-norm of its gradient
   * @param rows how many of them count: those whose weight is not 0
   */
  record Result(double loss, double norm, int rows) {
    boolean isFinite() {
      return Double.isFinite(loss) && Double.isFinite(norm);
    }
  }

  /**
   * Prepares for the weights as they are now, which must stay where they are.
   *
   * @param pass with dropout from {@code generator}
   */
  BatchGradient(
      SequenceClassifier model,
      LossFunction loss,
      WorkerGroup workers,
      ForwardPass pass,
      Generator generator,
      long seed) {
    this.model = model;
    this.loss = loss;
    this.workers = workers;
    this.pass = pass;
    this.generator = generator;
    this.seed = seed;
    trainable = model.parameters().trainable();
    reducer = workers.reducer(trainable.stream().map(Parameter::tensor).toList(), pass.recompute());
    dealt = IntStream.range(0, trainable.size()).anyMatch(weight -> !reducer.updates(weight));
  }

  /**
   * Computes the gradient of a step.
   *
   * @param rows all of the step's, which have been fetched
   * @param scale a factor on the loss while it is differentiated
   */
  Result compute(ShardedRows data, int[] rows, StepPlan plan, int step, double scale) {
    float[] weights = data.weights(rows);
    double weight = loss.weight(data.labels(rows), weights);
    double factor = weight > 0 ? scale / weight : 0;
    double sum = 0;
    for (int passNumber = 0; passNumber < plan.accumulation(); passNumber++) {
      if (passNumber == plan.accumulation() - 1) {
        reducer.beforeBackward();
      }
      int part = passNumber * workers.size() + workers.rank();
      sum += pass(data, part(rows, part, plan.parts()), rows, step, part, factor);
    }
    reducer.afterBackward();
    double norm = GradientNorm.of(trainable);
    double[] sums = workers.allReduceSum(new double[] {sum, norm * norm});
    // Gradients that are dealt out have their norm in parts.
    norm = dealt ? Math.sqrt(sums[1]) : norm;
    return new Result(
        weight > 0 ? sums[0] / weight : 0, norm / scale, counting(weights, rows.length));
  }

  private static int counting(float[] weights, int rows) {
    return weights == null
        ? rows
        : (int) IntStream.range(0, rows).filter(row -> weights[row] > 0).count();
  }

  /** Whether this worker is the one that updates a weight, or one of all that do. */
  boolean updates(Parameter weight) {
    return reducer.updates(trainable.indexOf(weight));
  }

  /** Updates the weights that this worker updates; an operation of all workers. */
  void update(Runnable step) {
    reducer.beforeUpdate();
    step.run();
    reducer.afterUpdate();
  }

  /** Computes a gradient of this worker's rows alone, to see whether there is memory for it. */
  void probe(EncodedDataset shard, int[] rows) {
    seedDropout(0, 0);
    try (PointerScope scope = new PointerScope()) {
      Batch batch = shard.batch(rows, model.padTokenId());
      loss.sum(model.logitsTensor(pass, batch), batch.labels(), null).backward();
    }
  }

  /** The sum of the rows' losses; their gradient is added up. */
  private double pass(ShardedRows data, int[] own, int[] all, int step, int part, double factor) {
    // A worker without rows takes part all the same, with a row that counts nothing.
    int[] rows = own.length > 0 ? own : new int[] {all[0]};
    seedDropout(step, part);
    try (PointerScope scope = new PointerScope()) {
      Batch batch = data.batch(rows, model.padTokenId());
      Tensor sum = loss.sum(model.logitsTensor(pass, batch), batch.labels(), data.weights(rows));
      double value = own.length > 0 ? sum.item_double() : 0;
      // The reducer averages, and the sum is wanted.
      double averaged = own.length > 0 ? factor * workers.size() : 0;
      try {
        sum.mul(new Scalar(averaged)).backward();
      } catch (RuntimeException e) {
        throw workers.translateFailure(e);
      }
      return value;
    }
  }

  /**
   * The generator starts anew at each pass, from a number of its own: so a training that resumes
   * needs nothing but the step, and workers drop out independently.
   */
  private void seedDropout(int step, int part) {
    generator.set_current_seed(SplitMix64.output(SplitMix64.output(seed, step + 1L), part + 1L));
  }

  /** Every {@code parts}th row from {@code part} on: rows of like length go to different parts. */
  private static int[] part(int[] rows, int part, int parts) {
    return IntStream.iterate(part, i -> i < rows.length, i -> i + parts)
        .map(i -> rows[i])
        .toArray();
  }

  /** Lets go of the weights, which are then each worker's own. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      reducer.close();
    }
  }
}
