package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class OnnxReaderTest {
  private static final String CLASSIFIER = "tiny-bert-classifier.onnx";
  private static final String ENCODER = "tiny-bert-encoder.onnx";
  private static final URL MINILM = OnnxReaderTest.class.getResource("/all-minilm-l6-v2.onnx");

  @TempDir private Path temporary;

  @Test
  void readsAClassifierWithTheWeightsThatTransformersSaved() {
    Map<String, float[]> saved =
        Fixtures.readAll(
            SafetensorsReader.open(
                Fixtures.bytes("tiny-bert-classifier/model.safetensors"), "saved"));
    Map<String, float[]> exported = Fixtures.readAll(open(Fixtures.path(CLASSIFIER)));
    assertThat(exported).hasSameSizeAs(saved);
    saved.forEach((name, values) -> assertThat(exported.get(name)).as(name).isEqualTo(values));
  }

  @Test
  void resolvesInitializersThatTheExporterStoredOnce() {
    Map<String, float[]> classifier = Fixtures.readAll(open(Fixtures.path(CLASSIFIER)));
    Map<String, float[]> encoder = Fixtures.readAll(open(Fixtures.path(ENCODER)));
    assertThat(encoder).hasSize(5 + 2 * 16);
    encoder.forEach(
        (name, values) -> {
          float[] expected = classifier.get("bert." + name).clone();
          if (name.endsWith(".bias")) {
            Arrays.fill(expected, 0);
          } else if (name.contains("LayerNorm")) {
            Arrays.fill(expected, 1);
          }
          assertThat(values).as(name).isEqualTo(expected);
        });
  }

  @Test
  void makesTheConfigurationFromTheGraph() throws IOException {
    ObjectNode saved =
        Json.object(
            Files.readString(Fixtures.path("tiny-bert-classifier/config.json")), "config.json");
    try (OnnxReader reader = open(Fixtures.path(CLASSIFIER))) {
      ObjectNode config = Json.object(reader.config(), CLASSIFIER);
      assertThat(config.get("id2label").toString())
          .isEqualTo("{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\",\"2\":\"LABEL_2\"}");
      config.remove("id2label");
      config
          .fieldNames()
          .forEachRemaining(key -> assertThat(config.get(key)).as(key).isEqualTo(saved.get(key)));
      assertThat(config.get("num_attention_heads").asInt()).isEqualTo(3);
    }
  }

  @Test
  void listsAllWeightsOfTheEmbeddedMiniLm() {
    try (TensorSource source = OnnxReader.open(MINILM, "minilm-l6")) {
      Map<String, TensorInfo> tensors = source.tensors();
      assertThat(tensors).hasSize(5 + 6 * 16);
      assertThat(shape(tensors, "embeddings.word_embeddings.weight")).containsExactly(30522L, 384L);
      assertThat(shape(tensors, "embeddings.position_embeddings.weight"))
          .containsExactly(512L, 384L);
      assertThat(shape(tensors, "embeddings.token_type_embeddings.weight"))
          .containsExactly(2L, 384L);
      assertThat(shape(tensors, "embeddings.LayerNorm.weight")).containsExactly(384L);
      assertThat(shape(tensors, "embeddings.LayerNorm.bias")).containsExactly(384L);
      for (int i = 0; i < 6; i++) {
        String layer = "encoder.layer." + i + ".";
        for (String linear :
            List.of(
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense")) {
          assertThat(shape(tensors, layer + linear + ".weight")).containsExactly(384L, 384L);
          assertThat(shape(tensors, layer + linear + ".bias")).containsExactly(384L);
        }
        assertThat(shape(tensors, layer + "intermediate.dense.weight"))
            .containsExactly(1536L, 384L);
        assertThat(shape(tensors, layer + "intermediate.dense.bias")).containsExactly(1536L);
        assertThat(shape(tensors, layer + "output.dense.weight")).containsExactly(384L, 1536L);
        assertThat(shape(tensors, layer + "output.dense.bias")).containsExactly(384L);
        for (String norm : List.of("attention.output.LayerNorm", "output.LayerNorm")) {
          assertThat(shape(tensors, layer + norm + ".weight")).containsExactly(384L);
          assertThat(shape(tensors, layer + norm + ".bias")).containsExactly(384L);
        }
      }
    }
  }

  @Test
  void readsTheEmbeddedMiniLmAsTheRawInitializersHoldIt() throws IOException {
    GraphProto graph;
    try (var in = MINILM.openStream()) {
      graph = ModelProto.parseFrom(in).getGraph();
    }
    // The names that torch.onnx.export gave to the first layer's intermediate and query weights.
    float[] raw = raw(graph, "onnx::MatMul_798");
    float[] embeddings = raw(graph, "embeddings.word_embeddings.weight");
    try (TensorSource source = OnnxReader.open(MINILM, "minilm-l6");
        Tensor weight = source.read("encoder.layer.0.intermediate.dense.weight");
        Tensor words = source.read("embeddings.word_embeddings.weight")) {
      assertThat(weight.is_contiguous()).isTrue();
      float[] transposed = new float[raw.length];
      for (int i = 0; i < raw.length; i++) {
        transposed[i % 1536 * 384 + i / 1536] = raw[i];
      }
      assertThat(Arrays.equals(Fixtures.values(weight), transposed)).isTrue();
      assertThat(Arrays.equals(Fixtures.values(words), embeddings)).isTrue();
    }
  }

  @Test
  void makesTheEmbeddedMiniLmsConfigurationAsItIsShipped() {
    ObjectNode shipped =
        Json.object(
            PretrainedModel.open("minilm-l6", new Configuration(false)).config(), "shipped");
    shipped.remove("classifier_pooling");
    try (OnnxReader reader = OnnxReader.open(MINILM, "minilm-l6")) {
      assertThat(Json.object(reader.config(), "derived")).isEqualTo(shipped);
    }
  }

  @Test
  void readsHalfPrecisionAndPackedFloats() throws IOException {
    GraphProto.Builder graph = tinyEncoder().toBuilder();
    for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
      if (tensor.getName().equals("embeddings.LayerNorm.weight")) {
        tensor.clearRawData();
        for (int i = 0; i < 12; i++) {
          tensor.addFloatData(i / 4f);
        }
      } else if (tensor.getName().equals("embeddings.LayerNorm.bias")) {
        ByteBuffer halves = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 12; i++) {
          halves.putShort((short) 0x3C01); // 1 + 2^-10
        }
        tensor.setDataType(TensorProto.DataType.FLOAT16.getNumber());
        tensor.setRawData(ByteString.copyFrom(halves.array()));
      }
    }
    Map<String, float[]> read = Fixtures.readAll(open(write(graph.build())));
    assertThat(read.get("embeddings.LayerNorm.weight")[11]).isEqualTo(2.75f);
    // The exporter had stored this bias once for many: all now see the new values.
    assertThat(read.get("encoder.layer.1.output.dense.bias")[3])
        .isEqualTo(1 + 1 / 1024f, within(0f));
  }

  @Test
  void refusesAnotherModel() throws IOException {
    GraphProto graph =
        GraphProto.newBuilder()
            .addInitializer(TensorProto.newBuilder().setName("conv1.weight").setDataType(1))
            .build();
    Path file = write(graph);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "model.onnx: not a text encoder that can be read: its graph has no"
                + " word_embeddings.weight or tok_embeddings.weight")
        .hasMessageContaining("(of its 1 initializers the first are [conv1.weight])")
        .hasMessageContaining("without graph optimization");
  }

  @Test
  void refusesAQuantizedModel() throws IOException {
    Path file =
        write(
            GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder().setOpType("MatMulInteger"))
                .build());
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "model.onnx: the model is quantized (its graph has MatMulInteger): it has lost what"
                + " training needs. Give the fp32 or fp16 export.");
  }

  @Test
  void refusesAnOptimizedGraph() throws IOException {
    Path file =
        write(
            GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder().setOpType("Attention").setDomain("com.microsoft"))
                .build());
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "model.onnx: the graph was optimized for inference (it has Attention), which joined"
                + " layers and lost their names. Export it again without optimization,");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"distilbert", "roberta", "albert", "electra", "mpnet", "deberta-v2", "modernbert"})
  void readsEveryFamilyUnderItsHuggingFaceNames(String family) {
    Map<String, float[]> model =
        Fixtures.readAll(
            SafetensorsReader.open(Fixtures.bytes("onnx/" + family + ".safetensors"), "model"));
    Map<String, float[]> exported =
        Fixtures.readAll(open(Fixtures.path("onnx/" + family + ".onnx")));
    // What the graph does not use is not exported: the pooler's place is taken by a head.
    List<String> unused = model.keySet().stream().filter(n -> !exported.containsKey(n)).toList();
    assertThat(unused).as("not exported").allMatch(name -> name.contains(".pooler."));
    assertThat(model.keySet()).containsAll(exported.keySet());
    exported.forEach((name, values) -> assertThat(values).as(name).isEqualTo(model.get(name)));
  }

  @ParameterizedTest
  @CsvSource({"roberta,roberta,3,3,18", "distilbert,distilbert,3,3,16"})
  void makesTheConfigurationOfPlainFamilies(
      String file, String modelType, int heads, int labels, int positions) {
    try (OnnxReader reader = open(Fixtures.path("onnx/" + file + ".onnx"))) {
      ObjectNode config = Json.object(reader.config(), file);
      boolean distil = file.equals("distilbert");
      assertThat(config.get("model_type").textValue()).isEqualTo(modelType);
      assertThat(config.get(distil ? "n_heads" : "num_attention_heads").intValue())
          .isEqualTo(heads);
      assertThat(config.get(distil ? "n_layers" : "num_hidden_layers").intValue()).isEqualTo(2);
      assertThat(config.get(distil ? "dim" : "hidden_size").intValue()).isEqualTo(12);
      assertThat(config.get(distil ? "hidden_dim" : "intermediate_size").intValue()).isEqualTo(20);
      assertThat(config.get(distil ? "activation" : "hidden_act").textValue()).isEqualTo("gelu");
      assertThat(config.get("max_position_embeddings").intValue()).isEqualTo(positions);
      assertThat(config.get("pad_token_id").intValue()).isEqualTo(distil ? 0 : 1);
      assertThat(config.get("id2label").size()).isEqualTo(labels);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"albert", "electra", "mpnet", "deberta-v2", "modernbert"})
  void asksForTheConfigurationOfTheOthers(String family) {
    try (OnnxReader reader = open(Fixtures.path("onnx/" + family + ".onnx"))) {
      assertThatThrownBy(reader::config)
          .isInstanceOf(UserException.class)
          .hasMessageEndingWith(
              family
                  + ".onnx: the configuration cannot be made from the graph: it is none of BERT,"
                  + " RoBERTa and DistilBERT. Put the model's config.json beside the file.");
    }
  }

  @Test
  void readsExternalData() {
    Map<String, float[]> inline = Fixtures.readAll(open(Fixtures.path(CLASSIFIER)));
    assertThat(Fixtures.readAll(open(Fixtures.path("external/model.onnx"))))
        .hasSameSizeAs(inline)
        .allSatisfy((name, values) -> assertThat(values).as(name).isEqualTo(inline.get(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../stolen", "/etc/passwd", "a/b", "file:/etc/passwd", ""})
  void refusesExternalDataThatLiesElsewhere(String location) throws IOException {
    Path file = external(location, "0");
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "model.onnx: it names the file '"
                + location
                + "'; expected the plain name of a file in its own folder.");
  }

  @Test
  void namesExternalDataThatIsMissingOrTooShort() throws IOException {
    Path file = external("data", "0");
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("data: there is no such file.");
    Files.write(temporary.resolve("data"), new byte[100]);
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(", but the file ends after 100. It is truncated: copy it again.");
    Path odd = external("data", "one");
    assertThatThrownBy(() -> open(odd))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected whole numbers for offset and length");
  }

  /** The tiny encoder with its word embeddings in another file. */
  private Path external(String location, String offset) throws IOException {
    GraphProto.Builder graph = tinyEncoder().toBuilder();
    graph.getInitializerBuilderList().stream()
        .filter(tensor -> tensor.getName().equals("embeddings.word_embeddings.weight"))
        .forEach(
            tensor ->
                tensor
                    .clearRawData()
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(entry("location", location))
                    .addExternalData(entry("offset", offset)));
    return write(graph.build());
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  @Test
  void refusesWhatIsNoOnnxFile() throws IOException {
    Path file = Files.writeString(temporary.resolve("text.onnx"), "certainly no protobuf");
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("text.onnx: not an ONNX file, or truncated (");
    Path empty = Files.createFile(temporary.resolve("empty.onnx"));
    assertThatThrownBy(() -> open(empty))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("empty.onnx: not an ONNX file, or truncated (it holds no graph).");
  }

  @Test
  void refusesATruncatedFileWhereverItEnds() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path(CLASSIFIER));
    for (int length = 1000; length < whole.length; length += 1009) {
      Path file = Files.write(temporary.resolve("cut.onnx"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> open(file))
          .as("%d bytes", length)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void refusesATensorWithoutPlainData() throws IOException {
    GraphProto.Builder graph = tinyEncoder().toBuilder();
    graph.getInitializerBuilderList().stream()
        .filter(tensor -> tensor.getName().equals("embeddings.LayerNorm.weight"))
        .forEach(TensorProto.Builder::clearRawData);
    Path file = write(graph.build());
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("LayerNorm.weight' of F32 [12] has 0 bytes of plain data");
  }

  @Test
  void asksForAConfigurationWhenTheGraphHidesTheHeads() throws IOException {
    GraphProto tiny = tinyEncoder();
    GraphProto.Builder graph = tiny.toBuilder().clearNode();
    tiny.getNodeList().stream()
        .filter(node -> !node.getOpType().equals("Reshape"))
        .forEach(graph::addNode);
    try (OnnxReader reader = open(write(graph.build()))) {
      assertThatThrownBy(reader::config)
          .isInstanceOf(UserException.class)
          .hasMessageEndingWith(
              "model.onnx: the configuration cannot be made from the graph: no Reshape splits the"
                  + " hidden size of 12 into attention heads. Put the model's config.json beside the"
                  + " file.");
    }
  }

  private static List<Long> shape(Map<String, TensorInfo> tensors, String name) {
    assertThat(tensors).containsKey(name);
    assertThat(tensors.get(name).dtype()).isEqualTo(DType.F32);
    return tensors.get(name).shape();
  }

  private static float[] raw(GraphProto graph, String name) {
    ByteBuffer data =
        graph.getInitializerList().stream()
            .filter(tensor -> tensor.getName().equals(name))
            .findFirst()
            .orElseThrow()
            .getRawData()
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[data.remaining() / Float.BYTES];
    data.asFloatBuffer().get(values);
    return values;
  }

  private static GraphProto tinyEncoder() throws IOException {
    return ModelProto.parseFrom(Files.readAllBytes(Fixtures.path(ENCODER))).getGraph();
  }

  private Path write(GraphProto graph) throws IOException {
    Path file = temporary.resolve("model.onnx");
    return Files.write(file, ModelProto.newBuilder().setGraph(graph).build().toByteArray());
  }

  private static OnnxReader open(Path file) {
    return OnnxReader.open(Fixtures.hadoop(file), new Configuration(false));
  }
}
