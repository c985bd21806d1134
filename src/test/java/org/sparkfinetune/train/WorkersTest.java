package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestWorkers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.EncodedDataset;

/**
 * Several workers train as one does. They are threads here, with real connections; on real
 * processes it is {@code WorkersOnSparkTest} that compares them.
 */
class WorkersTest {
  private static final EncodedDataset TRAIN = TestRows.learnable(203, 4, 1);
  private static final EncodedDataset VALIDATION = TestRows.learnable(61, 4, 2);
  private static Trainings.Outcome alone;

  @BeforeAll
  static void trainAlone() {
    alone = one(arguments("per_device_train_batch_size", 16));
  }

  /**
   * The gradient of the keys' biases is zero but for rounding, as softmax takes no notice of what
   * is the same for all keys. Adam would make whole steps of that noise, so its epsilon is above
   * it.
   */
  private static TrainingArguments arguments(Object... keysAndValues) {
    List<Object> all = new ArrayList<>(List.of("adam_epsilon", 1e-5));
    all.addAll(List.of(keysAndValues));
    return Trainings.arguments(all.toArray());
  }

  private static Trainings.Outcome one(TrainingArguments arguments) {
    try (SequenceClassifier model = Trainings.cpuModel(0)) {
      return Trainings.train(
          model, arguments, SingleWorkerGroup.INSTANCE, TRAIN, VALIDATION, p -> {});
    }
  }

  /** The same 16 rows a step, dealt to more workers and passes; the last step has 11 rows. */
  @ParameterizedTest
  @CsvSource({
    "1, 4, 4, ONE",
    "2, 8, 1, ONE",
    "2, 2, 4, ONE",
    "4, 4, 1, ONE",
    "4, 2, 2, ONE",
    "3, 6, 1, ONE",
    "2, 2, 4, SEVERAL",
    "4, 4, 1, SEVERAL",
    "3, 6, 1, SEVERAL"
  })
  void anyNumberOfWorkersAndPassesTrainsAsOneDoes(
      int workers, int batch, int accumulation, Hosts hosts) throws Exception {
    TrainingArguments arguments =
        arguments(
            "per_device_train_batch_size", batch, "gradient_accumulation_steps", accumulation);
    Trainings.Outcome expected = alone;
    if (batch * accumulation * workers != 16) {
      expected = one(arguments("per_device_train_batch_size", 18));
    }
    // Unequal shards: the first worker has what is left of 16 parts.
    List<Trainings.Outcome> outcomes =
        run(workers, hosts, arguments, rank -> part -> Math.max(0, part - (16 - workers)) == rank);
    for (Trainings.Outcome outcome : outcomes) {
      assertSame(outcome, expected);
    }
  }

  /**
   * A worker's or a pass's rows weigh more than another's: only what all weigh divides the loss.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 6, 3, ONE",
    "3, 6, 1, ONE",
    "3, 2, 3, ONE",
    "3, 6, 1, SEVERAL",
    "3, 2, 3, SEVERAL"
  })
  void weightedRowsTrainAsOneWorkerDoes(int workers, int batch, int accumulation, Hosts hosts)
      throws Exception {
    double[] weights = {0, 0.25, 1, 7, 1, 0.5, 0};
    EncodedDataset rows = TestRows.learnable(203, 4, 1, row -> weights[row % weights.length]);
    Trainings.Outcome expected;
    try (SequenceClassifier model = Trainings.cpuModel(0)) {
      expected =
          Trainings.train(
              model,
              arguments("per_device_train_batch_size", 18),
              SingleWorkerGroup.INSTANCE,
              rows,
              VALIDATION,
              p -> {});
    }
    TrainingArguments parts =
        arguments(
            "per_device_train_batch_size", batch, "gradient_accumulation_steps", accumulation);
    List<Trainings.Outcome> outcomes =
        run(
            workers,
            hosts,
            parts,
            rank -> part -> Math.max(0, part - (16 - workers)) == rank,
            rows);
    for (Trainings.Outcome outcome : outcomes) {
      assertSame(outcome, expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void workersWithoutRowsTakePart(Hosts hosts) throws Exception {
    TrainingArguments arguments = arguments("per_device_train_batch_size", 4);
    for (Trainings.Outcome outcome : run(4, hosts, arguments, rank -> part -> rank == 2)) {
      assertSame(outcome, alone);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStepWithFewerRowsThanPartsLeavesSomeWithoutAny(Hosts hosts) throws Exception {
    // 203 rows by 16 leave 11 for the last step; by 4 * 4 * 1 some of the 16 parts are empty.
    TrainingArguments arguments =
        arguments("per_device_train_batch_size", 1, "gradient_accumulation_steps", 4);
    for (Trainings.Outcome outcome : run(4, hosts, arguments, rank -> part -> part / 4 == rank)) {
      assertSame(outcome, alone);
    }
  }

  /**
   * On one host each weight is updated by one worker, whatever the optimizer needs of it: its norm
   * or its rows and columns.
   */
  @ParameterizedTest
  @ValueSource(strings = {"lamb", "adafactor", "sgd"})
  void everyOptimizerTrainsAsItDoesAlone(String optimizer) throws Exception {
    double learningRate = optimizer.equals("sgd") ? 0.05 : 2e-3;
    Trainings.Outcome expected =
        one(
            arguments(
                "per_device_train_batch_size",
                18,
                "optim",
                optimizer,
                "learning_rate",
                learningRate));
    TrainingArguments parts =
        arguments(
            "per_device_train_batch_size", 6, "optim", optimizer, "learning_rate", learningRate);
    // Adafactor has no epsilon to speak of: it makes whole steps of the keys' biases' noise.
    expected.weights().keySet().removeIf(name -> name.endsWith("key.bias"));
    for (Trainings.Outcome outcome :
        run(3, Hosts.ONE, parts, rank -> part -> Math.max(0, part - 13) == rank)) {
      assertSame(outcome, expected);
    }
  }

