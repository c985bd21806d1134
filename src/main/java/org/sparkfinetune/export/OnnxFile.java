package org.sparkfinetune.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.io.NativeTensors;

/**
 * Writes {@code model.onnx}, weights straight from native memory: {@code ModelProto} would hold
 * them on the heap once more. Weights that are too large for one protobuf message go to {@code
 * model.onnx_data} beside it (ONNX's external data).
 */
final class OnnxFile {
  static final String DATA = OnnxExport.MODEL + "_data";

  /** Protobuf reads no message of 2 GiB; the graph needs a little of that. */
  static final long MAX_INLINE_BYTES = 1_900_000_000L;

  /** The version of the format that came with opset 17. */
  private static final int IR_VERSION = 8;

  private OnnxFile() {}

  /**
   * Writes a graph with its weights.
   *
   * @param folder on the local disk
   * @param maxInlineBytes how many bytes of weights may be in {@code model.onnx} itself
   */
  static void write(
      GraphProto graph, Collection<Parameter> weights, Path folder, long maxInlineBytes)
      throws IOException {
    long bytes = weights.stream().mapToLong(weight -> weight.tensor().nbytes()).sum();
    boolean external = bytes > maxInlineBytes;
    try (OutputStream out = Files.newOutputStream(folder.resolve(OnnxExport.MODEL))) {
      ModelProto header =
          ModelProto.newBuilder()
              .setIrVersion(IR_VERSION)
              .setProducerName("spark-finetune")
              .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OnnxGraphBuilder.OPSET))
              .build();
      if (external) {
        header.toBuilder().setGraph(withExternalData(graph, weights)).build().writeTo(out);
      } else {
        writeInline(header, graph, weights, out);
      }
    }
    if (external) {
      try (OutputStream out = Files.newOutputStream(folder.resolve(DATA))) {
        for (Parameter weight : weights) {
          NativeTensors.write(weight.tensor(), out);
        }
      }
    }
  }

  /** The header's fields, then the graph's, then an initializer a weight, data last. */
  private static void writeInline(
      ModelProto header, GraphProto graph, Collection<Parameter> weights, OutputStream out)
      throws IOException {
    int size = graph.getSerializedSize();
    for (Parameter weight : weights) {
      size += fieldSize(GraphProto.INITIALIZER_FIELD_NUMBER, initializerSize(weight));
    }
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    header.writeTo(coded);
    writeStart(coded, ModelProto.GRAPH_FIELD_NUMBER, size);
    graph.writeTo(coded);
    for (Parameter weight : weights) {
      writeStart(coded, GraphProto.INITIALIZER_FIELD_NUMBER, initializerSize(weight));
      initializer(weight).build().writeTo(coded);
      writeStart(coded, TensorProto.RAW_DATA_FIELD_NUMBER, (int) weight.tensor().nbytes());
      coded.flush();
      NativeTensors.write(weight.tensor(), out);
    }
    coded.flush();
  }

  private static void writeStart(CodedOutputStream coded, int field, int size) throws IOException {
    coded.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    coded.writeUInt32NoTag(size);
  }

  private static int initializerSize(Parameter weight) {
    return initializer(weight).build().getSerializedSize()
        + fieldSize(TensorProto.RAW_DATA_FIELD_NUMBER, (int) weight.tensor().nbytes());
  }

  private static int fieldSize(int field, int size) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  private static GraphProto withExternalData(GraphProto graph, Collection<Parameter> weights) {
    GraphProto.Builder builder = graph.toBuilder();
    long offset = 0;
    for (Parameter weight : weights) {
      long bytes = weight.tensor().nbytes();
      builder.addInitializer(
          initializer(weight)
              .setDataLocation(TensorProto.DataLocation.EXTERNAL)
              .addExternalData(entry("location", DATA))
              .addExternalData(entry("offset", Long.toString(offset)))
              .addExternalData(entry("length", Long.toString(bytes))));
      offset += bytes;
    }
    return builder.build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** A weight's initializer without its data. */
  private static TensorProto.Builder initializer(Parameter weight) {
    Tensor tensor = weight.tensor();
    return TensorProto.newBuilder()
        .setName(weight.name())
        .setDataType(TensorProto.DataType.FLOAT.getNumber())
        .addAllDims(Arrays.stream(tensor.shape()).boxed().toList());
  }
}
