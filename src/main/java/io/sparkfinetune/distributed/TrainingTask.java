package io.sparkfinetune.distributed;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.Customisation;
import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.Checkpoint;
import io.sparkfinetune.model.io.ModelFiles;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.tokenize.EncodedDataset;
import io.sparkfinetune.torch.Libtorch;
import io.sparkfinetune.train.DivergedException;
import io.sparkfinetune.train.Trainer;
import io.sparkfinetune.train.TrainingArguments;
import io.sparkfinetune.train.TrainingProgress;
import io.sparkfinetune.train.TrainingResult;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.AccumulatorV2;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/**
 * One barrier task: takes its rows into memory, loads the checkpoint, trains, and gives the best
 * weights back as numbered chunks.
 *
 * <p>Input rows are {@code (input_ids: array<int>, type_one_start: int, labels: array<int>,
 * is_validation: boolean)}, as {@link EncodedDataset.Builder#add(int[], int, int[])} takes them.
 * Output pairs are {@code (0, TrainingOutcome)}, then {@code (i, Chunk)} with the i-th chunk of
 * {@code model.safetensors}, from 1.
 */
final class TrainingTask extends AbstractFunction1<Iterator<Row>, Iterator<Tuple2<Integer, Object>>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ModelArguments modelArguments;
  private final String configJson;
  private final TrainingArguments arguments;
  private final int threads;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final AccumulatorV2<TrainingProgress, TrainingProgress> progress;

  TrainingTask(
      ModelArguments modelArguments,
      String configJson,
      TrainingArguments arguments,
      int threads,
      Broadcast<SerializableConfiguration> hadoop,
      AccumulatorV2<TrainingProgress, TrainingProgress> progress) {
    this.modelArguments = modelArguments;
    this.configJson = configJson;
    this.arguments = arguments;
    this.threads = threads;
    this.hadoop = hadoop;
    this.progress = progress;
  }

  @Override
  public Iterator<Tuple2<Integer, Object>> apply(Iterator<Row> rows) {
    List<Tuple2<Integer, Object>> output = new ArrayList<>();
    try {
      train(rows, output);
    } catch (UserException e) {
      output.add(
          new Tuple2<>(
              0, new TrainingOutcome(UUID.randomUUID(), 0, null, null, e.getMessage(), false)));
    }
    return JavaConverters.asScalaIterator(output.iterator());
  }

  private void train(Iterator<Row> rows, List<Tuple2<Integer, Object>> output) {
    Libtorch.load();
    Libtorch.setThreads(threads);
    EncodedDataset.Builder train = EncodedDataset.builder();
    EncodedDataset.Builder validation = EncodedDataset.builder();
    while (rows.hasNext()) {
      Row row = rows.next();
      (row.getBoolean(3) ? validation : train).add(ints(row, 0), row.getInt(1), ints(row, 2));
    }
    ModelConfig config = ModelConfig.parse(configJson);
    try (SequenceClassifier model = load(config);
        Trainer trainer = new Trainer(model, arguments, this::onProgress)) {
      TrainingResult result;
      String failure = null;
      try {
        result = trainer.train(train.build(), validation.build());
      } catch (DivergedException e) {
        result = e.kept();
        failure = e.getMessage();
      }
      UUID run = UUID.randomUUID();
      ModelFiles files = model.toFiles("");
      List<byte[]> chunks = files.weights().chunks();
      output.add(
          new Tuple2<>(
              0,
              new TrainingOutcome(
                  run, chunks.size(), files.adapter(), result, failure, failure != null)));
      for (byte[] chunk : chunks) {
        output.add(new Tuple2<>(output.size(), new TrainingOutcome.Chunk(run, chunk)));
      }
    }
  }

  private static int[] ints(Row row, int column) {
    return row.<Integer>getList(column).stream().mapToInt(Integer::intValue).toArray();
  }

  private SequenceClassifier load(ModelConfig config) {
    Customisation customisation = modelArguments.customisation();
    if (modelArguments.fromScratch()) {
      return SequenceClassifier.fromScratch(config, customisation, arguments.seed());
    }
    Checkpoint checkpoint = Checkpoint.open(modelArguments.base(), hadoop.value().value());
    try (TensorSource weights = checkpoint.openWeights()) {
      List<String> labels = ModelConfig.parse(checkpoint.config()).labels();
      return SequenceClassifier.fromPretrained(
          config, labels, weights, customisation, arguments.seed());
    }
  }

  private void onProgress(TrainingProgress newest) {
    TaskContext context = BarrierTaskContext.get();
    context.killTaskIfInterrupted();
    progress.add(newest);
  }
}
