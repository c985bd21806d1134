package org.sparkfinetune.distributed;

import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.BlockManager;
import org.apache.spark.storage.BroadcastBlockId;
import org.apache.spark.util.AccumulatorV2;
import org.apache.spark.util.SerializableConfiguration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.GlooWorkerGroup;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.torch.Libtorch;
import org.sparkfinetune.train.DivergedException;
import org.sparkfinetune.train.Trainer;
import org.sparkfinetune.train.TrainerContext;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;
import org.sparkfinetune.train.TrainingResult;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;

/**
 * One worker's barrier task: takes its rows into memory, meets the other workers, loads the
 * checkpoint and trains. The first worker gives the best weights back as numbered chunks.
 *
 * <p>Output pairs are {@code (0, TrainingOutcome)}, then {@code (i, Chunk)} with the i-th chunk of
 * {@code model.safetensors}, from 1.
 */
final class TrainingTask
    extends AbstractFunction1<Iterator<Example>, Iterator<Tuple2<Integer, Object>>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What workers may be apart when they start: some load libtorch for the first time. */
  private static final Duration START = Duration.ofSeconds(60);

  /** Begins what a worker tells the others in the place of its address; no address does so. */
  private static final String FAILURE = "failed: ";

  private final Order order;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final AccumulatorV2<TrainingProgress, TrainingProgress> progress;

  /**
   * What to train, the same for all workers.
   *
   * @param configJson the model's configuration
   * @param timeout after which a worker that the others wait for is given up
   * @param shardMemory bytes of token ids that a worker holds in memory
   * @param slotsFree slots that were free before
   * @param run names the training, however often Spark starts its stage
   * @param sharing {@link PretrainedModelHandle#id()}
   * @param folder {@link PretrainedModelHandle#folder}
   */
  record Order(
      ModelArguments model,
      String configJson,
      TrainingArguments training,
      ResourcePlan plan,
      Duration timeout,
      long shardMemory,
      int slotsFree,
      String run,
      String sharing,
      BroadcastFolder folder)
      implements Serializable {}

  TrainingTask(
      Order order,
      Broadcast<SerializableConfiguration> hadoop,
      AccumulatorV2<TrainingProgress, TrainingProgress> progress) {
    this.order = order;
    this.hadoop = hadoop;
    this.progress = progress;
  }

  @Override
  public Iterator<Tuple2<Integer, Object>> apply(Iterator<Example> rows) {
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

  private void train(Iterator<Example> rows, List<Tuple2<Integer, Object>> output) {
    BarrierTaskContext context = BarrierTaskContext.get();
    Libtorch.load();
    Libtorch.setThreads(order.plan().threadsPerWorker());
    Share share = shareOrTell(rows, context);
    try (EncodedDataset trainRows = share.train().build();
        EncodedDataset validationRows = share.validation().build();
        PretrainedWeightsCache.Running running = PretrainedWeightsCache.OF_PROCESS.running(key());
        WorkerGroup workers = join(context)) {
      try {
        train(share.device(), workers, trainRows, validationRows, output);
      } catch (UserException e) {
        workers.fail(e.getMessage());
        throw e;
      }
    } finally {
      // Executors live on, and a training leaves gaps as large as its batches.
      Libtorch.returnFreedMemory();
    }
  }

  private void train(
      WorkerDevice device,
      WorkerGroup workers,
      EncodedDataset trainRows,
      EncodedDataset validationRows,
      List<Tuple2<Integer, Object>> output) {
    try (SequenceClassifier model = load(ModelConfig.parse(order.configJson()), device);
        Trainer trainer =
            new Trainer(
                model,
                order.training(),
                new TrainerContext(workers, hadoop.value().value(), order.run()),
                new WorkerListener(
                    order.plan(), order.slotsFree(), device, workers.rank(), progress))) {
      TrainingResult result;
      String failure = null;
      try {
        result = trainer.train(trainRows, validationRows);
      } catch (DivergedException e) {
        result = e.kept();
        failure = e.getMessage();
      }
      if (workers.rank() == 0) {
        output(model, result, failure, output);
      }
    }
  }

  /** What a worker brings along when it meets the others. */
  private record Share(
      WorkerDevice device, EncodedDataset.Builder train, EncodedDataset.Builder validation) {}

  private Share share(Iterator<Example> rows, BarrierTaskContext context) {
    WorkerDevice device = WorkerDevice.of(order.plan(), context);
    device.requireCuda(Libtorch.cudaAvailable(), Libtorch.cudaDevices());
    Path folder = SparkEnv.get().blockManager().diskBlockManager().localDirs()[0].toPath();
    EncodedDataset.Builder train = EncodedDataset.builder(order.shardMemory(), folder);
    EncodedDataset.Builder validation = EncodedDataset.builder(order.shardMemory(), folder);
    while (rows.hasNext()) {
      Example example = rows.next();
      (example.validation() ? validation : train).add(example.row());
    }
    return new Share(device, train, validation);
  }

  /** The others wait to meet this worker: it comes to tell them what it cannot go on for. */
  private Share shareOrTell(Iterator<Example> rows, BarrierTaskContext context) {
    try {
      return share(rows, context);
    } catch (UserException e) {
      try {
        allGather(context, FAILURE + e.getMessage(), order.timeout().plus(START));
      } catch (IllegalStateException nobody) {
        e.addSuppressed(nobody);
      }
      throw e;
    }
  }

  private WorkerGroup join(BarrierTaskContext context) {
    List<String> hosts =
        Arrays.stream(context.getTaskInfos()).map(info -> host(info.address())).toList();
    return GlooWorkerGroup.join(
        context.partitionId(),
        hosts,
        own -> withoutFailure(allGather(context, own, order.timeout().plus(START))),
        order.plan().device() == DeviceType.CUDA,
        order.timeout());
  }

  private static List<String> withoutFailure(List<String> texts) {
    for (String text : texts) {
      if (text.startsWith(FAILURE)) {
        throw new UserException(text.substring(FAILURE.length()));
      }
    }
    return texts;
  }

  /**
   * Spark's own, which waits for a year: also when another worker could not read its rows, since
   * their host was lost, and Spark starts the stage again without ending this task.
   */
  private static List<String> allGather(BarrierTaskContext context, String own, Duration timeout) {
    FutureTask<String[]> gathering = new FutureTask<>(() -> context.allGather(own));
    Thread thread = new Thread(gathering, "rendezvous");
    thread.setDaemon(true);
    thread.start();
    try {
      return Arrays.asList(gathering.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "the other workers have not come to meet within " + timeout.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the workers cannot meet", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the workers met", e);
    } finally {
      thread.interrupt();
    }
  }

  /** Without the port, which an IPv6 address stands in brackets before. */
  private static String host(String address) {
    String host = address.replaceFirst(":\\d+$", "");
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static void output(
      SequenceClassifier model,
      TrainingResult result,
      String failure,
      List<Tuple2<Integer, Object>> output) {
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

  private SequenceClassifier load(ModelConfig config, WorkerDevice device) {
    SequenceClassifier model = load(config);
    try (PointerScope scope = new PointerScope()) {
      model.to(new Device(device.torchName()));
      return model;
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private SequenceClassifier load(ModelConfig config) {
    if (order.model().fromScratch()) {
      return SequenceClassifier.fromScratch(
          config, order.model().adaptation(), order.training().seed());
    }
    if (order.sharing().isEmpty()) {
      PretrainedModel pretrained = open();
      try (TensorSource weights = pretrained.openWeights()) {
        return load(config, pretrained, weights);
      }
    }
    return PretrainedWeightsCache.OF_PROCESS.load(
        key(),
        isThere(hadoop.id()),
        this::open,
        (pretrained, weights) -> load(config, pretrained, weights),
        BarrierTaskContext.get()::killTaskIfInterrupted);
  }

  private SequenceClassifier load(
      ModelConfig config, PretrainedModel pretrained, TensorSource weights) {
    List<String> labels = ModelConfig.parse(pretrained.config()).labels();
    return SequenceClassifier.fromPretrained(
        config, labels, weights, order.model().adaptation(), order.training().seed());
  }

  private PretrainedModel open() {
    String base = order.model().base();
    Configuration storage = hadoop.value().value();
    return order.folder() == null
        ? PretrainedModel.openThere(base, storage)
        : PretrainedModel.openFetched(base, order.folder().here(), storage);
  }

  private PretrainedWeightsCache.Key key() {
    return new PretrainedWeightsCache.Key(order.sharing(), order.model().base());
  }

  /** Whether this process still has a broadcast: the driver destroys it on all of them. */
  private static BooleanSupplier isThere(long broadcast) {
    BroadcastBlockId block = new BroadcastBlockId(broadcast, "");
    BlockManager blocks = SparkEnv.get().blockManager();
    return () -> blocks.getStatus(block).isDefined();
  }
}
