package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.EncodedDataset;

class TrainerTest {
  private static final List<String> LABELS = List.of("a", "b", "c", "d");
  private static final EncodedDataset NONE = EncodedDataset.builder().build();

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void learns(String precision) {
    EncodedDataset train = TestRows.learnable(400, 4, 1);
    EncodedDataset validation = TestRows.learnable(100, 4, 2);
    try (SequenceClassifier model = model(0.1)) {
      TrainingResult result = train(model, arguments("precision", precision), train, validation);
      assertThat(result.metrics().get("eval_accuracy")).isGreaterThan(0.9);
      assertThat(result.metrics().get("eval_loss")).isLessThan(0.5);
    }
  }

  @Test
  void sameSeedGivesTheSameLossAtEveryStepBitForBit() {
    EncodedDataset train = TestRows.learnable(200, 4, 1);
    List<Double> first = losses(arguments("logging_steps", 1), train);
    List<Double> second = losses(arguments("logging_steps", 1), train);
    assertThat(first).hasSize(7 * 8).isEqualTo(second);
    assertThat(losses(arguments("logging_steps", 1, "seed", 43), train)).isNotEqualTo(first);
  }

  @Test
  void theBestEpochIsKept() {
    EncodedDataset train = TestRows.learnable(100, 4, 1);
    EncodedDataset validation = TestRows.learnable(100, 4, 2);
    // So high a rate moves the accuracy up and down.
    TrainingArguments arguments =
        arguments("learning_rate", 0.3, "num_train_epochs", 6, "metric_for_best_model", "f1");
    try (SequenceClassifier model = model(0)) {
      TrainingResult result = train(model, arguments, train, validation);
      List<Double> f1 =
          result.logHistory().stream()
              .filter(entry -> entry.values().containsKey("eval_f1"))
              .map(entry -> entry.values().get("eval_f1"))
              .toList();
      assertThat(f1).hasSize(6);
      double best = f1.stream().max(Double::compare).orElseThrow();
      assertThat(result.metrics().get("eval_f1")).isEqualTo(best);
      assertThat(result.metrics().get("best_epoch")).isEqualTo(f1.indexOf(best) + 1.0);
      double kept =
          new Evaluator(
                  model, org.sparkfinetune.model.compute.ForwardPass.inference(), 64, () -> {})
              .evaluate(validation, SingleWorkerGroup.INSTANCE)
              .orElseThrow()
              .toMap("")
              .get("f1");
      assertThat(kept).isEqualTo(best);
    }
  }

  /** 100 rows by 32 are 4 steps an epoch. */
  @ParameterizedTest
  @CsvSource({
    "epoch, 6, 4 6",
    "epoch, 3, 3",
    "epoch, 8, 4 8",
    "steps, 7, 5 7",
    "steps, 2, 2",
    "no, 6, ''"
  })
  void theLastStepIsEvaluatedThoughAnEpochDoesNotEndThere(
      String strategy, int maxSteps, String evaluated) {
    EncodedDataset train = TestRows.learnable(100, 4, 1);
    TrainingArguments arguments =
        arguments(
            "max_steps",
            maxSteps,
            "eval_strategy",
            strategy,
            "eval_steps",
            5,
            "load_best_model_at_end",
            false);
    try (SequenceClassifier model = model(0)) {
      TrainingResult result = train(model, arguments, train, train);
      List<LogEntry> evaluations =
          result.logHistory().stream()
              .filter(entry -> entry.values().containsKey("eval_loss"))
              .toList();
      assertThat(
              evaluations.stream()
                  .map(entry -> String.valueOf(entry.step()))
                  .collect(Collectors.joining(" ")))
          .isEqualTo(evaluated);
      if (evaluations.isEmpty()) {
        assertThat(result.metrics()).doesNotContainKey("eval_loss");
      } else {
        assertThat(result.metrics())
            .containsEntry(
                "eval_loss", evaluations.get(evaluations.size() - 1).values().get("eval_loss"));
      }
    }
  }

  @Test
  void anEarlierEvaluationIsNotSaidOfTheLastWeights() {
    try (SequenceClassifier model = model(0);
        BestWeights best = new BestWeights(model.parameters(), Metric.ACCURACY, true, false)) {
      best.offer(Map.of("eval_accuracy", 0.5), 4, 1, 1);
      best.keepLast(4, 1);
      assertThat(best.state().metrics()).containsEntry("eval_accuracy", 0.5);
      best.keepLast(6, 1);
      assertThat(best.state().evaluated()).isFalse();
      assertThat(best.state().metrics()).isEmpty();
    }
  }

