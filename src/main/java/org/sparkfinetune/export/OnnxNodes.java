package org.sparkfinetune.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.model.compute.Parameter;

/**
 * The nodes, constants and weights of a graph that is being written, in the order in which they are
 * added; ONNX wants a node behind those whose outputs it takes.
 */
final class OnnxNodes {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Map<String, Parameter> weights = new LinkedHashMap<>();
  private final Map<TensorProto, OnnxValue> constants = new HashMap<>();
  private final Map<String, Integer> names = new HashMap<>();

  /**
   * Declares an input of the graph.
   *
   * @param dims the names of its axes, whose lengths a caller chooses
   */
  OnnxValue input(String name, DataType type, String... dims) {
    graph.addInput(info(new OnnxValue(name, type), List.of(dims)));
    return new OnnxValue(name, type);
  }

  /**
   * Makes a value an output of the graph.
   *
   * @param dims names and lengths of its axes
   */
  void output(String name, OnnxValue value, Object... dims) {
    graph.addNode(
        NodeProto.newBuilder()
            .setOpType("Identity")
            .setName("/" + name)
            .addInput(value.name())
            .addOutput(name));
    graph.addOutput(info(new OnnxValue(name, value.type()), List.of(dims)));
  }

  private static ValueInfoProto info(OnnxValue value, List<?> dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dim : dims) {
      TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
      if (dim instanceof Number length) {
        dimension.setDimValue(length.longValue());
      } else {
        dimension.setDimParam(dim.toString());
      }
    }
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(value.type().getNumber()).setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(value.name())
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /** An initializer of a weight's own name. Its data is not taken: see {@link #weights}. */
  OnnxValue weight(Parameter weight) {
    weights.put(weight.name(), weight);
    return new OnnxValue(weight.name(), DataType.FLOAT);
  }

  /** The weights in use, each once, in the order of their first use. */
  Collection<Parameter> weights() {
    return weights.values();
  }

  OnnxValue constant(long[] values, long... shape) {
    ByteBuffer data = buffer(values.length * Long.BYTES);
    data.asLongBuffer().put(values);
    return constant(DataType.INT64, data, shape);
  }

  OnnxValue constant(float[] values, long... shape) {
    ByteBuffer data = buffer(values.length * Float.BYTES);
    data.asFloatBuffer().put(values);
    return constant(DataType.FLOAT, data, shape);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Equal constants become one initializer. */
  private OnnxValue constant(DataType type, ByteBuffer data, long[] shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDataType(type.getNumber())
            .addAllDims(Arrays.stream(shape).boxed().toList())
            .setRawData(ByteString.copyFrom(data));
    return constants.computeIfAbsent(
        tensor.build(),
        unnamed -> {
          String name = unique("/Constant");
          graph.addInitializer(tensor.setName(name));
          return new OnnxValue(name, type);
        });
  }

  /**
   * Adds a node with one output.
   *
   * @param module the path of the module that the node belongs to, as in {@code
   *     /bert/pooler/dense}; may be empty
   * @param inputs a null is an optional input that is left out
   * @return its output
   */
  OnnxValue node(
      String module,
      String operator,
      DataType type,
      List<AttributeProto> attributes,
      OnnxValue... inputs) {
    String name = unique(module + "/" + operator);
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(operator).setName(name).addAllAttribute(attributes);
    for (OnnxValue input : inputs) {
      node.addInput(input == null ? "" : input.name());
    }
    OnnxValue output = new OnnxValue(name + "_output_0", type);
    graph.addNode(node.addOutput(output.name()));
    return output;
  }

  private String unique(String name) {
    int uses = names.merge(name, 1, Integer::sum);
    return uses == 1 ? name : name + "_" + (uses - 1);
  }

  /** The graph without its weights. */
  GraphProto build(String name) {
    return graph.clone().setName(name).build();
  }

  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto attribute(String name, long[] values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(Arrays.stream(values).boxed().toList())
        .build();
  }

  static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }
}
