package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.lang.reflect.Method;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.model.compute.Activation;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;
import org.sparkfinetune.torch.Libtorch;

/** Each operation alone: ONNX Runtime on what is written down against libtorch on the same. */
class OnnxGraphBuilderTest {
  private static final long[] MASK = {1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1};

  private static final long[] IDS = {3, 1, 4, 1, 2, 6, 5, 2, 2, 2, 0, 3, 5, 1, 6};
  private static final long[] TYPES = {0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1};
  private static final long ROWS = 3;
  private static final long LENGTH = 5;
  private static final long[] SHAPE = {ROWS, 4, LENGTH, 6};

  /**
   * What an operation works on.
   *
   * @param x fp32 {@code [3, 4, 5, 6]}: rows, heads, tokens, size
   * @param y the same
   * @param z the same
   * @param tokens of 3 rows and 5 tokens
   */
  private record Operands<T>(T x, T y, T z, Tokens<T> tokens, Map<String, Parameter> weights) {
    T weight(TensorOps<T> ops, String name) {
      return ops.weight(weights.get(name));
    }
  }

  private static final List<String> CASES =
      List.of(
          "weight",
          "factors",
          "factors of several",
          "constant int64",
          "constant fp32",
          "embedding",
          "linear",
          "linear without bias",
          "matmul",
          "layerNorm",
          "layerNorm without bias",
          "conv1d",
          "add",
          "add int64 and fp32",
          "multiply",
          "multiply int64",
          "divide",
          "divide int64",
          "scale",
          "activation GELU",
          "activation GELU_NEW",
          "activation RELU",
          "activation SILU",
          "activation TANH",
          "cos",
          "sin",
          "softmax",
          "dropout",
          "attention",
          "attention without bias",
          "selfAttention",
          "splitHeads",
          "mergeHeads",
          "recomputable",
          "reshape",
          "permute",
          "slice",
          "slice from the end",
          "select",
          "select the last",
          "unsqueeze",
          "unsqueeze behind",
          "concat",
          "concat of the last axis",
          "gather",
          "cumulativeSum",
          "notEqual",
          "sum",
          "max",
          "maskedFill",
          "cast",
          "fp32",
          "positions",
          "distances",
          "paddingBias");

