package org.sparkfinetune.export;

import static org.sparkfinetune.export.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.sparkfinetune.model.compute.Activation;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * Writes a forward pass down as an ONNX graph, operators of opset 17, in fp32 and without dropout.
 *
 * <p>Weights keep their Hugging Face names and their shapes, {@code [out, in]} in a linear layer;
 * ONNX Runtime folds the Transpose behind them when it loads the graph. Where libtorch promotes
 * integers to floats, a Cast does.
 */
final class OnnxGraphBuilder implements TensorOps<OnnxValue> {
  /** What the operators here are defined by. */
  static final int OPSET = 17;

  private static final double LOWEST = -Float.MAX_VALUE;

  private final OnnxNodes nodes = new OnnxNodes();

  /** Declares an input of the graph; {@code dims} names its axes. */
  OnnxValue input(String name, DataType type, String... dims) {
    return nodes.input(name, type, dims);
  }

  /** Makes a value an output of the graph; {@code dims} are names or lengths of its axes. */
  void output(String name, OnnxValue value, Object... dims) {
    nodes.output(name, value, dims);
  }

  /** The graph, without the initializers of its weights. */
  GraphProto graph(String name) {
    return nodes.build(name);
  }

  /** The weights that the graph takes, each once. */
  Collection<Parameter> weights() {
    return nodes.weights();
  }

  /**
   * A batch as the inputs of a graph give it. A row of nothing but padding counts as one token, so
   * that no mean divides by 0.
   *
   * @param attentionMask int64, 1 for a token and 0 for padding
   * @param tokenTypeIds may be null
   */
  Tokens<OnnxValue> tokens(OnnxValue inputIds, OnnxValue attentionMask, OnnxValue tokenTypeIds) {
    OnnxValue lengths =
        node("Max", DataType.INT64, sum(attentionMask, -1), constant(new long[] {1}));
    OnnxValue padding = node("Equal", DataType.BOOL, attentionMask, scalar(0, DataType.INT64));
    return new Tokens<>(inputIds, tokenTypeIds, lengths, padding);
  }

  @Override
  public OnnxValue weight(Parameter weight) {
    return nodes.weight(weight);
  }

  @Override
  public OnnxValue constant(long[] values) {
    return nodes.constant(values, values.length);
  }

  @Override
  public OnnxValue constant(float[] values, long... shape) {
    return nodes.constant(values, shape);
  }

  @Override
  public OnnxValue embedding(OnnxValue table, OnnxValue ids) {
    return nodes.node(
        module(table), "Gather", table.type(), List.of(attribute("axis", 0)), table, ids);
  }

  @Override
  public OnnxValue linear(OnnxValue x, OnnxValue weight, OnnxValue bias) {
    String module = module(weight);
    OnnxValue transposed =
        nodes.node(
            module,
            "Transpose",
            DataType.FLOAT,
            List.of(attribute("perm", new long[] {1, 0})),
            weight);
    OnnxValue product =
        nodes.node(module, "MatMul", DataType.FLOAT, List.of(), fp32(x), transposed);
    return bias == null
        ? product
        : nodes.node(module, "Add", DataType.FLOAT, List.of(), product, bias);
  }

  @Override
  public OnnxValue matmul(OnnxValue a, OnnxValue b) {
    return node("MatMul", a.type(), a, b);
  }

  @Override
  public OnnxValue layerNorm(OnnxValue x, OnnxValue weight, OnnxValue bias, double eps) {
    List<AttributeProto> attributes =
        List.of(attribute("axis", -1), attribute("epsilon", (float) eps));
    String module = module(weight);
    return bias == null
        ? nodes.node(module, "LayerNormalization", x.type(), attributes, x, weight)
        : nodes.node(module, "LayerNormalization", x.type(), attributes, x, weight, bias);
  }

  @Override
  public OnnxValue conv1d(OnnxValue x, OnnxValue weight, OnnxValue bias, int groups) {
    AttributeProto samePadding =
        AttributeProto.newBuilder()
            .setName("auto_pad")
            .setType(AttributeProto.AttributeType.STRING)
            .setS(ByteString.copyFromUtf8("SAME_UPPER"))
            .build();
    return nodes.node(
        module(weight),
        "Conv",
        DataType.FLOAT,
        List.of(samePadding, attribute("group", groups)),
        x,
        weight,
        bias);
  }

