package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sparkfinetune.TestModels;
import io.sparkfinetune.config.Schema;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.EncodedDataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
              .filter(entry -> entry.containsKey("eval_f1"))
              .map(entry -> entry.get("eval_f1"))
              .toList();
      assertThat(f1).hasSize(6);
      double best = f1.stream().max(Double::compare).orElseThrow();
      assertThat(result.metrics().get("eval_f1")).isEqualTo(best);
      assertThat(result.metrics().get("best_epoch")).isEqualTo(f1.indexOf(best) + 1.0);
      double kept =
          new Evaluator(model, io.sparkfinetune.model.ForwardPass.inference(), 64)
              .evaluate(validation)
              .macro()
              .f1();
      assertThat(kept).isEqualTo(best);
    }
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

  @Test
  void divergingStopsWithStepHistoryAndAdviceAndKeepsTheBestEpoch() {
    EncodedDataset train = TestRows.learnable(96, 4, 1);
    try (SequenceClassifier model = model(0)) {
      float[] start = weights(model);
      // The third epoch's first step is the first that this rate applies to in full.
      TrainingArguments arguments =
          arguments("learning_rate", 1e38, "num_train_epochs", 4, "warmup_ratio", 0.0);
      DivergedException e =
          catchThrowableOfType(DivergedException.class, () -> train(model, arguments, train, NONE));
      assertThat(e)
          .hasMessageContaining("training diverged at step 2")
          .hasMessageContaining("Last losses: ")
          .hasMessageContaining("Try a lower training.learning_rate (it was 1.0E38)")
          .hasMessageContaining("Kept: the weights before the first step");
      assertThat(weights(model)).isEqualTo(start);
    }
  }

  @Test
  void anEmptyTrainingSetIsRefused() {
    try (SequenceClassifier model = model(0)) {
      assertThatThrownBy(() -> train(model, arguments(), NONE, NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no training rows");
    }
  }

  private static List<Double> losses(TrainingArguments arguments, EncodedDataset train) {
    try (SequenceClassifier model = model(0.1)) {
      return train(model, arguments, train, NONE).logHistory().stream()
          .map(entry -> entry.get("loss"))
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
    return SequenceClassifier.fromScratch(TestModels.tinyConfig(50, LABELS, dropout), 42);
  }

  private static float[] weights(SequenceClassifier model) {
    try (PointerScope scope = new PointerScope()) {
      Tensor head = model.parameters().tensors().get("classifier.weight");
      float[] values = new float[(int) head.numel()];
      new org.bytedeco.javacpp.FloatPointer(head.data_ptr()).get(values);
      assertThat(Arrays.asList(values)).isNotEmpty();
      return values;
    }
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