  private static <T> T apply(String operation, TensorOps<T> ops, Operands<T> operands) {
    T x = operands.x();
    T y = operands.y();
    T z = operands.z();
    Tokens<T> tokens = operands.tokens();
    return switch (operation) {
      case "weight" -> operands.weight(ops, "dense.weight");
      case "factors" -> ops.factors(List.of(operands.weights().get("dense.weight")));
      case "factors of several" -> {
        Parameter dense = operands.weights().get("dense.weight");
        yield ops.factors(List.of(dense, dense));
      }
      case "constant int64" -> ops.constant(new long[] {7, -1, 1L << 40});
      case "constant fp32" -> ops.constant(new float[] {1, 2.5f, -3, 1e-9f, 1e9f, 0}, 2, 3);
      case "embedding" -> ops.embedding(operands.weight(ops, "words.weight"), tokens.inputIds());
      case "linear" ->
          ops.linear(x, operands.weight(ops, "dense.weight"), operands.weight(ops, "dense.bias"));
      case "linear without bias" -> ops.linear(x, operands.weight(ops, "dense.weight"), null);
      case "matmul" -> ops.matmul(x, ops.permute(y, 0, 1, 3, 2));
      case "layerNorm" ->
          ops.layerNorm(
              x, operands.weight(ops, "norm.weight"), operands.weight(ops, "norm.bias"), 1e-2);
      case "layerNorm without bias" ->
          ops.layerNorm(x, operands.weight(ops, "norm.weight"), null, 1e-12);
      case "conv1d" ->
          ops.conv1d(
              ops.select(x, 2, 0),
              operands.weight(ops, "conv.weight"),
              operands.weight(ops, "conv.bias"),
              2);
      case "add" -> ops.add(x, ops.select(y, 0, 1));
      case "add int64 and fp32" ->
          ops.add(ops.permute(ops.select(x, 3, 0), 1, 2, 0), tokens.lengths());
      case "multiply" -> ops.multiply(x, y);
      case "multiply int64" -> ops.multiply(tokens.inputIds(), tokens.inputIds());
      case "divide" -> ops.divide(x, y);
      case "divide int64" -> ops.divide(tokens.inputIds(), ops.constant(new long[] {4}));
      case "scale" -> ops.scale(x, -0.3);
      case "activation GELU" -> ops.activation(Activation.GELU, ops.scale(x, 3));
      case "activation GELU_NEW" -> ops.activation(Activation.GELU_NEW, ops.scale(x, 3));
      case "activation RELU" -> ops.activation(Activation.RELU, x);
      case "activation SILU" -> ops.activation(Activation.SILU, x);
      case "activation TANH" -> ops.activation(Activation.TANH, x);
      case "cos" -> ops.cos(x);
      case "sin" -> ops.sin(x);
      case "softmax" -> ops.softmax(x);
      case "dropout" -> ops.dropout(x, 0.5);
      case "attention" -> ops.attention(x, y, z, ops.paddingBias(tokens), 0.7, 0.1);
      case "attention without bias" -> ops.attention(x, y, z, null, 0.7, 0.1);
      case "selfAttention" ->
          // Twice as many tokens of half the width, for three parts of two heads.
          ops.selfAttention(
              ops.reshape(ops.concat(-1, List.of(x, y, z)), 0, -1, 18), 2, 3, null, 0.7, 0);
      case "splitHeads" ->
          ops.splitHeads(ops.reshape(ops.concat(-1, List.of(x, y, z)), 0, -1, 18), 2, 3);
      case "mergeHeads" -> ops.mergeHeads(x);
      case "recomputable" -> ops.recomputable(ops::softmax, x);
      case "reshape" -> ops.reshape(x, 0, 2, -1, 3);
      case "permute" -> ops.permute(x, 3, 0, 2, 1);
      case "slice" -> ops.slice(x, 2, 1, 4);
      case "slice from the end" -> ops.slice(x, -1, 2, 6);
      case "select" -> ops.select(x, 1, 2);
      case "select the last" -> ops.select(x, -1, 5);
      case "unsqueeze" -> ops.unsqueeze(x, 1);
      case "unsqueeze behind" -> ops.unsqueeze(x, -1);
      case "concat" -> ops.concat(0, List.of(x, y, z));
      case "concat of the last axis" -> ops.concat(-1, List.of(x, ops.slice(y, 3, 0, 1)));
      case "gather" ->
          ops.gather(x, ops.reshape(ops.constant(new Random(9).longs(20, 0, 6).toArray()), 5, 4));
      case "cumulativeSum" -> ops.cumulativeSum(tokens.inputIds());
      case "notEqual" -> ops.notEqual(tokens.inputIds(), 2);
      case "sum" -> ops.sum(x, 1);
      case "max" -> ops.max(x, -1);
      case "maskedFill" ->
          ops.maskedFill(ops.select(x, 1, 0), ops.unsqueeze(tokens.padding(), -1), -4.5);
      case "cast" -> ops.cast(x);
      case "fp32" -> ops.fp32(tokens.lengths());
      case "positions" -> ops.positions(tokens);
      case "distances" -> ops.distances(tokens);
      case "paddingBias" ->
          // What libtorch has as an infinity is finite in the graph: what counts is its effect.
          ops.softmax(ops.add(ops.matmul(x, ops.permute(y, 0, 1, 3, 2)), ops.paddingBias(tokens)));
      default -> throw new IllegalArgumentException(operation);
    };
  }

  @BeforeAll
  static void load() {
    Libtorch.load();
  }

  static List<String> cases() {
    return CASES;
  }

