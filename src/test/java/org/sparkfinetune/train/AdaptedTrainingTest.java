package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sparkfinetune.TestAdapters.adaptation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.torch.Libtorch;

/** What training changes, and what it does not, on a BERT of two layers. */
class AdaptedTrainingTest {
  private static final ModelConfig CONFIG =
      TestModels.tinyConfig(50, List.of("a", "b", "c", "d"), 0.1);

  @BeforeAll
  static void oneThread() {
    // So small a model is slower on two threads than on one.
    Libtorch.load();
    Libtorch.setThreads(1);
  }

  @ParameterizedTest
  @CsvSource({
    "freeze, none, fp32, '^$'",
    "freeze, embeddings, fp32, '^bert\\.embeddings.*'",
    "freeze_layers, 1, bf16, '^bert\\.(embeddings|encoder\\.layer\\.0).*'",
    "freeze, encoder, fp32, '^bert.*'",
    "lora_rank, 2, bf16, '^bert((?!lora).)*'"
  })
  void everythingButTheFrozenWeightsLearns(
      String key, String value, String precision, String frozen) {
    EncodedDataset rows = TestRows.learnable(64, 4, 1);
    AdaptationConfig adaptation = adaptation(key, value, "lora_dropout", 0.1);
    try (SequenceClassifier before = SequenceClassifier.fromScratch(CONFIG, adaptation, 42);
        SequenceClassifier model = SequenceClassifier.fromScratch(CONFIG, adaptation, 42);
        Trainer trainer = new Trainer(model, arguments(precision), progress -> {})) {
      trainer.train(rows, rows);
      Set<String> unchanged = new TreeSet<>();
      Map<String, Tensor> start = before.parameters().tensors();
      model
          .parameters()
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (tensor.equal(start.get(name))) {
                  unchanged.add(name);
                }
              });
      assertThat(unchanged)
          .containsExactlyInAnyOrderElementsOf(
              start.keySet().stream().filter(name -> name.matches(frozen)).toList());
      for (Parameter weight : model.parameters().parameters()) {
        assertThat(weight.trainable())
            .as(weight.name())
            .isNotEqualTo(weight.name().matches(frozen));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"freeze, none, fp32", "freeze, encoder, fp32", "lora_rank, 4, bf16"})
  void learns(String key, String value, String precision) {
    EncodedDataset train = TestRows.learnable(200, 4, 1);
    try (SequenceClassifier model =
            SequenceClassifier.fromScratch(CONFIG, adaptation(key, value), 42);
        Trainer trainer = new Trainer(model, arguments(precision), progress -> {})) {
      List<LogEntry> log = trainer.train(train, train).logHistory();
      assertThat(log.get(log.size() - 1).values().get("eval_loss"))
          .isLessThan(0.98 * log.get(0).values().get("loss"));
    }
  }

  private static TrainingArguments arguments(String precision) {
    Map<String, Object> values =
        new HashMap<>(Map.of("learning_rate", 1e-2, "num_train_epochs", 3, "logging_steps", 1));
    values.put("precision", precision);
    return Schema.of("training", TrainingArguments.class).create(values);
  }
}
