package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Tokens;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.train.Trainer;
import org.sparkfinetune.train.TrainingArguments;

/**
 * Each family and task from a Hugging Face folder through two steps of training to a Hugging Face
 * folder and ONNX, and back from both. What it writes under {@code target/round-trip} is what
 * {@code tools/goldens/round_trip.py} has transformers and onnxruntime load.
 */
class RoundTripTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Configuration HADOOP = new Configuration(false);
  private static final int[] LENGTHS = {3, 14, 1, 9, 22};

  static List<Arguments> familiesAndTasks() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    for (String family : OnnxExportTest.families()) {
      for (ProblemType task : ProblemType.values()) {
        cases.add(Arguments.of(family, task));
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("familiesAndTasks")
  void whatWasTrainedLeavesAndComesBackTheSame(String family, ProblemType task) throws IOException {
    Path folder = Path.of("target/round-trip", family + "-" + task.spelling());
    org.apache.hadoop.fs.Path huggingFace =
        new org.apache.hadoop.fs.Path(folder.resolve("huggingface").toUri());
    org.apache.hadoop.fs.Path onnx = new org.apache.hadoop.fs.Path(folder.resolve("onnx").toUri());
    float[] logits;
    JsonNode tokenizer;
    try (SequenceClassifier model = model(TestGoldens.of(family), task)) {
      float[] before = logits(model, folder);
      trainTwoSteps(model);
      logits = logits(model, folder);
      assertThat(logits).isNotEqualTo(before);

      String written = TinyTokenizers.of(family, model.padTokenId());
      tokenizer = JSON.readTree(asTheModelTakesIt(written, model.config()));
      ExportSource source = new ExportSource(model, written, record());
      new HuggingFaceExport().write(source, huggingFace, HADOOP);
      String checked = new OnnxFolderExport().write(source, onnx, HADOOP);
      assertThat(checked).startsWith("ONNX Runtime's logits differ from the model's by at most");
    }
    try (ExportSource back = ExportSource.open(huggingFace, HADOOP)) {
      assertThat(logits(back.classifier(), folder)).isEqualTo(logits);
      assertThat(JSON.readTree(back.tokenizer())).isEqualTo(tokenizer);
      assertThat(back.provenance()).isEqualTo(record().withoutPaths());
    }
    PretrainedModel ofOnnx = PretrainedModel.open(onnx.toString(), HADOOP);
    ModelConfig config = ModelConfig.parse(ofOnnx.config());
    try (TensorSource weights = ofOnnx.openWeights();
        SequenceClassifier back = SequenceClassifier.load(config, weights)) {
      assertThat(logits(back, folder)).isEqualTo(logits);
      assertThat(config.problemType()).isEqualTo(task);
      assertThat(JSON.readTree(ofOnnx.tokenizer())).isEqualTo(tokenizer);
    }
    assertThat(folder.resolve("onnx").toFile().list())
        .contains(
            "model.onnx",
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "README.md");
  }

  /** A model without token types gets none, so that both texts of a pair are of type 0. */
  private static String asTheModelTakesIt(String tokenizer, ModelConfig config) {
    return config.hasTokenTypes()
        ? tokenizer
        : tokenizer.replaceAll("\"type_id\"\\s*:\\s*1", "\"type_id\": 0");
  }

  /** The golden's pretrained model as a base for classifiers of this task. */
  private static SequenceClassifier model(TestGoldens golden, ProblemType task) throws IOException {
    ModelConfig stored =
        ModelConfig.parse(Files.readString(golden.folder().resolve("config.json")));
    try (TensorSource source = golden.tensors("model.safetensors")) {
      return SequenceClassifier.fromPretrained(
          stored.withHead(stored.labels(), stored.pooling(), task), source, 1);
    }
  }

  /**
   * Two steps, each of half of the rows; sets of labels for one task, single ones for the other.
   */
  private static void trainTwoSteps(SequenceClassifier model) {
    Random random = new Random(3);
    int labels = model.labels().size();
    int vocabulary = model.config().positive("vocab_size");
    EncodedDataset.Builder rows = EncodedDataset.builder();
    for (int row = 0; row < 8; row++) {
      int[] ids =
          random
              .ints(3 + random.nextInt(20), 0, vocabulary)
              .map(id -> id == model.padTokenId() ? id + 1 : id)
              .toArray();
      int[] set = random.ints(row % 3, 0, labels).distinct().toArray();
      rows.add(
          ids,
          model.config().hasTokenTypes() ? ids.length / 2 : ids.length,
          model.config().problemType().task().hasLabelSets() ? set : new int[] {row % labels});
    }
    Map<String, Object> arguments =
        Map.of(
            "num_train_epochs",
            1,
            "per_device_train_batch_size",
            4,
            "learning_rate",
            1e-2,
            "warmup_ratio",
            0.0,
            "precision",
            "fp32");
    try (Trainer trainer =
        new Trainer(
            model,
            Schema.of("training", TrainingArguments.class).create(new HashMap<>(arguments)),
            progress -> {})) {
      trainer.train(rows.build(), EncodedDataset.builder().build());
    }
  }

  /** The logits of a padded batch; it and they are written down for Python. */
  private static float[] logits(SequenceClassifier model, Path folder) throws IOException {
    Random random = new Random(4);
    int rows = LENGTHS.length;
    int length = Arrays.stream(LENGTHS).max().orElseThrow();
    int padding = model.padTokenId();
    boolean hasTypes = model.config().hasTokenTypes();
    long[] ids = new long[rows * length];
    long[] mask = new long[rows * length];
    long[] types = new long[rows * length];
    Arrays.fill(ids, padding);
    for (int row = 0; row < rows; row++) {
      for (int i = row * length; i < row * length + LENGTHS[row]; i++) {
        ids[i] = padding + 1 + random.nextInt(model.config().positive("vocab_size") - padding - 1);
        mask[i] = 1;
        types[i] = hasTypes && i % 3 == 0 ? 1 : 0;
      }
    }
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ForwardPass pass = ForwardPass.inference();
      Tensor maskTensor = pass.constant(mask).view(rows, length);
      Tensor result =
          model
              .logits(
                  pass,
                  new Tokens<>(
                      pass.constant(ids).view(rows, length),
                      hasTypes ? pass.constant(types).view(rows, length) : null,
                      maskTensor.sum(1),
                      maskTensor.eq(new Scalar(0))))
              .contiguous();
      float[] logits = new float[(int) result.numel()];
      new FloatPointer(result.data_ptr()).get(logits);
      Files.createDirectories(folder);
      ObjectNode json = JSON.createObjectNode().put("rows", rows);
      json.set("input_ids", JSON.valueToTree(ids));
      json.set("attention_mask", JSON.valueToTree(mask));
      if (hasTypes) {
        json.set("token_type_ids", JSON.valueToTree(types));
      }
      json.set("logits", JSON.valueToTree(logits));
      JSON.writeValue(folder.resolve("expected.json").toFile(), json);
      return logits;
    }
  }

  private static ModelProvenance record() {
    return new ModelProvenance(
        "minilm-l6",
        "2025-01-02T03:04:05Z",
        Map.of("training.learning_rate", 2e-4, "training.seed", 42),
        Map.of("train_examples", 10, "test", "s3a://rows/my test.csv"),
        Map.of("test_accuracy", 0.9375, "test_f1", 0.91, "test_loss", 0.25),
        Map.of("libtorch", "2.10.0"));
  }
}
