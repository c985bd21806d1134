package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestAdapters;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import org.sparkfinetune.train.checkpoint.CheckpointStore.Content;

/** A training that goes on with something else than it began with. */
class ChangedResumeTest {
  private static final EncodedDataset TRAIN = TestRows.learnable(100, 4, 1);
  private static final EncodedDataset VALIDATION = TestRows.learnable(60, 4, 2);

  /** With them the first evaluation is the best. */
  private static final Object[] HIGHEST_LOSS = {
    "metric_for_best_model", "loss", "greater_is_better", true
  };

  @TempDir Path folder;

  private final List<String> notes = new ArrayList<>();
  private final List<Integer> steps = new ArrayList<>();

  /** 13 steps of 8 rows an epoch, evaluated at each fifth, saved at each third. */
  private TrainingArguments arguments(Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of("per_device_train_batch_size", 8, "num_train_epochs", 4, "resume", true));
    all.addAll(List.of("eval_strategy", "steps", "eval_steps", 5));
    all.addAll(List.of("save_strategy", "steps", "save_steps", 3));
    all.addAll(List.of("checkpoint_dir", folder.toString()));
    all.addAll(List.of(more));
    return Trainings.arguments(all.toArray());
  }

  private Object[] highestLoss(Object... more) {
    return Stream.concat(Stream.of(HIGHEST_LOSS), Stream.of(more)).toArray();
  }

  /** Runs until a step, or to the end with 0. */
  private TrainingResult train(
      SequenceClassifier model,
      TrainingArguments arguments,
      EncodedDataset validation,
      int stopAt) {
    notes.clear();
    steps.clear();
    TrainerListener listener =
        progress -> {
          notes.clear();
          notes.addAll(progress.notes());
          steps.add(progress.step());
          if (progress.step() == stopAt) {
            throw new IllegalStateException("stopped");
          }
        };
    return Trainings.train(
            model, arguments, SingleWorkerGroup.INSTANCE, TRAIN, validation, listener)
        .result();
  }

  private TrainingResult train(TrainingArguments arguments) {
    try (SequenceClassifier model = Trainings.model(0.1)) {
      return train(model, arguments, VALIDATION, 0);
    }
  }

  private void trainUntil(int step, TrainingArguments arguments) {
    try (SequenceClassifier model = Trainings.model(0.1)) {
      assertThatThrownBy(() -> train(model, arguments, VALIDATION, step)).hasMessage("stopped");
    }
  }

  private static double loss(SequenceClassifier model) {
    return new Evaluator(model, ForwardPass.inference(), 64, () -> {})
        .evaluate(VALIDATION, SingleWorkerGroup.INSTANCE)
        .orElseThrow()
        .toMap("")
        .get("loss");
  }

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> there = Files.list(folder)) {
      return there.map(path -> path.getFileName().toString()).toList();
    }
  }

  private JsonNode state(int step) throws IOException {
    return new ObjectMapper()
        .readTree(folder.resolve("checkpoint-" + step + "/trainer_state.json").toFile());
  }

  @Test
  void fewerStepsThanTheCheckpointsLoseNoProgressAndNotTheBestWeights() throws IOException {
    Object[] each = highestLoss("save_steps", 1, "save_total_limit", 0, "eval_steps", 12);
    trainUntil(20, arguments(each));
    Object[] larger =
        Stream.concat(Stream.of(each), Stream.of("gradient_accumulation_steps", 2)).toArray();
    // 19 steps of 8 rows are an epoch (7 steps of 16) and 48 rows, which are 3 steps.
    trainUntil(13, arguments(larger));
    assertThat(notes.get(0))
        .isEqualTo("going on from the checkpoint at step 19: step 10 of 28, epoch 1.43");
    assertThat(checkpoints()).hasSize(12).contains("checkpoint-12");
    assertThat(state(12).get("optimizerSteps").intValue()).isEqualTo(19 + 2);

    try (SequenceClassifier model = Trainings.model(0.1)) {
      TrainingResult result = train(model, arguments(larger), VALIDATION, 0);
      assertThat(notes.get(0)).startsWith("going on from the checkpoint at step 12: step 12 of 28");
      assertThat(state(28).get("optimizerSteps").intValue()).isEqualTo(19 + 18);
      List<Double> losses =
          result.logHistory().stream()
              .filter(entry -> entry.values().containsKey("eval_loss"))
              .map(entry -> entry.values().get("eval_loss"))
              .toList();
      assertThat(losses).hasSize(4);
      assertThat(result.metrics()).containsEntry("eval_loss", losses.get(0));
      assertThat(loss(model)).isEqualTo(losses.get(0));
    }
  }

  @Test
  void otherValidationRowsAreSaidAndTheirBestIsLookedForAnew() {
    trainUntil(20, arguments(highestLoss("early_stopping_patience", 9)));
    try (SequenceClassifier model = Trainings.model(0.1)) {
      TrainingResult result =
          train(model, arguments(highestLoss()), TestRows.learnable(50, 4, 3), 0);
      assertThat(notes)
          .contains(
              "the validation rows are others than up to the checkpoint: the best weights are looked"
                  + " for anew, from here on");
      assertThat(result.metrics()).containsEntry("best_epoch", 20 / 13.0);
    }
  }

  @Test
  void anotherDropoutIsSaid() {
    trainUntil(8, arguments());
    try (SequenceClassifier model = Trainings.model(0.2)) {
      train(model, arguments(), VALIDATION, 0);
      assertThat(notes)
          .contains("config.json: hidden_dropout_prob is 0.2 now; up to the checkpoint it was 0.1");
    }
  }

  private static SequenceClassifier adapted(long seed, String setting) {
    Object[] keyAndValue =
        setting.contains("lora")
            ? new Object[] {"lora_rank", 2, "lora_alpha", Integer.valueOf(setting.split("=")[1])}
            : setting.split("=");
    return TestDevice.on(
        SequenceClassifier.fromScratch(
            TestModels.tinyConfig(50, Trainings.LABELS, 0.1),
            TestAdapters.adaptation(keyAndValue),
            seed));
  }

  @ParameterizedTest
  @CsvSource({
    "42, freeze=none, 'model.freeze=none cannot go on from the checkpoint at step 6 in ', "
        + "', which was written with encoder. Resume with that, or start anew with resume=false'",
    "43, freeze=encoder, 'the checkpoint at step 6 in ', ' started from another model.base: its"
        + " weights are not those of the base now. Resume with the same base, or start anew with"
        + " resume=false'",
  })
  void anotherBaseAndOtherFrozenWeightsAreRefused(
      long seed, String setting, String begin, String end) {
    try (SequenceClassifier model = adapted(42, "freeze=encoder")) {
      assertThatThrownBy(() -> train(model, arguments(), VALIDATION, 8)).hasMessage("stopped");
    }
    try (SequenceClassifier other = adapted(seed, setting)) {
      assertThatThrownBy(() -> train(other, arguments(), VALIDATION, 0))
          .isInstanceOf(UserException.class)
          .hasMessage(begin + folder + end);
    }
  }

  @Test
  void anotherScaleOfAdaptersIsRefused() {
    try (SequenceClassifier model = adapted(42, "lora_alpha=8")) {
      assertThatThrownBy(() -> train(model, arguments(), VALIDATION, 8)).hasMessage("stopped");
    }
    try (SequenceClassifier other = adapted(42, "lora_alpha=16")) {
      assertThatThrownBy(() -> train(other, arguments(), VALIDATION, 0))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("model.lora_alpha=16 cannot go on from the checkpoint at step 6");
    }
  }

  @Test
  void weightsOfAnotherShapeAreToldWithTheirFile() {
    trainUntil(8, arguments());
    ModelConfig wider =
        ModelConfig.parse(
            TestModels.tinyConfig(50, Trainings.LABELS, 0.1)
                .toJson()
                .replaceFirst("\"intermediate_size\" : 20", "\"intermediate_size\" : 24"));
    try (SequenceClassifier model = TestDevice.on(SequenceClassifier.fromScratch(wider, 42))) {
      assertThatThrownBy(() -> train(model, arguments(), VALIDATION, 0))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("weights.safetensors: tensor 'bert.encoder.layer.0.intermediate");
    }
  }

  @Test
  void aCheckpointOfAnotherReleaseIsRefusedWhereResumingIsAskedFor() throws IOException {
    trainUntil(8, arguments());
    CheckpointStore store = new CheckpointStore(folder.toString(), new Configuration(false));
    ObjectNode state = (ObjectNode) state(6);
    state.remove("optimizerSteps");
    Map<String, Content> files = new LinkedHashMap<>();
    for (String name : List.of("weights.safetensors", "optimizer.safetensors")) {
      byte[] bytes = Files.readAllBytes(folder.resolve("checkpoint-6").resolve(name));
      files.put(name, out -> out.write(bytes));
    }
    files.put("trainer_state.json", out -> out.write(state.toString().getBytes()));
    store.write(6, files);
    assertThatThrownBy(() -> train(arguments()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "the checkpoint at step 6 in " + folder + " was written by another release (")
        .hasMessageEndingWith("). Go on with that one, or start anew with resume=false");
    train(arguments("resume", false));
    assertThat(steps.get(0)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void whatEarlyStoppingEndedGoesOnWithMorePatience(int patience) {
    Object[] early = highestLoss("early_stopping_patience", 2);
    train(arguments(early));
    assertThat(steps.get(steps.size() - 1)).isEqualTo(15);
    early[early.length - 1] = patience;
    train(arguments(early));
    assertThat(steps.get(0)).isEqualTo(16);
    assertThat(steps.get(steps.size() - 1)).isEqualTo(patience == 0 ? 52 : 25);
  }

  @Test
  void runtimeAndSpeedAreThoseOfTheWholeTraining() throws IOException {
    trainUntil(49, arguments());
    double before = state(48).get("seconds").doubleValue();
    long start = System.nanoTime();
    Map<String, Double> metrics = train(arguments()).metrics();
    double own = (System.nanoTime() - start) / 1e9;
    double runtime = metrics.get("train_runtime");
    assertThat(runtime).isBetween(before, before + own);
    assertThat(state(52).get("seconds").doubleValue()).isBetween(before, runtime);
    assertThat(metrics.get("train_samples_per_second") * runtime).isCloseTo(400, within(1e-6));
    assertThat(metrics.get("train_steps_per_second") * runtime).isCloseTo(52, within(1e-6));
  }
}
