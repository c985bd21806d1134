package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.OnnxReader;
import org.sparkfinetune.task.ProblemType;

class OnnxExportTest {
  private static final Path PRETRAINED = Path.of("src/test/resources/org/sparkfinetune/model");

  @TempDir Path folder;

  /** Each family that has a golden. */
  static List<String> families() throws IOException {
    try (Stream<Path> folders = Files.list(PRETRAINED)) {
      return folders
          .map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith("-tiny"))
          .map(name -> name.substring(0, name.length() - "-tiny".length()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void onnxRuntimeComputesTheLogitsOfEachFamily(String family) throws IOException {
    try (SequenceClassifier model = TestGoldens.of(family).model()) {
      double difference = OnnxExport.write(model, folder);
      assertThat(difference).isLessThanOrEqualTo(1e-4);
      assertThat(spread(model)).as("logits that can be got wrong").isGreaterThan(0.01);
      assertThat(folder.resolve("model.onnx_data")).doesNotExist();
    }
  }

  private static double spread(SequenceClassifier model) throws IOException {
    float[] logits = model.logits(TestGoldens.of("bert").batch())[0];
    float[] sorted = logits.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - 1] - sorted[0];
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void everyPoolingIsExported(Pooling pooling) throws IOException {
    ModelConfig config =
        TestModels.tinyConfig(50, 4)
            .withHead(List.of("a", "b", "c"), pooling, ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 3)) {
      assertThat(OnnxExport.write(model, folder)).isLessThanOrEqualTo(1e-4);
    }
  }

  @Test
  void theFileSaysWhatOptimumsSays() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      OnnxExport.write(model, folder);
      ModelProto file = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
      assertThat(file.getIrVersion()).isEqualTo(8);
      assertThat(file.getOpsetImport(0).getVersion()).isEqualTo(17);
      assertThat(file.getGraph().getInputList())
          .extracting(input -> input.getName())
          .containsExactly("input_ids", "attention_mask", "token_type_ids");
      assertThat(file.getGraph().getInputList())
          .allSatisfy(
              input ->
                  assertThat(input.getType().getTensorType().getShape().getDimList())
                      .extracting(dim -> dim.getDimParam())
                      .containsExactly("batch_size", "sequence_length"));
      var logits = file.getGraph().getOutput(0);
      assertThat(logits.getName()).isEqualTo("logits");
      assertThat(logits.getType().getTensorType().getShape().getDim(1).getDimValue())
          .isEqualTo(model.labels().size());
      assertThat(file.getGraph().getNodeList())
          .extracting(node -> node.getName())
          .contains("/bert/pooler/dense/MatMul");
    }
  }

  @Test
  void ourOwnReaderReadsTheWeightsBackByName() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      OnnxExport.write(model, folder);
      try (OnnxReader reader =
          OnnxReader.open(
              new org.apache.hadoop.fs.Path(folder.resolve("model.onnx").toUri()),
              new Configuration(false))) {
        Map<String, Tensor> weights = model.parameters().tensors();
        assertThat(reader.tensors().keySet()).containsExactlyInAnyOrderElementsOf(weights.keySet());
        weights.forEach(
            (name, tensor) -> {
              try (Tensor read = reader.read(name)) {
                assertThat(floats(read)).as(name).isEqualTo(floats(tensor));
              }
            });
      }
    }
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    new FloatPointer(tensor.data_ptr()).get(values);
    return values;
  }

  @Test
  void largeWeightsLieBesideTheGraph() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      double difference = OnnxExport.write(model, folder, 1000);
      assertThat(difference).isLessThanOrEqualTo(1e-4);
      ModelProto file = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
      assertThat(file.getGraph().getInitializerList())
          .filteredOn(tensor -> !tensor.getName().startsWith("/"))
          .hasSize(model.parameters().parameters().size())
          .allMatch(tensor -> tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL);
      long bytes = model.parameters().tensors().values().stream().mapToLong(Tensor::nbytes).sum();
      assertThat(folder.resolve("model.onnx_data")).hasSize(bytes);
    }
  }

  /** Other runtimes pad a batch with whole rows. */
  @ParameterizedTest
  @EnumSource(
      value = Pooling.class,
      names = {"CLS", "MEAN"})
  void aRowOfPaddingIsNotNaN(Pooling pooling) throws Exception {
    ModelConfig config =
        TestModels.tinyConfig(50, 4)
            .withHead(List.of("a", "b"), pooling, ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 3)) {
      OnnxExport.write(model, folder);
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    long[] shape = {2, 3};
    try (OrtSession session = environment.createSession(folder.resolve("model.onnx").toString());
        OnnxTensor ids = tensor(environment, shape, 5, 6, 7, 0, 0, 0);
        OnnxTensor mask = tensor(environment, shape, 1, 1, 1, 0, 0, 0);
        OnnxTensor types = tensor(environment, shape, 0, 0, 0, 0, 0, 0);
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      float[][] logits = (float[][]) result.get(0).getValue();
      for (float[] row : logits) {
        assertThat(row[0]).isFinite();
        assertThat(row[1]).isFinite();
      }
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, long[] shape, long... values)
      throws Exception {
    return OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "deberta-v2"})
  void aGraphIsFittedToWhatItIsFed(String family) throws Exception {
    try (SequenceClassifier model = TestGoldens.of(family).model()) {
      int last = model.config().positive("vocab_size") - 1;
      long[] backward = LongStream.rangeClosed(0, last).map(id -> last - id).toArray();
      TokenFeed feed = new TokenFeed(7, backward, !model.config().hasTokenTypes());

      assertThat(OnnxExport.write(model, folder, feed)).isLessThan(1e-5);

      Path file = folder.resolve("model.onnx");
      TokenFeed otherIds = new TokenFeed(7, new long[0], feed.tokenTypes());
      TokenFeed otherEnd = new TokenFeed(8, backward, feed.tokenTypes());
      for (TokenFeed other : List.of(otherIds, otherEnd)) {
        assertThat(OnnxRuntimeCheck.largestDifference(model, file, Optional.of(other)))
            .isGreaterThan(OnnxExport.TOLERANCE);
      }
      try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString())) {
        assertThat(session.getInputNames().contains("token_type_ids")).isEqualTo(feed.tokenTypes());
      }
    }
  }

  @Test
  void aModelThatComputesSomethingElseIsFound() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      OnnxExport.write(model, folder);
      Tensor bias = model.parameters().tensors().get("classifier.bias");
      bias.detach().add_(new Scalar(0.5));
      double difference =
          OnnxRuntimeCheck.largestDifference(model, folder.resolve("model.onnx"), Optional.empty());
      assertThat(difference).isBetween(0.499, 0.501);
      assertThatThrownBy(() -> OnnxExport.requireWithinTolerance(difference))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "the ONNX model does not compute what the model computes: logits differ by up to 0.")
          .hasMessageContaining("which is more than 1.0E-4; nothing was exported");
    }
  }

  @Test
  void weightsThatAreNotFiniteAreRefused() throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model()) {
      model.parameters().tensors().get("classifier.bias").detach().fill_(new Scalar(Double.NaN));
      assertThatThrownBy(() -> OnnxExport.write(model, folder))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("logits differ by up to NaN");
    }
  }
}