  /**
   * What layers share, all of their weights or a table of positions, gets its gradient in parts.
   */
  @ParameterizedTest
  @CsvSource({
    "bert, SEVERAL",
    "albert, SEVERAL",
    "mpnet, SEVERAL",
    "deberta-v2, SEVERAL",
    "bert, ONE",
    "albert, ONE"
  })
  void gradientCheckpointingIsTheSameForAnyNumberOfWorkers(String family, Hosts hosts)
      throws Exception {
    TestGoldens golden = TestGoldens.of(family);
    TrainingArguments arguments =
        arguments(
            "per_device_train_batch_size",
            16,
            "gradient_checkpointing",
            true,
            "num_train_epochs",
            1,
            "learning_rate",
            1e-3);
    TrainingArguments parts =
        arguments(
            "per_device_train_batch_size",
            4,
            "gradient_accumulation_steps",
            2,
            "gradient_checkpointing",
            true,
            "num_train_epochs",
            1,
            "learning_rate",
            1e-3);
    Trainings.Outcome expected;
    try (SequenceClassifier model = golden.withoutDropout()) {
      expected =
          Trainings.train(model, arguments, SingleWorkerGroup.INSTANCE, TRAIN, VALIDATION, p -> {});
    }
    List<Trainings.Outcome> outcomes =
        TestWorkers.run(
            2,
            hosts,
            workers -> {
              IntPredicate own = part -> part / 8 == workers.rank();
              try (SequenceClassifier model = golden.withoutDropout()) {
                return Trainings.train(
                    model,
                    parts,
                    workers,
                    Trainings.shard(TRAIN, 4, own),
                    Trainings.shard(VALIDATION, 4, own),
                    p -> {});
              }
            });
    for (Trainings.Outcome outcome : outcomes) {
      assertSame(outcome, expected);
    }
  }

  /** A batch of one row has the same logits whoever computes it: then nothing may differ. */
  @ParameterizedTest
  @EnumSource
  void anEvaluationIsThatOfOneWorkerBitForBit(ProblemType problemType) throws Exception {
    EncodedDataset rows =
        problemType == ProblemType.MULTI_LABEL_CLASSIFICATION
            ? TestRows.learnableSets(61, 4, 2)
            : VALIDATION;
    Metrics expected = evaluate(problemType, rows, SingleWorkerGroup.INSTANCE);
    for (int size : new int[] {2, 4}) {
      List<Metrics> measured =
          TestWorkers.run(
              size,
              Hosts.ONE,
              workers -> {
                // Of four workers one has no row.
                IntPredicate own = part -> Math.min(part % size, 2) == workers.rank();
                return evaluate(problemType, Trainings.shard(rows, 4, own), workers);
              });
      for (Metrics ofWorker : measured) {
        assertThat(ofWorker.toMap("")).isEqualTo(expected.toMap(""));
        assertThat(ofWorker.threshold()).isEqualTo(expected.threshold());
      }
    }
  }

  private static Metrics evaluate(
      ProblemType problemType, EncodedDataset shard, WorkerGroup workers) {
    ModelConfig config = TestModels.tinyConfig(50, Trainings.LABELS, 0, problemType, Pooling.MEAN);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 42)) {
      return new Evaluator(model, ForwardPass.inference(), 1, () -> {})
          .evaluate(shard, workers)
          .orElseThrow();
    }
  }

  private static void assertSame(Trainings.Outcome outcome, Trainings.Outcome expected) {
    // fp32 sums in another order: rounding alone, which each step adds to.
    assertThat(outcome.losses()).hasSameSizeAs(expected.losses());
    expected
        .losses()
        .forEach(
            (step, loss) -> assertThat(outcome.losses().get(step)).isCloseTo(loss, within(1e-5)));
    expected
        .weights()
        .forEach(
            (name, values) ->
                assertThat(outcome.weights().get(name)).containsExactly(values, within(1e-4f)));
    for (String metric : List.of("eval_accuracy", "eval_f1", "best_epoch", "eval_samples")) {
      assertThat(outcome.result().metrics().get(metric))
          .isEqualTo(expected.result().metrics().get(metric));
    }
    assertThat(outcome.result().metrics().get("eval_loss"))
        .isCloseTo(expected.result().metrics().get("eval_loss"), within(1e-4));
  }

  private interface Parts {
    IntPredicate of(int rank);
  }

  private static List<Trainings.Outcome> run(
      int size, Hosts hosts, TrainingArguments arguments, Parts parts) throws Exception {
    return run(size, hosts, arguments, parts, TRAIN);
  }

  private static List<Trainings.Outcome> run(
      int size, Hosts hosts, TrainingArguments arguments, Parts parts, EncodedDataset rows)
      throws Exception {
    return TestWorkers.run(
        size,
        hosts,
        workers -> {
          EncodedDataset train = Trainings.shard(rows, 4, parts.of(workers.rank()));
          EncodedDataset validation = Trainings.shard(VALIDATION, 4, parts.of(workers.rank()));
          try (SequenceClassifier model = Trainings.cpuModel(0)) {
            return Trainings.train(model, arguments, workers, train, validation, p -> {});
          }
        });
  }
}
