package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestWorkers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.EncodedDataset;

class TrainedTemperatureTest {
  private static final int VALIDATION_ROWS = 200;

  private static EncodedDataset rows(ProblemType problemType, int rows, long seed) {
    return problemType.task().hasLabelSets()
        ? TestRows.learnableSets(rows, 4, seed)
        : TestRows.learnable(rows, 4, seed);
  }

  private static SequenceClassifier model(ProblemType problemType) {
    return SequenceClassifier.fromScratch(
        TestModels.tinyConfig(50, Trainings.LABELS, 0, problemType, Pooling.MEAN), 42);
  }

  private static Trainings.Outcome train(
      SequenceClassifier model, ProblemType problemType, boolean calibrate) {
    return Trainings.train(
        model,
        Trainings.arguments("calibrate", calibrate, "num_train_epochs", 6),
        SingleWorkerGroup.INSTANCE,
        rows(problemType, 96, 1),
        rows(problemType, VALIDATION_ROWS, 2),
        p -> {});
  }

  private static Metrics measure(SequenceClassifier model, ProblemType problemType) {
    return new Evaluator(model, ForwardPass.inference(), 16, () -> {})
        .evaluate(rows(problemType, VALIDATION_ROWS, 2), SingleWorkerGroup.INSTANCE)
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void dividesTheLogitsOfTheWeightsKept(ProblemType problemType) {
    try (SequenceClassifier trained = model(problemType);
        SequenceClassifier calibrated = model(problemType)) {
      Trainings.Outcome without = train(trained, problemType, false);
      Trainings.Outcome with = train(calibrated, problemType, true);

      double temperature = with.result().temperature();
      assertThat(temperature).isNotEqualTo(1);
      assertThat(without.result().temperature()).isEqualTo(1);
      assertThat(without.result().metrics()).doesNotContainKey("calibrated_loss");
      // What was measured on the way is measured of what was trained.
      assertThat(with.result().metrics().get("eval_loss"))
          .isEqualTo(without.result().metrics().get("eval_loss"));
      Metrics measured = measure(calibrated, problemType);
      assertThat(with.result().metrics().get("calibrated_loss"))
          .isLessThan(with.result().metrics().get("eval_loss"))
          // The logits are of weights that were divided, in fp32.
          .isCloseTo(measured.toMap("").get("loss"), within(1e-6));
      assertThat(measured.accuracy()).isEqualTo(measure(trained, problemType).accuracy());
      List<String> divided = trained.outputWeights();
      with.weights()
          .forEach(
              (name, values) -> {
                float[] before = without.weights().get(name);
                for (int i = 0; i < values.length; i++) {
                  float expected =
                      divided.contains(name) ? (float) (before[i] * (1 / temperature)) : before[i];
                  assertThat(values[i]).isCloseTo(expected, within(1e-6f * Math.abs(expected)));
                }
              });
    }
  }

  /** Its rows' loss would fall by 0.006 nats, other rows' by less than 0. */
  @Test
  void aFallThatAnyFitBringsLeavesTheModelAsItIs() {
    ProblemType problemType = ProblemType.SINGLE_LABEL_CLASSIFICATION;
    try (SequenceClassifier model = model(problemType)) {
      Trainings.Outcome outcome =
          Trainings.train(
              model,
              Trainings.arguments("calibrate", true, "num_train_epochs", 1),
              SingleWorkerGroup.INSTANCE,
              rows(problemType, 96, 1),
              rows(problemType, 40, 2),
              p -> {});

      assertThat(outcome.result().metrics())
          .containsEntry("calibration_temperature", 1.0)
          .hasEntrySatisfying(
              "calibrated_loss",
              loss ->
                  assertThat(loss)
                      .isCloseTo(outcome.result().metrics().get("eval_loss"), within(1e-9)));
    }
  }

  /** As one alone, of shards of which one is empty. */
  @Test
  void allWorkersFindTheSame() throws Exception {
    ProblemType problemType = ProblemType.SINGLE_LABEL_CLASSIFICATION;
    EncodedDataset validation = rows(problemType, 40, 2);
    TrainedTemperature.Found alone;
    try (SequenceClassifier model = Trainings.cpuModel(0)) {
      alone =
          TrainedTemperature.of(
              model,
              new Evaluator(model, ForwardPass.inference(), 16, () -> {}),
              SingleWorkerGroup.INSTANCE,
              validation);
    }
    List<TrainedTemperature.Found> found =
        TestWorkers.run(
            3,
            Hosts.ONE,
            workers -> {
              IntPredicate own = part -> Math.min(part % 3, 1) == workers.rank();
              try (SequenceClassifier model = Trainings.cpuModel(0)) {
                return TrainedTemperature.of(
                    model,
                    new Evaluator(model, ForwardPass.inference(), 16, () -> {}),
                    workers,
                    Trainings.shard(validation, 4, own));
              }
            });

    assertThat(found).containsOnly(found.get(0));
    // Other batches round differently.
    assertThat(found.get(0).temperature())
        .isCloseTo(alone.temperature(), within(1e-4 * alone.temperature()));
    assertThat(found.get(0).after()).isCloseTo(alone.after(), within(1e-6));
  }

  @Test
  void aThresholdOfTheUsersOwnAndNoEvaluationLeaveTheModelAsItIs() {
    ProblemType problemType = ProblemType.MULTI_LABEL_CLASSIFICATION;
    EncodedDataset rows = rows(problemType, 40, 1);
    try (SequenceClassifier model =
            SequenceClassifier.fromScratch(
                TestModels.tinyConfig(50, Trainings.LABELS, 0, problemType, Pooling.MEAN)
                    .withThreshold(0.3),
                42);
        SequenceClassifier unevaluated = model(problemType)) {
      for (Trainings.Outcome outcome :
          List.of(
              Trainings.train(
                  model,
                  Trainings.arguments("calibrate", true),
                  SingleWorkerGroup.INSTANCE,
                  rows,
                  rows,
                  p -> {}),
              Trainings.train(
                  unevaluated,
                  Trainings.arguments("calibrate", true, "eval_strategy", "no"),
                  SingleWorkerGroup.INSTANCE,
                  rows,
                  rows,
                  p -> {}))) {
        assertThat(outcome.result().metrics())
            .doesNotContainKeys("calibration_temperature", "calibrated_loss");
      }
    }
  }
}
