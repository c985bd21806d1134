package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelInputs;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.train.TrainingArguments;

/** The base that trainings share: when it is read, what they get of it, and when it goes. */
@Tag("slow")
class PretrainedWeightsCacheTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String WEIGHT = "bert.encoder.layer.0.output.dense.weight";
  private static final PretrainedWeightsCache.Key KEY =
      new PretrainedWeightsCache.Key("study", "base");

  @TempDir static Path base;

  @BeforeAll
  static void writeBase() {
    HuggingFaceFolder.write(
        TestModels.tiny(),
        new ModelInputs(128, true),
        new org.apache.hadoop.fs.Path(base.toUri()),
        new Configuration(false));
  }

  @Test
  void trainingsThatShareABaseReadItOnceAndTrainAsAlone() {
    PretrainedWeightsCache weights = PretrainedWeightsCache.OF_PROCESS;
    awaitFreed(weights);
    int before = weights.reads();
    byte[][] alone;
    byte[][] faster;
    try (PretrainedModelHandle one = PretrainedModelHandle.unshared(TestSpark.session())) {
      alone = train(one, 1e-3);
      faster = train(one, 1e-2);
    }
    assertThat(faster).isNotEqualTo(alone);
    assertThat(weights.reads()).isEqualTo(before);
    assertThat(weights.bytes()).isZero();

    try (PretrainedModelHandle many = PretrainedModelHandle.shared(TestSpark.session())) {
      assertThat(train(many, 1e-3)).isDeepEqualTo(alone);
      assertThat(train(many, 1e-2)).isDeepEqualTo(faster);
      assertThat(train(many, 1e-3)).isDeepEqualTo(alone);
      assertThat(weights.reads()).isEqualTo(before + 1);
      // The table of 30,522 word vectors of 12 numbers alone.
      assertThat(weights.bytes()).isGreaterThan(30_522 * 12 * 4);
    }
    awaitFreed(weights);
  }

  @Test
  void eachGetsACopyOfWhatIsReadOnce() {
    PretrainedWeightsCache weights = new PretrainedWeightsCache(PATIENCE);
    AtomicBoolean shared = new AtomicBoolean(true);
    try (PointerScope scope = new PointerScope();
        PretrainedWeightsCache.Running running = weights.running(KEY)) {
      Tensor first = read(weights, KEY, shared);
      Tensor expected = first.clone();
      first.zero_();
      assertThat(read(weights, KEY, shared).equal(expected)).isTrue();
      assertThat(weights.reads()).isEqualTo(1);
      long one = weights.bytes();

      PretrainedWeightsCache.Key other = new PretrainedWeightsCache.Key("study", "other base");
      assertThat(read(weights, other, shared).equal(expected)).isTrue();
      assertThat(weights.reads()).isEqualTo(2);
      assertThat(weights.bytes()).isEqualTo(one);
      assertThat(running).isNotNull();
    }
    shared.set(false);
    awaitFreed(weights);
  }

  @Test
  void theyStayWhileATrainingRunsAndGoWhenNoneHasForAWhile() throws Exception {
    PretrainedWeightsCache weights = new PretrainedWeightsCache(Duration.ofMillis(100));
    AtomicBoolean shared = new AtomicBoolean(true);
    try (PointerScope scope = new PointerScope();
        PretrainedWeightsCache.Running running = weights.running(KEY)) {
      read(weights, KEY, shared);
      // Long enough to be freed three times over.
      Thread.sleep(1500);
      assertThat(weights.bytes()).isPositive();
      assertThat(running).isNotNull();
    }
    awaitFreed(weights);
  }

  @Test
  void theyGoWhenTheyAreSharedNoMoreThoughATrainingRuns() {
    PretrainedWeightsCache weights = new PretrainedWeightsCache(PATIENCE);
    AtomicBoolean shared = new AtomicBoolean(true);
    try (PointerScope scope = new PointerScope();
        PretrainedWeightsCache.Running running = weights.running(KEY)) {
      read(weights, KEY, shared);
      shared.set(false);
      awaitFreed(weights);
      assertThat(running).isNotNull();
    }
  }

  @Test
  void oneReadsWhileTheOthersWaitAndWhoIsCancelledWaitsNoLonger() throws Exception {
    PretrainedWeightsCache weights = new PretrainedWeightsCache(PATIENCE);
    AtomicBoolean shared = new AtomicBoolean(true);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (PretrainedWeightsCache.Running running = weights.running(KEY)) {
      Future<Integer> first =
          threads.submit(
              () ->
                  weights.load(
                      KEY,
                      shared::get,
                      PretrainedWeightsCacheTest::open,
                      (pretrained, source) -> {
                        reading.countDown();
                        await(goOn);
                        return read(source.read(WEIGHT));
                      },
                      () -> {}));
      reading.await();
      assertThatThrownBy(
              () ->
                  weights.load(
                      KEY,
                      shared::get,
                      PretrainedWeightsCacheTest::open,
                      (pretrained, source) -> 0,
                      () -> {
                        throw new IllegalStateException("killed");
                      }))
          .hasMessage("killed");
      Future<Integer> second =
          threads.submit(
              () ->
                  weights.load(
                      KEY,
                      shared::get,
                      PretrainedWeightsCacheTest::open,
                      (pretrained, source) -> read(source.read(WEIGHT)),
                      () -> {}));
      goOn.countDown();
      assertThat(first.get()).isEqualTo(second.get()).isPositive();
      assertThat(weights.reads()).isEqualTo(1);
      assertThat(running).isNotNull();
    } finally {
      threads.shutdownNow();
    }
    shared.set(false);
    awaitFreed(weights);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int read(Tensor tensor) {
    try (tensor) {
      return (int) tensor.numel();
    }
  }

  private static PretrainedModel open() {
    return PretrainedModel.open(base.toString(), new Configuration(false));
  }

  private static Tensor read(
      PretrainedWeightsCache weights, PretrainedWeightsCache.Key key, AtomicBoolean shared) {
    return weights.load(
        key,
        shared::get,
        PretrainedWeightsCacheTest::open,
        (pretrained, source) -> source.read(WEIGHT),
        () -> {});
  }

  private static void awaitFreed(PretrainedWeightsCache weights) {
    assertThat(ChildJvm.waitUntil(() -> weights.bytes() == 0, PATIENCE)).isTrue();
  }

  private static byte[][] train(PretrainedModelHandle shared, double learningRate) {
    TrainedModel trained =
        DistributedTrainer.train(
            rows(),
            List.of("a", "b"),
            shared,
            Schema.of("model", ModelArguments.class)
                .create(Map.of("base", base.toString(), "hidden_dropout", 0.2)),
            Schema.of("training", TrainingArguments.class)
                .create(
                    Map.of(
                        "learning_rate",
                        learningRate,
                        "per_device_train_batch_size",
                        8,
                        "num_train_epochs",
                        1,
                        "precision",
                        "fp32")),
            Schema.of("resources", ResourceArguments.class).defaults(),
            progress -> {});
    return trained.files().weights().chunks().toArray(byte[][]::new);
  }

  private static Dataset<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      rows.add(
          RowFactory.create(List.of(101, 1000 + i, 2000 + i % 2, 102), 4, List.of(i % 2), false));
    }
    StructType schema =
        new StructType()
            .add("input_ids", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("second_segment_start", DataTypes.IntegerType)
            .add("labels", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("is_validation", DataTypes.BooleanType);
    return TestSpark.session().createDataFrame(rows, schema);
  }
}
