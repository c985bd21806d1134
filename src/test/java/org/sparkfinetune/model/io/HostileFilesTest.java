package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

/**
 * Small files that ask for much: each ends in a message that names the file, after no more than 2
 * seconds of this thread's time and 400 MB of what it allocates, most of it garbage.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileFilesTest {
  private static final String NAME = "hostile file";
  private static final long SECONDS = 2;
  private static final long BYTES = 400L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir private Path folder;

  private interface Reading {
    void run() throws IOException;
  }

  /** Runs in no time, whatever comes out; returns the message. */
  private static String refused(Reading reading) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long time = THREADS.getCurrentThreadCpuTime();
    UserException refusal = catchThrowableOfType(UserException.class, reading::run);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - bytes).as("bytes").isLessThan(BYTES);
    assertThat((THREADS.getCurrentThreadCpuTime() - time) / 1_000_000_000L)
        .as("seconds")
        .isLessThan(SECONDS);
    assertThat(refusal).isNotNull();
    return refusal.getMessage();
  }

  // Pickles

  @Test
  void aLongShapeThatManyViewsShare() throws IOException {
    Pickle pickle = new Pickle().mark();
    for (int i = 0; i < 300_000; i++) {
      pickle.small(1);
    }
    pickle.code("tq\u0001"); // the tuple, remembered as 1
    pickle.code("}(");
    for (int i = 0; i < 5_000; i++) {
      pickle.text("w" + i).tensor("0", 4, "h\u0001", "h\u0001");
    }
    byte[] file = pickle.code("u.").zip(16, ZipEntry.STORED);
    assertThat(refused(() -> torch(file)))
        .startsWith(NAME + ": not a dict of plain tensors: a tensor has 300000 dimensions");
  }

  @Test
  void manyViewsOfOneStorage() throws IOException {
    Pickle pickle = new Pickle().code("}(");
    for (int i = 0; i < 10_000; i++) {
      pickle.text("w" + i).tensor("0", 1 << 20, "J\0\0\u0010\0\u0085", "K\u0001\u0085");
    }
    byte[] file = pickle.code("u.").zip(4 << 20, ZipEntry.STORED);
    assertThat(refused(() -> torch(file)))
        .startsWith(NAME + ": its 10,000 tensors are 41,943,040,000 bytes, and the files that");
  }

  @Test
  void smallViewsWithWideStrides() throws IOException {
    Pickle pickle = new Pickle().code("}(");
    for (int i = 0; i < 10_000; i++) {
      pickle.text("w" + i).tensor("0", 1 << 20, "K\u0002\u0085", "J\u00ff\u00ff\u000f\0\u0085");
    }
    byte[] file = pickle.code("u.").zip(4 << 20, ZipEntry.STORED);
    assertThat(refused(() -> torch(file))).contains("its 10,000 tensors are 41,943,040,000 bytes");
  }

  @Test
  void aPickleThatInflatesToGigabytes() throws IOException {
    byte[] file = new Pickle().code("]".repeat(64 << 20)).zip(0, ZipEntry.DEFLATED);
    assertThat(refused(() -> torch(file))).contains("which no weights do");
    byte[] empties = new Pickle().code("]".repeat(3 << 20)).zip(0, ZipEntry.DEFLATED);
    assertThat(refused(() -> torch(empties))).contains("more than names and shapes of any model");
    byte[] nested =
        new Pickle().code("]" + "\u0085\u0094".repeat(1_000_000)).zip(0, ZipEntry.DEFLATED);
    assertThat(refused(() -> torch(nested))).contains("its instructions make no sense");
  }

  private static void torch(byte[] file) throws IOException {
    ByteSource source = ByteSource.memory(new ChunkedBytes(List.of(file)), NAME);
    new StoredTensors(NAME, TorchReader.stored(source), List.of(source));
  }

  /** Instructions of a pickle, a byte a character. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle code(String instructions) {
      out.writeBytes(instructions.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    Pickle mark() {
      return code("(");
    }

    Pickle small(int number) {
      return code("K" + (char) number);
    }

    Pickle text(String text) {
      return code("\u008c" + (char) text.length() + text);
    }

    /** One of fp32, from element 0 of a storage on. */
    Pickle tensor(String storage, int elements, String shape, String strides) {
      code("ctorch._utils\n_rebuild_tensor_v2\n((").text("storage").code("ctorch\nFloatStorage\n");
      text(storage).text("cpu").code("J");
      out.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(elements).array());
      return code("tQK\0" + shape + strides + "tR");
    }

    /** The archive with this pickle and a storage "0". */
    byte[] zip(int storageBytes, int method) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
        add(zip, "a/data.pkl", out.toByteArray(), method);
        add(zip, "a/data/0", new byte[storageBytes], ZipEntry.STORED);
      }
      return bytes.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, byte[] content, int method)
        throws IOException {
      ZipEntry entry = new ZipEntry(name);
      entry.setMethod(method);
      if (method == ZipEntry.STORED) {
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        entry.setSize(content.length);
      }
      zip.putNextEntry(entry);
      zip.write(content);
      zip.closeEntry();
    }
  }

  // Safetensors

  @Test
  void aHeaderOfVeryManyTensors() {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 100_000; i++) {
      header.append("\"x.").append(i).append(".w\":{\"dtype\":\"F32\",\"shape\":[0],");
      header.append("\"data_offsets\":[0,0]},");
    }
    String names = header + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    assertThat(
            refused(
                () -> {
                  try (TensorSource source =
                      SafetensorsReader.open(Fixtures.safetensors(names, 4), NAME)) {
                    StateDictMatcher.match(
                        source, java.util.Map.of("bert.w", new long[] {1}), "bert", name -> false);
                  }
                }))
        .startsWith(NAME + ": 1 of the 1 weights that the model needs are missing");
    String blanks = "{" + " ".repeat(9 << 20) + "}";
    assertThat(refused(() -> SafetensorsReader.open(Fixtures.safetensors(blanks, 0), NAME)))
        .contains("more than the 8388608 that one may have");
  }

  @Test
  void aShapeOfVeryManyDimensions() {
    String header =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[%s1],\"data_offsets\":[0,4]}}"
            .formatted("1,".repeat(1_000_000));
    assertThat(refused(() -> SafetensorsReader.open(Fixtures.safetensors(header, 4), NAME)))
        .isEqualTo(NAME + ": tensor 'w' has 1000001 dimensions; no weight has.");
  }

  @Test
  void aNameOfAMillionPrefixes() {
    String prefixes = "module.".repeat(200_000);
    String header =
        "{\"" + prefixes + "w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    assertThat(
            refused(
                () -> {
                  try (TensorSource source =
                      SafetensorsReader.open(Fixtures.safetensors(header, 4), NAME)) {
                    StateDictMatcher.match(
                        source, java.util.Map.of("bert.w", new long[] {1}), "bert", name -> false);
                  }
                }))
        .contains("1 of the 1 weights");
  }

  // Shard indexes

  @Test
  void anIndexOfVeryManyShardsAndOneOfVeryManyNames() throws IOException {
    StringBuilder shards = new StringBuilder("{\"weight_map\":{\"a\":\"s\"");
    StringBuilder names = new StringBuilder(shards);
    for (int i = 0; i < 100_000; i++) {
      shards.append(",\"w").append(i).append("\":\"s").append(i).append('"');
      names.append(",\"w").append(i).append("\":\"s\"");
    }
    assertThat(refused(() -> openIndex(shards + "}}"))).contains("over 100001 files; at most 1000");
    Files.write(folder.resolve("s"), tensors(100_000));
    assertThat(refused(() -> openIndex(names + "}}")))
        .contains("tensor 'a' should lie in s, which has none of this name");
  }

  private static byte[] tensors(int count) throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < count; i++) {
      header.append(i == 0 ? "" : ",").append("\"w").append(i);
      header.append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Fixtures.safetensors(header + "}", 0).writeTo(out);
    return out.toByteArray();
  }

  private void openIndex(String json) throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, json);
    ShardedWeights.open(Fixtures.hadoop(index), SafetensorsReader::stored, new Configuration(false))
        .close();
  }

  // JSON

  @Test
  void jsonThatIsNestedVeryDeeply() {
    for (String opening : List.of("[", "{\"a\":")) {
      assertThat(refused(() -> Json.object(opening.repeat(100_000), NAME)))
          .startsWith(NAME + ": not JSON (")
          .contains("nesting");
    }
  }

  @Test
  void jsonWithANumberThatIsNoneNamesTheKey() {
    assertThat(refused(() -> Json.object("{\"a\":1,\n\"layer_norm_eps\":NaN}", NAME)))
        .startsWith(NAME + ": not JSON (line 2, at layer_norm_eps: Non-standard token 'NaN'");
    assertThat(refused(() -> Json.object("{\"n\":" + "9".repeat(5000) + "}", NAME)))
        .startsWith(NAME + ": not JSON (Number length (5000) exceeds the maximum length");
  }

  // ONNX

  @Test
  void aConcatThatLeadsBackToItself() throws IOException {
    GraphProto.Builder graph = graph();
    graph.addNode(node("Concat", "shape", "shape", "other"));
    graph.addNode(node("Concat", "other", "shape"));
    graph.addNode(node("Reshape", "out", "x", "shape"));
    assertThat(refused(() -> config(graph))).contains("no Reshape splits the hidden size of 4");
  }

  @Test
  void concatsThatDoubleOverAndOver() throws IOException {
    GraphProto.Builder graph = graph();
    for (int i = 0; i < 60; i++) {
      String from = "c" + (i + 1);
      graph.addNode(node("Concat", "c" + i, from, from, from, from, from, from, from));
    }
    graph.addNode(node("Reshape", "out", "x", "c0"));
    assertThat(refused(() -> config(graph))).contains("no Reshape splits the hidden size of 4");
  }

  @Test
  void manyNamesOfOneInitializer() throws IOException {
    GraphProto.Builder graph = graph();
    graph.addInitializer(tensor("bert.big.weight", 1000, 1000));
    for (int i = 0; i < 20_000; i++) {
      graph.addNode(node("Identity", "bert.x" + i + ".weight", "bert.big.weight"));
    }
    assertThat(refused(() -> onnx(graph))).contains("they share their data over and over");
  }

  @Test
  void nodesWithoutEnd() throws IOException {
    GraphProto.Builder graph = graph();
    for (int i = 0; i < 300_000; i++) {
      graph.addNode(NodeProto.getDefaultInstance());
    }
    assertThat(refused(() -> onnx(graph))).contains("its graph has more than 200000 nodes");
  }

  @Test
  void dimensionsAndNamesWithoutEnd() throws IOException {
    GraphProto.Builder dimensions = graph();
    TensorProto.Builder tensor = TensorProto.newBuilder().setName("w.weight").setDataType(1);
    for (int i = 0; i < 100_000; i++) {
      tensor.addDims(1);
    }
    dimensions.addInitializer(tensor.setRawData(ByteString.copyFrom(new byte[4])));
    assertThat(refused(() -> onnx(dimensions))).contains("has 100000 dimensions");
    GraphProto.Builder names = GraphProto.newBuilder();
    names.addInitializer(tensor("a.".repeat(100_000) + "weight", 1, 1));
    assertThat(refused(() -> onnx(names))).contains("not a text encoder");
  }

  /** The weights of a BERT of one layer, by their names; the graph computes nothing. */
  private static GraphProto.Builder graph() {
    return GraphProto.newBuilder()
        .addInitializer(tensor("bert.embeddings.word_embeddings.weight", 8, 4))
        .addInitializer(tensor("bert.embeddings.position_embeddings.weight", 8, 4))
        .addInitializer(tensor("bert.embeddings.token_type_embeddings.weight", 2, 4))
        .addInitializer(tensor("bert.encoder.layer.0.attention.self.query.weight", 4, 4))
        .addInitializer(tensor("bert.encoder.layer.0.intermediate.dense.weight", 8, 4))
        .addNode(node("Erf", "e", "x"));
  }

  private static TensorProto tensor(String name, int rows, int columns) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(1)
        .addDims(rows)
        .addDims(columns)
        .setRawData(ByteString.copyFrom(new byte[4 * rows * columns]))
        .build();
  }

  private static NodeProto node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  private static void config(GraphProto.Builder graph) throws IOException {
    try (OnnxReader reader = open(graph)) {
      reader.config();
    }
  }

  private static void onnx(GraphProto.Builder graph) throws IOException {
    open(graph).close();
  }

  private static OnnxReader open(GraphProto.Builder graph) throws IOException {
    List<byte[]> bytes = new ArrayList<>();
    try (OutputStream out =
        new ByteArrayOutputStream() {
          @Override
          public void close() {
            bytes.add(toByteArray());
          }
        }) {
      ModelProto.newBuilder().setGraph(graph).build().writeTo(out);
    }
    return OnnxReader.open(
        ByteSource.memory(new ChunkedBytes(bytes), NAME),
        beside -> {
          throw new IOException(beside);
        });
  }
}