  @Test
  void noOperationIsLeftOut() {
    Stream<String> operations = Arrays.stream(TensorOps.class.getMethods()).map(Method::getName);
    assertThat(operations.distinct())
        .allSatisfy(
            name -> assertThat(CASES).anyMatch(c -> c.equals(name) || c.startsWith(name + " ")));
    assertThat(Activation.values())
        .allSatisfy(a -> assertThat(CASES).contains("activation " + a.name()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void onnxRuntimeComputesWhatLibtorchComputes(String operation, @TempDir Path folder)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Map<String, Parameter> weights = weights();
      Tensor expected = apply(operation, ForwardPass.inference(), tensors(weights));
      Result actual = onnxRuntime(operation, weights, folder);
      assertThat(actual.shape()).isEqualTo(expected.shape());
      double[] values = doubles(expected);
      assertThat(actual.values()).hasSameSizeAs(values);
      for (int i = 0; i < values.length; i++) {
        assertThat(actual.values()[i])
            .isCloseTo(values[i], within(1e-5 * (1 + Math.abs(values[i]))));
      }
    }
  }

  private record Result(long[] shape, double[] values) {}

  /** One seed, so that every call gives the same weights. */
  private static Map<String, Parameter> weights() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("words.weight", new long[] {8, 6});
    shapes.put("dense.weight", new long[] {7, 6});
    shapes.put("dense.bias", new long[] {7});
    shapes.put("norm.weight", new long[] {6});
    shapes.put("norm.bias", new long[] {6});
    shapes.put("conv.weight", new long[] {4, 2, 3});
    shapes.put("conv.bias", new long[] {4});
    Map<String, Parameter> weights = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) ->
            weights.put(
                name,
                new Parameter(name, 0, random(5 + name.hashCode(), shape), Parameter.Init.NORMAL)));
    return weights;
  }

  private static Tensor random(long seed, long... shape) {
    return ForwardPass.inference().constant(values(seed, shape), shape);
  }

  private static float[] values(long seed, long... shape) {
    Random random = new Random(seed);
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static Operands<Tensor> tensors(Map<String, Parameter> weights) {
    Tensor mask = matrix(MASK);
    return new Operands<>(
        random(1, SHAPE),
        random(2, SHAPE),
        random(3, SHAPE),
        new Tokens<>(matrix(IDS), matrix(TYPES), mask.sum(1), mask.eq(new Scalar(0))),
        weights);
  }

  private static Tensor matrix(long[] values) {
    return ForwardPass.inference().constant(values).view(ROWS, LENGTH);
  }

  private static Result onnxRuntime(String operation, Map<String, Parameter> weights, Path folder)
      throws Exception {
    OnnxGraphBuilder builder = new OnnxGraphBuilder();
    String[] dims = {"rows", "heads", "length", "size"};
    String[] tokenDims = {"rows", "length"};
    Operands<OnnxValue> operands =
        new Operands<>(
            builder.input("x", DataType.FLOAT, dims),
            builder.input("y", DataType.FLOAT, dims),
            builder.input("z", DataType.FLOAT, dims),
            builder.tokens(
                builder.input("ids", DataType.INT64, tokenDims),
                builder.input("mask", DataType.INT64, tokenDims),
                builder.input("types", DataType.INT64, tokenDims)),
            weights);
    OnnxValue result = apply(operation, builder, operands);
    // The axes of the output are for ONNX Runtime to find.
    builder.output("result", result);
    OnnxFile.write(
        builder.graph("test").toBuilder()
            .setOutput(0, builder.graph("test").getOutput(0).toBuilder().clearType())
            .build(),
        builder.weights(),
        folder,
        OnnxFile.MAX_INLINE_BYTES);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(folder.resolve("model.onnx").toString());
        OrtSession.Result results = session.run(inputs(environment))) {
      OnnxTensor tensor = (OnnxTensor) results.get(0);
      assertThat(tensor.getInfo().onnxType.name()).endsWith("_" + result.type());
      return new Result(tensor.getInfo().getShape(), doubles(tensor));
    }
  }

  private static Map<String, OnnxTensor> inputs(OrtEnvironment environment) throws Exception {
    long[] matrix = {ROWS, LENGTH};
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    int seed = 1;
    for (String name : List.of("x", "y", "z")) {
      FloatBuffer values = FloatBuffer.wrap(values(seed++, SHAPE));
      inputs.put(name, OnnxTensor.createTensor(environment, values, SHAPE));
    }
    inputs.put("ids", OnnxTensor.createTensor(environment, LongBuffer.wrap(IDS), matrix));
    inputs.put("mask", OnnxTensor.createTensor(environment, LongBuffer.wrap(MASK), matrix));
    inputs.put("types", OnnxTensor.createTensor(environment, LongBuffer.wrap(TYPES), matrix));
    return inputs;
  }

  private static double[] doubles(OnnxTensor tensor) {
    if (tensor.getInfo().type == OnnxJavaType.INT64) {
      long[] values = new long[tensor.getLongBuffer().remaining()];
      tensor.getLongBuffer().get(values);
      return Arrays.stream(values).asDoubleStream().toArray();
    }
    FloatBuffer buffer = tensor.getFloatBuffer();
    double[] values = new double[buffer.remaining()];
    Arrays.setAll(values, buffer::get);
    return values;
  }

  private static double[] doubles(Tensor tensor) {
    Tensor stored = tensor.to(ScalarType.Double).contiguous();
    double[] values = new double[(int) stored.numel()];
    new DoublePointer(stored.data_ptr()).get(values);
    return values;
  }
}