  @Test
  void learnsSetsOfLabelsAndTunesTheirThreshold() {
    EncodedDataset train = TestRows.learnableSets(600, 4, 1);
    EncodedDataset validation = TestRows.learnableSets(150, 4, 2);
    TrainingArguments arguments = arguments("num_train_epochs", 8);
    try (SequenceClassifier model = multiLabel(OptionalDouble.empty())) {
      TrainingResult result = train(model, arguments, train, validation);
      assertThat(result.metrics().get("eval_f1_micro")).isGreaterThan(0.9);
      double best =
          result.logHistory().stream()
              .filter(entry -> entry.values().containsKey("eval_f1_micro"))
              .mapToDouble(entry -> entry.values().get("eval_f1_micro"))
              .max()
              .orElseThrow();
      assertThat(result.metrics().get("eval_f1_micro")).isEqualTo(best);
      assertThat(result.threshold().orElseThrow()).isGreaterThan(0).isLessThan(1);
    }
    try (SequenceClassifier model = multiLabel(OptionalDouble.of(0.25))) {
      TrainingResult result = train(model, arguments("num_train_epochs", 1), train, validation);
      assertThat(result.threshold()).hasValue(0.25);
    }
  }

  @Test
  void theMetricOfTheBestModelIsOneOfTheProblemType() {
    TrainingArguments macro = arguments("metric_for_best_model", "f1_macro");
    assertThat(macro.evaluation().metricForBestModel(ProblemType.MULTI_LABEL_CLASSIFICATION).key())
        .isEqualTo("f1_macro");
    TrainingArguments auto = arguments();
    assertThat(auto.evaluation().metricForBestModel(ProblemType.MULTI_LABEL_CLASSIFICATION).key())
        .isEqualTo("f1_micro");
    assertThat(auto.evaluation().metricForBestModel(ProblemType.SINGLE_LABEL_CLASSIFICATION).key())
        .isEqualTo("accuracy");
    try (SequenceClassifier model = model(0)) {
      assertThatThrownBy(() -> new Trainer(model, macro, progress -> {}))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "training.metric_for_best_model=f1_macro is no metric of single_label_classification:"
                  + " expected auto or one of loss, accuracy, balanced_accuracy, top_3_accuracy,"
                  + " top_5_accuracy, f1, f1_micro, f1_weighted, precision, precision_micro,"
                  + " precision_weighted, recall, recall_micro, recall_weighted, mcc, cohen_kappa,"
                  + " brier, ece, ece_classwise, mce");
    }
  }

  private static SequenceClassifier multiLabel(OptionalDouble threshold) {
    ModelConfig config =
        TestModels.tinyConfig(50, LABELS, 0, ProblemType.MULTI_LABEL_CLASSIFICATION, Pooling.MEAN);
    return TestDevice.on(
        SequenceClassifier.fromScratch(
            threshold.isPresent() ? config.withThreshold(threshold.getAsDouble()) : config, 1));
  }

  @Test
  void reportsHuggingFacesMetrics() {
    EncodedDataset train = TestRows.learnable(100, 4, 1);
    List<TrainingProgress> progress = new ArrayList<>();
    try (SequenceClassifier model = model(0);
        Trainer trainer = new Trainer(model, arguments(), progress::add)) {
      TrainingResult result = trainer.train(train, TestRows.learnable(20, 4, 2));
      assertThat(result.metrics())
          .containsKeys(
              "train_loss",
              "train_runtime",
              "train_samples_per_second",
              "train_steps_per_second",
              "epoch",
              "eval_loss",
              "eval_accuracy",
              "eval_f1");
      assertThat(result.metrics().get("epoch")).isEqualTo(8.0);
    }
    assertThat(progress.get(0).totalSteps()).isEqualTo(4 * 8);
    TrainingProgress last = progress.get(progress.size() - 1);
    assertThat(last.step()).isEqualTo(4 * 8);
    assertThat(last.logs()).containsKeys("loss", "learning_rate", "grad_norm", "eval_accuracy");
  }

  /** So high a rate breaks the weights at once, and only the loss of the next step shows it. */
  @ParameterizedTest
  @CsvSource({"1e38, 1", "1e38, 10", "1e10, 1"})
  void divergingStopsWithStepHistoryAndAdviceAndKeepsTheLastGoodWeights(
      double learningRate, int loggingSteps) {
    EncodedDataset train = TestRows.learnable(96, 4, 1);
    try (SequenceClassifier model = model(0)) {
      DivergedException e =
          catchThrowableOfType(
              DivergedException.class,
              () -> train(model, diverging(learningRate, loggingSteps, 32), train, NONE));
      assertThat(e)
          .hasMessageContaining("training diverged at step 2")
          .hasMessageContaining("Last losses: ")
          .hasMessageContaining("Try a lower training.learning_rate (it was ")
          .hasMessageContaining("Kept: the weights ");
      assertFinite(model, train);
    }
  }

  @Test
  void aLastStepThatDivergesIsNoticedWithoutValidationRows() {
    EncodedDataset train = TestRows.learnable(32, 4, 1);
    try (SequenceClassifier model = model(0)) {
      assertThatThrownBy(() -> train(model, diverging(1e38, 10, 32), train, NONE))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("the loss after the last step is NaN");
      assertFinite(model, train);
    }
  }

  @Test
  void anEvaluationThatIsNotFiniteStopsTheTraining() {
    EncodedDataset train = TestRows.learnable(32, 4, 1);
    try (SequenceClassifier model = model(0)) {
      assertThatThrownBy(() -> train(model, diverging(1e38, 10, 32), train, train))
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("the evaluation gives numbers that are not finite");
      assertFinite(model, train);
    }
  }

  @Test
  void whatDivergesAfterAGoodEpochKeepsThatEpoch() {
    EncodedDataset train = TestRows.learnable(96, 4, 1);
    // The whole training is warm-up, whose first step, here the whole first epoch, has the rate 0.
    TrainingArguments arguments =
        arguments("learning_rate", 1e36, "num_train_epochs", 3, "warmup_ratio", 1.0);
    try (SequenceClassifier model = model(0)) {
      EncodedDataset one = TestRows.learnable(4, 4, 1);
      DivergedException e =
          catchThrowableOfType(DivergedException.class, () -> train(model, arguments, one, train));
      assertThat(e).hasMessageContaining("Kept: the weights of epoch 1 (eval_accuracy ");
      assertFinite(model, train);
    }
  }

  @Test
  void anEmptyTrainingSetIsRefused() {
    try (SequenceClassifier model = model(0)) {
      assertThatThrownBy(() -> train(model, arguments(), NONE, NONE))
          .isInstanceOf(UserException.class)
          .hasMessage("there are no training rows");
    }
  }

  @Test
  void aListenerCanEndATrainingInTheMiddleOfAnEvaluation() {
    List<Integer> steps = new ArrayList<>();
    TrainerListener stopsAtTheSecondBatch =
        new TrainerListener() {
          private int batches;

          @Override
          public void onProgress(TrainingProgress progress) {
            steps.add(progress.step());
          }

          @Override
          public void onPredictionStep() {
            if (++batches == 2) {
              throw new IllegalStateException("cancelled");
            }
          }
        };
    EncodedDataset rows = TestRows.learnable(32, 4, 1);
    TrainingArguments arguments = arguments("per_device_eval_batch_size", 8);
    try (SequenceClassifier model = model(0);
        Trainer trainer = new Trainer(model, arguments, stopsAtTheSecondBatch)) {
      assertThatThrownBy(() -> trainer.train(rows, rows)).hasMessage("cancelled");
      assertThat(steps).containsExactly(1);
    }
  }

  private static TrainingArguments diverging(double learningRate, int loggingSteps, int batchSize) {
    return arguments(
        "learning_rate",
        learningRate,
        "num_train_epochs",
        1,
        "warmup_ratio",
        0.0,
        "logging_steps",
        loggingSteps,
        "per_device_train_batch_size",
        batchSize);
  }

  private static void assertFinite(SequenceClassifier model, EncodedDataset data) {
    for (float[] row : model.logits(data.batch(new int[] {0, 1, 2}, 0))) {
      for (float logit : row) {
        assertThat(logit).isFinite();
      }
    }
  }

  private static List<Double> losses(TrainingArguments arguments, EncodedDataset train) {
    try (SequenceClassifier model = model(0.1)) {
      return train(model, arguments, train, NONE).logHistory().stream()
          .map(entry -> entry.values().get("loss"))
          .toList();
    }
  }

  private static TrainingResult train(
      SequenceClassifier model,
      TrainingArguments arguments,
      EncodedDataset train,
      EncodedDataset validation) {
    try (Trainer trainer = new Trainer(model, arguments, progress -> {})) {
      return trainer.train(train, validation);
    }
  }

  private static SequenceClassifier model(double dropout) {
    return TestDevice.on(
        SequenceClassifier.fromScratch(TestModels.tinyConfig(50, LABELS, dropout), 42));
  }

  private static TrainingArguments arguments(Object... keysAndValues) {
    Map<String, Object> values =
        new HashMap<>(Map.of("learning_rate", 5e-3, "num_train_epochs", 8, "precision", "fp32"));
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return Schema.of("training", TrainingArguments.class).create(values);
  }
}
