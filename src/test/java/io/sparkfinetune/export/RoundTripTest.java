package io.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.TestGoldens;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.Tokens;
import io.sparkfinetune.model.io.SafetensorsReader;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.model.io.TrainingRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

/**
 * Each family and task from a Hugging Face folder through two training steps to a Hugging Face
 * folder and ONNX. What it writes under {@code target/round-trip} is what {@code
 * tools/goldens/round_trip.py} has transformers and onnxruntime load.
 */
class RoundTripTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Configuration HADOOP = new Configuration(false);
  private static final int[] LENGTHS = {3, 14, 1, 9, 22};

  private static final List<String> TASKS =
      List.of("single_label_classification", "multi_label_classification");

  static List<Arguments> familiesAndTasks() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    for (String family : OnnxExportTest.families()) {
      TASKS.forEach(task -> cases.add(Arguments.of(family, task)));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("familiesAndTasks")
  void whatWasTrainedLeavesAndComesBackTheSame(String family, String task) throws IOException {
    Path folder = Path.of("target/round-trip", family + "-" + task);
    org.apache.hadoop.fs.Path huggingFace =
        new org.apache.hadoop.fs.Path(folder.resolve("huggingface").toUri());
    org.apache.hadoop.fs.Path onnx = new org.apache.hadoop.fs.Path(folder.resolve("onnx").toUri());
    float[] logits;
    try (SequenceClassifier model = model(TestGoldens.of(family), task)) {
      float[] before = logits(model, folder);
      trainTwoSteps(model, TestGoldens.of(family));
      logits = logits(model, folder);
      assertThat(logits).isNotEqualTo(before);

      ExportSource source = new ExportSource(model, tokenizer(), record());
      new HuggingFaceExport().write(source, huggingFace, HADOOP);
      String checked = new OnnxFolderExport().write(source, onnx, HADOOP);
      assertThat(checked).startsWith("ONNX Runtime's logits differ from the model's by at most");
    }
    try (ExportSource back = ExportSource.open(huggingFace, HADOOP)) {
      assertThat(logits(back.classifier(), folder)).isEqualTo(logits);
      assertThat(back.tokenizer()).isEqualTo(tokenizer());
      assertThat(back.training()).isEqualTo(record());
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

  private static SequenceClassifier model(TestGoldens golden, String task) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(golden.folder().resolve("config.json").toFile());
    json.put("problem_type", task);
    org.apache.hadoop.fs.Path weights =
        new org.apache.hadoop.fs.Path(golden.folder().resolve("model.safetensors").toUri());
    try (TensorSource source = SafetensorsReader.open(weights, HADOOP)) {
      return SequenceClassifier.fromPretrained(ModelConfig.parse(json.toString()), source, 1);
    }
  }

  private static void trainTwoSteps(SequenceClassifier model, TestGoldens golden)
      throws IOException {
    for (int step = 0; step < 2; step++) {
      try (PointerScope scope = new PointerScope()) {
        model.loss(ForwardPass.inference(), golden.batch()).backward();
        try (NoGradGuard guard = new NoGradGuard()) {
          for (Tensor weight : model.parameters().tensors().values()) {
            weight.sub_(weight.grad().mul(new Scalar(0.01)));
            weight.grad().zero_();
          }
        }
      }
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

  private static String tokenizer() throws IOException {
    return Files.readString(
        Path.of(
            "src/test/resources/io/sparkfinetune/model/io/tiny-bert-classifier/tokenizer.json"));
  }

  private static TrainingRecord record() {
    return new TrainingRecord(
        "minilm-l6",
        "2025-01-02T03:04:05Z",
        Map.of("training.learning_rate", 2e-4, "training.seed", 42),
        Map.of("train_examples", 10, "test", "s3a://rows/my test.csv"),
        Map.of("test_accuracy", 0.9375, "test_f1", 0.91, "test_loss", 0.25),
        Map.of("libtorch", "2.10.0"));
  }
}