  @Override
  public OnnxValue add(OnnxValue a, OnnxValue b) {
    return elementwise("Add", promoted(a, b), a, b);
  }

  @Override
  public OnnxValue multiply(OnnxValue a, OnnxValue b) {
    return elementwise("Mul", promoted(a, b), a, b);
  }

  @Override
  public OnnxValue divide(OnnxValue a, OnnxValue b) {
    return elementwise("Div", DataType.FLOAT, a, b);
  }

  @Override
  public OnnxValue scale(OnnxValue x, double factor) {
    return multiply(x, scalar(factor, DataType.FLOAT));
  }

  @Override
  public OnnxValue activation(Activation function, OnnxValue x) {
    return switch (function) {
      case GELU -> gelu(x);
      case GELU_NEW -> geluNew(x);
      case RELU -> node("Relu", x.type(), x);
      case SILU -> multiply(x, node("Sigmoid", x.type(), x));
      case TANH -> node("Tanh", x.type(), x);
    };
  }

  /** {@code x (1 + erf(x / sqrt 2)) / 2}, in the order that ONNX Runtime fuses into one kernel. */
  private OnnxValue gelu(OnnxValue x) {
    OnnxValue erf = node("Erf", x.type(), divide(x, scalar(Math.sqrt(2), DataType.FLOAT)));
    return scale(multiply(x, add(erf, scalar(1, DataType.FLOAT))), 0.5);
  }

  /** {@code x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2}. */
  private OnnxValue geluNew(OnnxValue x) {
    OnnxValue cube = node("Pow", x.type(), x, scalar(3, DataType.FLOAT));
    OnnxValue inner = scale(add(x, scale(cube, 0.044715)), Math.sqrt(2 / Math.PI));
    OnnxValue tanh = node("Tanh", x.type(), inner);
    return multiply(scale(x, 0.5), add(tanh, scalar(1, DataType.FLOAT)));
  }

  @Override
  public OnnxValue cos(OnnxValue x) {
    return node("Cos", DataType.FLOAT, fp32(x));
  }

  @Override
  public OnnxValue sin(OnnxValue x) {
    return node("Sin", DataType.FLOAT, fp32(x));
  }

  @Override
  public OnnxValue softmax(OnnxValue x) {
    return node("Softmax", x.type(), List.of(attribute("axis", -1)), x);
  }

  @Override
  public OnnxValue dropout(OnnxValue x, double p) {
    return x;
  }

  @Override
  public OnnxValue attention(
      OnnxValue q, OnnxValue k, OnnxValue v, OnnxValue bias, double scale, double dropout) {
    OnnxValue scores = matmul(scale(q, scale), permute(k, 0, 1, 3, 2));
    return matmul(softmax(bias == null ? scores : add(scores, bias)), v);
  }

  @Override
  public OnnxValue reshape(OnnxValue x, long... shape) {
    return node("Reshape", x.type(), x, constant(shape));
  }

  @Override
  public OnnxValue permute(OnnxValue x, int... axes) {
    long[] permutation = Arrays.stream(axes).asLongStream().toArray();
    return nodes.node(module(x), "Transpose", x.type(), List.of(attribute("perm", permutation)), x);
  }

  @Override
  public OnnxValue slice(OnnxValue x, int axis, long start, long end) {
    return node(
        "Slice",
        x.type(),
        x,
        constant(new long[] {start}),
        constant(new long[] {end}),
        constant(new long[] {axis}));
  }

  @Override
  public OnnxValue select(OnnxValue x, int axis, long index) {
    return node(
        "Gather", x.type(), List.of(attribute("axis", axis)), x, scalar(index, DataType.INT64));
  }

  @Override
  public OnnxValue unsqueeze(OnnxValue x, int axis) {
    return unsqueeze(x, new long[] {axis});
  }

  private OnnxValue unsqueeze(OnnxValue x, long[] axes) {
    return node("Unsqueeze", x.type(), x, constant(axes));
  }

  @Override
  public OnnxValue concat(int axis, List<OnnxValue> parts) {
    return node(
        "Concat",
        parts.get(0).type(),
        List.of(attribute("axis", axis)),
        parts.toArray(OnnxValue[]::new));
  }

  @Override
  public OnnxValue gather(OnnxValue x, OnnxValue index) {
    OnnxValue rowsAndHeads = slice(shape(x), 0, 0, 2);
    OnnxValue expanded =
        node("Expand", DataType.INT64, index, concat(0, List.of(rowsAndHeads, shape(index))));
    return node("GatherElements", x.type(), List.of(attribute("axis", -1)), x, expanded);
  }

