package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestAdapters;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.ModelInputs;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;

class DistributedTrainerTest {
  private static final ResourceArguments RESOURCES =
      Schema.of("resources", ResourceArguments.class).defaults();
  private static final List<String> LABELS = List.of("a", "b");

  @TempDir Path base;

  @BeforeEach
  void writeBase() {
    HuggingFaceFolder.write(
        TestModels.tiny(),
        new ModelInputs(128, true),
        new org.apache.hadoop.fs.Path(base.toUri()),
        new Configuration(false));
  }

  @Test
  void bringsBackTheTrainedWeightsAndTheFigures() {
    List<TrainingProgress> progress = new CopyOnWriteArrayList<>();
    TrainedModel trained =
        DistributedTrainer.train(
            rows(40, 10), LABELS, model(16), training(3e-2), RESOURCES, progress::add);
    assertThat(trained.result().metrics().get("eval_accuracy")).isEqualTo(1.0);
    assertThat(progress.get(progress.size() - 1).step()).isEqualTo(2 * 5);
    try (SequenceClassifier model = SequenceClassifier.load(trained.files())) {
      assertThat(model.labels()).isEqualTo(LABELS);
    }
  }

  @Test
  void aRunIsTheSameWhateverThePartitionsOfItsRows() {
    TrainedModel one =
        DistributedTrainer.train(
            rows(40, 0), LABELS, model(16), training(1e-2), RESOURCES, p -> {});
    TrainedModel other =
        DistributedTrainer.train(
            rows(40, 0).repartition(7), LABELS, model(16), training(1e-2), RESOURCES, p -> {});
    assertThat(other.files().weights().chunks().toArray(byte[][]::new))
        .isDeepEqualTo(one.files().weights().chunks().toArray(byte[][]::new));
  }

  @Test
  void maxLengthOverTheModelsPositionsIsRefusedOnTheDriver() {
    assertThatThrownBy(
            () ->
                DistributedTrainer.train(
                    rows(4, 0), LABELS, model(129), training(1e-2), RESOURCES, p -> {}))
        .isInstanceOf(UserException.class)
        .hasMessage("model.max_length=129 is not allowed: the model has positions for 128 tokens");
  }

