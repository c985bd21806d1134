package org.sparkfinetune.train;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.model.CompactEmbeddings;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.EncodedRow;

/**
 * The weights that a training changes, with their optimizer and their gradient. Word vectors of
 * tokens that occur in no row are taken out meanwhile, where the optimizer would only shrink them
 * by its weight decay: that is made up for in the end.
 */
final class TrainedWeights implements AutoCloseable {
  private final SequenceClassifier model;
  private final Optional<CompactEmbeddings> vocabulary;
  private final Optimizer optimizer;
  private final WorkerGroup workers;
  private final BatchGradient gradient;
  private final double lazyDecay;

  private TrainedWeights(
      SequenceClassifier model,
      Optional<CompactEmbeddings> vocabulary,
      Optimizer optimizer,
      WorkerGroup workers,
      BatchGradient gradient,
      double lazyDecay) {
    this.model = model;
    this.vocabulary = vocabulary;
    this.optimizer = optimizer;
    this.workers = workers;
    this.gradient = gradient;
    this.lazyDecay = lazyDecay;
  }

  /** Prepares a model's trainable weights; an operation of all workers. */
  static TrainedWeights of(
      SequenceClassifier model,
      TrainingArguments arguments,
      WorkerGroup workers,
      ForwardPass pass,
      Generator generator,
      ShardedRows train,
      ShardedRows validation) {
    LossFunction loss =
        LossFunctions.of(
            arguments.loss(),
            model.config().problemType(),
            model.labels(),
            rowsByLabel(model, workers, train.shard()),
            train.size());
    Optional<CompactEmbeddings> vocabulary =
        Optimizers.rule(arguments.optimizer()).leavesUntouchedRows()
            ? model.trimVocabulary(used(model, workers, train.shard(), validation.shard()))
            : Optional.empty();
    Optimizer optimizer = Optimizers.create(model.parameters(), arguments.optimizer());
    BatchGradient gradient =
        new BatchGradient(model, loss, workers, pass, generator, arguments.seed());
    return new TrainedWeights(
        model,
        vocabulary,
        optimizer,
        workers,
        gradient,
        vocabulary.isPresent() ? lazyDecay(model, arguments.optimizer()) : 0);
  }

  private static long[] rowsByLabel(
      SequenceClassifier model, WorkerGroup workers, EncodedDataset shard) {
    double[] counts = new double[model.labels().size()];
    for (int row = 0; row < shard.size(); row++) {
      for (int label : shard.labels(row)) {
        counts[label]++;
      }
    }
    counts = workers.allReduceSum(counts);
    long[] rows = new long[counts.length];
    for (int label = 0; label < rows.length; label++) {
      rows[label] = (long) counts[label];
    }
    return rows;
  }

  private static BitSet used(
      SequenceClassifier model, WorkerGroup workers, EncodedDataset... shards) {
    int[] occurs = new int[model.vocabulary()];
    for (EncodedDataset shard : shards) {
      for (int row = 0; row < shard.size(); row++) {
        EncodedRow.forEachId(shard.record(row), id -> occurs[id] = 1);
      }
    }
    int[] anywhere = workers.allReduceSum(occurs);
    BitSet used = new BitSet();
    for (int id = 0; id < anywhere.length; id++) {
      used.set(id, anywhere[id] > 0);
    }
    return used;
  }

  /** Of the word vectors, per unit of learning rate. */
  private static double lazyDecay(SequenceClassifier model, OptimizerArguments arguments) {
    return ParameterGroups.of(model.parameters(), arguments).stream()
        .filter(group -> group.parameters().stream().anyMatch(model::isWordEmbeddings))
        .mapToDouble(group -> group.rateFactor() * group.decay())
        .sum();
  }

  /** What the training is going to do. */
  TrainingPlan plan(
      StepPlan steps, ShardedRows train, ShardedRows validation, TrainingArguments arguments) {
    long parameters = 0;
    long trained = 0;
    for (Parameter parameter : model.parameters().parameters()) {
      parameters += parameter.tensor().numel();
      trained += parameter.trainable() ? parameter.tensor().numel() : 0;
    }
    int length = Math.max(train.longest(), validation.longest());
    int tokens = vocabulary.map(CompactEmbeddings::vocabulary).orElseGet(model::vocabulary);
    int occurring = vocabulary.map(CompactEmbeddings::size).orElse(tokens);
    long absent = model.detachedSize() / tokens * (tokens - occurring);
    return new TrainingPlan(
        steps,
        train.tokens(),
        parameters + absent,
        trained,
        tokens,
        occurring,
        TrainingMemory.of(model, arguments, length, steps.workers()).total());
  }

  /** The gradient of a step's rows. */
  BatchGradient gradient() {
    return gradient;
  }

  /**
   * Applies the gradient.
   *
   * @param gradientScale a factor on it
   * @param skipped whether to let go of it instead
   */
  void step(double learningRate, double gradientScale, boolean skipped) {
    if (skipped) {
      model.parameters().dropGradients();
      return;
    }
    gradient.update(() -> optimizer.step(learningRate, gradientScale));
    vocabulary.ifPresent(
        trimmed -> trimmed.setFactor(trimmed.factor() * (1 - learningRate * lazyDecay)));
  }

  /** What word vectors that are not there are to be multiplied with in the end. */
  double lazyDecayFactor() {
    return vocabulary.map(CompactEmbeddings::factor).orElse(1.0);
  }

  /** Sets {@link #lazyDecayFactor}. */
  void setLazyDecayFactor(double factor) {
    vocabulary.ifPresent(trimmed -> trimmed.setFactor(factor));
  }

  /** The weights by name; they stay the model's. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<Parameter> trainable = model.parameters().trainable();
    trainable.forEach(parameter -> tensors.put(parameter.name(), parameter.tensor()));
    return tensors;
  }

  /** The optimizer's state by name; it stays the optimizer's. */
  Map<String, Tensor> optimizerState() {
    return optimizer.state();
  }

  /**
   * Runs something while every worker's optimizer has the state of all weights, also of those that
   * other workers update, as a checkpoint wants it; an operation of all workers.
   */
  void withWholeState(Runnable action) {
    if (updatesAll()) {
      action.run();
      return;
    }
    // What others update is zero here.
    optimizer.state().values().forEach(workers::allReduceSum);
    action.run();
    dropForeignState();
  }

  private boolean updatesAll() {
    return model.parameters().trainable().stream().allMatch(gradient::updates);
  }

  private void dropForeignState() {
    optimizer.clear(parameter -> !gradient.updates(parameter));
  }

  /** How many steps the optimizer has done. */
  int optimizerSteps() {
    return optimizer.steps();
  }

  /** Goes on where another training stood, whose tensors are in these. */
  void resume(int optimizerSteps, double lazyDecayFactor) {
    optimizer.resumeAt(optimizerSteps);
    dropForeignState();
    setLazyDecayFactor(lazyDecayFactor);
  }

  /** Gives each worker weights of its own, if they share them: trained on no more. */
  void endTraining() {
    gradient.close();
  }

  /** Puts the whole vocabulary back. */
  @Override
  public void close() {
    gradient.close();
    optimizer.close();
    vocabulary.ifPresent(CompactEmbeddings::close);
  }
}