  @Override
  public OnnxValue cumulativeSum(OnnxValue x) {
    return node("CumSum", x.type(), x, scalar(-1, DataType.INT64));
  }

  @Override
  public OnnxValue notEqual(OnnxValue x, long value) {
    OnnxValue equal = node("Equal", DataType.BOOL, x, scalar(value, DataType.INT64));
    return cast(node("Not", DataType.BOOL, equal), DataType.INT64);
  }

  /** 1 up to and including the last of a value in each row, 0 after it; int64 as {@code x} is. */
  OnnxValue upToLast(OnnxValue x, long value) {
    OnnxValue isValue = notEqual(notEqual(x, value), 1);
    OnnxValue fromHere =
        node(
            "CumSum",
            DataType.INT64,
            List.of(attribute("reverse", 1)),
            isValue,
            scalar(-1, DataType.INT64));
    return notEqual(fromHere, 0);
  }

  @Override
  public OnnxValue sum(OnnxValue x, int axis) {
    return node(
        "ReduceSum", x.type(), List.of(attribute("keepdims", 0)), x, constant(new long[] {axis}));
  }

  @Override
  public OnnxValue max(OnnxValue x, int axis) {
    return node(
        "ReduceMax",
        x.type(),
        List.of(attribute("axes", new long[] {axis}), attribute("keepdims", 0)),
        x);
  }

  /**
   * {@inheritDoc}
   *
   * <p>An infinity becomes the largest finite number of its sign: a row that is masked as a whole
   * then is no NaN.
   */
  @Override
  public OnnxValue maskedFill(OnnxValue x, OnnxValue mask, double value) {
    double finite = Math.max(LOWEST, Math.min(-LOWEST, value));
    return node("Where", x.type(), mask, scalar(finite, x.type()), x);
  }

  @Override
  public OnnxValue cast(OnnxValue x) {
    return fp32(x);
  }

  @Override
  public OnnxValue fp32(OnnxValue x) {
    return cast(x, DataType.FLOAT);
  }

  @Override
  public OnnxValue positions(Tokens<OnnxValue> tokens) {
    OnnxValue length = select(shape(tokens.inputIds()), 0, 1);
    return node(
        "Range", DataType.INT64, scalar(0, DataType.INT64), length, scalar(1, DataType.INT64));
  }

  /** {@inheritDoc} Padding gets the lowest finite number, for {@link #maskedFill}'s reason. */
  @Override
  public OnnxValue paddingBias(Tokens<OnnxValue> tokens) {
    OnnxValue keys = unsqueeze(tokens.padding(), new long[] {1, 2});
    return node(
        "Where", DataType.FLOAT, keys, scalar(LOWEST, DataType.FLOAT), scalar(0, DataType.FLOAT));
  }

  private OnnxValue shape(OnnxValue x) {
    return node("Shape", DataType.INT64, x);
  }

  private OnnxValue scalar(double value, DataType type) {
    return type == DataType.INT64
        ? nodes.constant(new long[] {(long) value})
        : nodes.constant(new float[] {(float) value});
  }

  private static DataType promoted(OnnxValue a, OnnxValue b) {
    boolean integers = a.type() != DataType.FLOAT && b.type() != DataType.FLOAT;
    return integers ? DataType.INT64 : DataType.FLOAT;
  }

  private OnnxValue elementwise(String operator, DataType type, OnnxValue a, OnnxValue b) {
    return node(operator, type, cast(a, type), cast(b, type));
  }

  private OnnxValue cast(OnnxValue x, DataType type) {
    return x.type() == type ? x : node("Cast", type, List.of(attribute("to", type.getNumber())), x);
  }

  private OnnxValue node(String operator, DataType type, OnnxValue... inputs) {
    return node(operator, type, List.of(), inputs);
  }

  private OnnxValue node(
      String operator, DataType type, List<AttributeProto> attributes, OnnxValue... inputs) {
    return nodes.node("", operator, type, attributes, inputs);
  }

  /** Where nodes on a weight belong: {@code bert.pooler.dense.weight}'s to /bert/pooler/dense. */
  private static String module(OnnxValue weight) {
    int last = weight.name().lastIndexOf('.');
    return weight.name().startsWith("/") || last < 0
        ? ""
        : "/" + weight.name().substring(0, last).replace('.', '/');
  }
}