  @Test
  void aBadCheckpointIsTheUsersErrorAndIsTriedOnce() throws Exception {
    Path weights = base.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, java.util.Arrays.copyOf(bytes, bytes.length - 1000));
    try (StageAttempts attempts = new StageAttempts(TestSpark.session().sparkContext())) {
      assertThatThrownBy(
              () ->
                  DistributedTrainer.train(
                      rows(4, 0), LABELS, model(16), training(1e-2), RESOURCES, p -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("model.safetensors");
      assertThat(attempts.numbers()).isNotEmpty().containsOnly(0);
    }
  }

  @Test
  void aDivergedTrainingCarriesTheLastGoodWeights() {
    TrainingDivergedException e =
        catchThrowableOfType(
            TrainingDivergedException.class,
            () ->
                DistributedTrainer.train(
                    rows(40, 10), LABELS, model(16), training(1e38), RESOURCES, p -> {}));
    assertThat(e)
        .hasMessageContaining("training diverged at step ")
        .hasMessageContaining("Try a lower training.learning_rate");
    try (SequenceClassifier model = SequenceClassifier.load(e.lastGood())) {
      assertThat(model.labels()).isEqualTo(LABELS);
      Batch batch = Batch.of(List.of(new int[] {101, 2000, 102}), new int[1][0], 0);
      assertThat(model.logits(batch)[0][0]).isFinite();
    }
  }

  @Test
  void aDivergedTrainingKeepsTheThresholdOfItsLastGoodWeights() {
    ModelArguments multiLabel = model("problem_type", "multi_label_classification");
    // All is warm-up: the first epoch, one step, has the rate 0, and the second diverges.
    ModelConfig one = ModelConfig.parse(train(multiLabel, 1).files().config());
    TrainingDivergedException e =
        catchThrowableOfType(TrainingDivergedException.class, () -> train(multiLabel, 3));

    assertThat(e).hasMessageContaining("Kept: the weights of epoch 1");
    ModelConfig kept = ModelConfig.parse(e.lastGood().config());
    assertThat(one.threshold().getAsDouble()).isNotEqualTo(ModelConfig.DEFAULT_THRESHOLD);
    assertThat(kept.threshold()).isEqualTo(one.threshold());
  }

  private static TrainedModel train(ModelArguments model, int epochs) {
    TrainingArguments training =
        Schema.of("training", TrainingArguments.class)
            .create(
                Map.of(
                    "learning_rate",
                    1e36,
                    "warmup_ratio",
                    1.0,
                    "num_train_epochs",
                    epochs,
                    "precision",
                    "fp32"));
    return DistributedTrainer.train(rows(8, 10), LABELS, model, training, RESOURCES, p -> {});
  }

  @Test
  void loraChangesWhatItTargetsAndTheHeadAndKeepsItsAdapterWhenAsked() {
    ModelArguments lora = model("lora_rank", 2, "lora_merge", false, "pooling", "cls");
    ModelFiles trained = train(lora).files();
    List<String> changed = new ArrayList<>();
    try (TensorSource before = TestModels.tiny().openWeights();
        TensorSource after = trained.openWeights();
        PointerScope scope = new PointerScope()) {
      assertThat(after.tensors())
          .containsKeys("bert.pooler.dense.weight", "bert.pooler.dense.bias");
      assertThat(after.tensors()).hasSize(before.tensors().size() + 2);
      for (String name : before.tensors().keySet()) {
        boolean head = name.startsWith("classifier.");
        if (!head && !after.read(name).equal(before.read(name))) {
          changed.add(name);
        }
      }
    }
    assertThat(changed)
        .hasSize(2 * 2)
        .allMatch(name -> name.endsWith(".query.weight") || name.endsWith(".value.weight"));
    assertThat(trained.adapter().config())
        .contains("\"base_model_name_or_path\" : \"" + base + "\"");
    assertThat(train(model("lora_rank", 2)).files().adapter()).isNull();
  }

  @Test
  void checkpointsOfAnEarlierTrainingAreGoneOnFromOrRefused(@TempDir Path checkpoints) {
    Map<String, Object> settings =
        Map.of(
            "num_train_epochs", 1, "precision", "fp32", "checkpoint_dir", checkpoints.toString());
    Schema<TrainingArguments> schema = Schema.of("training", TrainingArguments.class);
    train(schema.create(settings));
    assertThatThrownBy(() -> train(schema.create(settings)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "training.checkpoint_dir="
                + checkpoints
                + " holds checkpoints of an earlier training: set training.resume=true to go on from"
                + " them, or choose another folder");
    Map<String, Object> further = new HashMap<>(settings);
    further.putAll(Map.of("num_train_epochs", 2, "resume", true));
    assertThat(train(schema.create(further)).result().metrics().get("epoch")).isEqualTo(2.0);
  }

  @Test
  void halfPrecisionIsForGpus() {
    assertThatThrownBy(
            () ->
                train(
                    Schema.of("training", TrainingArguments.class)
                        .create(Map.of("precision", "fp16"))))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "training.precision=fp16 is for GPUs: set resources.gpu_per_worker=1, or"
                + " training.precision=bf16");
  }

  private TrainedModel train(TrainingArguments training) {
    return DistributedTrainer.train(rows(40, 10), LABELS, model(16), training, RESOURCES, p -> {});
  }

  @Test
  void fromScratchNeedsNoWeights() throws Exception {
    Files.delete(base.resolve("model.safetensors"));
    assertThatThrownBy(() -> train(model("max_length", 16)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no weights (model.safetensors)");
    try (SequenceClassifier model =
        SequenceClassifier.load(train(model("from_scratch", true)).files())) {
      assertThat(model.labels()).isEqualTo(LABELS);
    }
  }

  @Test
  void layersAndModulesThatAreNotThereAreTheUsersError() {
    assertThatThrownBy(() -> train(model("freeze_layers", 9)))
        .isInstanceOf(UserException.class)
        .hasMessage("model.freeze_layers=9 is not allowed: the model has weights for 2 layers");
    assertThatThrownBy(() -> train(model("lora_rank", 1, "lora_target_modules", "q_lin")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model.lora_target_modules: q_lin matches no linear layer");
  }

  @Test
  void layersAndModulesAreCheckedBeforeAnyRowIsRead() {
    assertThatThrownBy(() -> check(model("freeze_layers", 9)))
        .isInstanceOf(UserException.class)
        .hasMessage("model.freeze_layers=9 is not allowed: the model has weights for 2 layers");
    assertThatThrownBy(() -> check(model("lora_rank", 1, "lora_target_modules", "q_lin")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model.lora_target_modules: q_lin matches no linear layer");
    assertThatThrownBy(() -> check(model("lora_rank", 1, "lora_merge", false)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.lora_merge=false is not allowed together with model.pooling=mean: peft puts the"
                + " adapter on BertForSequenceClassification, which pools otherwise. Set"
                + " model.pooling=cls, or model.lora_merge=true");
    check(model("lora_rank", 1, "lora_merge", false, "pooling", "cls"));
  }

  private static void check(ModelArguments model) {
    DistributedTrainer.check(
        TestSpark.session().sparkContext(),
        ModelConfig.parse(TestModels.tiny().config()),
        model,
        training(1e-2),
        RESOURCES);
  }

  private static TrainedModel train(ModelArguments model) {
    return DistributedTrainer.train(rows(16, 0), LABELS, model, training(1e-2), RESOURCES, p -> {});
  }

  private ModelArguments model(String key, Object value, Object... more) {
    List<Object> all = new ArrayList<>(List.of("base", base.toString(), key, value));
    all.addAll(List.of(more));
    return TestAdapters.arguments(all.toArray());
  }

  private static Dataset<Row> rows(int train, int validation) {
    List<Row> rows = new ArrayList<>();
    for (boolean isValidation : new boolean[] {false, true}) {
      for (int i = 0; i < (isValidation ? validation : train); i++) {
        rows.add(
            RowFactory.create(
                List.of(101, 1000 + i, 2000 + i % 2, 102), 4, List.of(i % 2), isValidation));
      }
    }
    StructType schema =
        new StructType()
            .add("input_ids", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("second_segment_start", DataTypes.IntegerType)
            .add("labels", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("is_validation", DataTypes.BooleanType);
    return TestSpark.session().createDataFrame(rows, schema);
  }

  private ModelArguments model(int maxLength) {
    return Schema.of("model", ModelArguments.class)
        .create(Map.of("base", base.toString(), "max_length", maxLength));
  }

  private static TrainingArguments training(double learningRate) {
    return Schema.of("training", TrainingArguments.class)
        .create(
            Map.of(
                "learning_rate",
                learningRate,
                "per_device_train_batch_size",
                8,
                "num_train_epochs",
                2,
                "precision",
                "fp32"));
  }
}
