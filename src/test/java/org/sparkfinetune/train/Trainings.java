package org.sparkfinetune.train;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.EncodedRow;
import org.sparkfinetune.torch.Libtorch;

/** Small trainings that tests compare with one another. */
final class Trainings {
  static final List<String> LABELS = List.of("a", "b", "c", "d");

  static {
    // A tiny model has nothing to share out.
    Libtorch.load();
    Libtorch.setThreads(1);
  }

  private Trainings() {}

  /** A tiny BERT with fresh weights, the same each time, on {@link TestDevice}. */
  static SequenceClassifier model(double dropout) {
    return TestDevice.on(cpuModel(dropout));
  }

  /** The same on the processor: several workers on GPUs want one each. */
  static SequenceClassifier cpuModel(double dropout) {
    return SequenceClassifier.fromScratch(TestModels.tinyConfig(50, LABELS, dropout), 42);
  }

  /** fp32 and a rate that a tiny model learns with, unless given otherwise. */
  static TrainingArguments arguments(Object... keysAndValues) {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "learning_rate",
                5e-3,
                "num_train_epochs",
                2,
                "precision",
                "fp32",
                "logging_steps",
                1,
                // Weights are compared as they are trained.
                "calibrate",
                false));
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return Schema.of("training", TrainingArguments.class).create(values);
  }

  /**
   * What came of a training.
   *
   * @param losses of each step
   * @param weights by name
   */
  record Outcome(
      TrainingResult result, Map<Integer, Double> losses, Map<String, float[]> weights) {}

  /** Trains a model on shards, as one of the workers. */
  static Outcome train(
      SequenceClassifier model,
      TrainingArguments arguments,
      WorkerGroup workers,
      EncodedDataset train,
      EncodedDataset validation,
      TrainerListener listener) {
    TrainerContext context = new TrainerContext(workers, new Configuration(false), "test");
    try (Trainer trainer = new Trainer(model, arguments, context, listener)) {
      TrainingResult result = trainer.train(train, validation);
      Map<Integer, Double> losses = new LinkedHashMap<>();
      for (LogEntry entry : result.logHistory()) {
        if (entry.values().containsKey("loss")) {
          losses.put(entry.step(), entry.values().get("loss"));
        }
      }
      return new Outcome(result, losses, weights(model));
    }
  }

  /** The weights as they are, by name. */
  static Map<String, float[]> weights(SequenceClassifier model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> weight : model.parameters().tensors().entrySet()) {
      float[] values = new float[(int) weight.getValue().numel()];
      try (PointerScope scope = new PointerScope()) {
        new FloatPointer(weight.getValue().cpu().data_ptr()).get(values);
      }
      weights.put(weight.getKey(), values);
    }
    return weights;
  }

  /** The share of the rows whose position's upper bits, of so many, are chosen. */
  static EncodedDataset shard(EncodedDataset data, int bits, IntPredicate chosen) {
    EncodedDataset.Builder shard = EncodedDataset.builder();
    for (int row = 0; row < data.size(); row++) {
      EncodedRow encoded = new EncodedRow(data.record(row));
      if (chosen.test((int) (encoded.position() >>> (64 - bits)))) {
        shard.add(encoded);
      }
    }
    return shard.build();
  }
}
