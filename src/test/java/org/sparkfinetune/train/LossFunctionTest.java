package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.torch.Libtorch;

/** Losses against PyTorch's, by the golden of {@code tools/goldens/training.py}. */
class LossFunctionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static JsonNode golden;

  @BeforeAll
  static void read() throws IOException {
    Libtorch.load();
    golden = JSON.readTree(LossFunctionTest.class.getResourceAsStream("losses.json"));
  }

  @ParameterizedTest
  @EnumSource
  void sumsAndGradientsAreThoseOfPyTorch(ProblemType problemType) {
    int[][] labels = labels(problemType);
    JsonNode cases = golden.get(problemType.spelling());
    assertThat(cases).hasSizeGreaterThan(10);
    for (JsonNode expected : cases) {
      String name = expected.get("settings").toString();
      LossFunction loss = loss(expected, problemType, labels);
      try (PointerScope scope = new PointerScope()) {
        Tensor logits = logits();
        Tensor sum = loss.sum(logits, labels, null);
        assertThat(sum.dim()).isZero();
        double expectedSum = expected.get("sum").doubleValue();
        assertThat((double) sum.item_float())
            .as(name)
            .isCloseTo(expectedSum, within(1e-6 * expectedSum));
        double weight = loss.weight(labels, null);
        // The weights are fp32 in Python's sum too.
        double expectedWeight = expected.get("weight").doubleValue();
        assertThat(weight).as(name).isCloseTo(expectedWeight, within(1e-12 * expectedWeight));
        sum.div(new Scalar(weight)).backward();
        assertClose(TestWeights.numbers(logits.mutable_grad()), expected.get("gradient"), name);
      }
    }
  }

  /** In micro-batches, each divided by what all rows count for, as a step accumulates them. */
  @ParameterizedTest
  @EnumSource
  void weightedRowsAreThoseOfPyTorch(ProblemType problemType) {
    int[][] labels = labels(problemType);
    float[] weights = JSON.convertValue(golden.get("weights"), float[].class);
    JsonNode cases = golden.get("weighted").get(problemType.spelling());
    assertThat(cases).hasSizeGreaterThan(10);
    for (JsonNode expected : cases) {
      String name = expected.get("settings").toString();
      LossFunction loss = loss(expected, problemType, labels);
      double weight = loss.weight(labels, weights);
      double expectedWeight = expected.get("weight").doubleValue();
      assertThat(weight).as(name).isCloseTo(expectedWeight, within(1e-12 * expectedWeight));
      try (PointerScope scope = new PointerScope()) {
        Tensor logits = logits();
        double sum = 0;
        int start = 0;
        for (JsonNode rows : golden.get("micro_batches")) {
          int end = start + rows.intValue();
          Tensor part =
              loss.sum(
                  logits.narrow(0, start, rows.longValue()),
                  Arrays.copyOfRange(labels, start, end),
                  Arrays.copyOfRange(weights, start, end));
          assertThat(part.dim()).isZero();
          part.div(new Scalar(weight)).backward();
          sum += part.item_float();
          start = end;
        }
        double expectedSum = expected.get("sum").doubleValue();
        assertThat(sum).as(name).isCloseTo(expectedSum, within(1e-6 * expectedSum));
        assertClose(TestWeights.numbers(logits.mutable_grad()), expected.get("gradient"), name);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWeightOfOneChangesLittleAndOfZeroLeavesARowOut(ProblemType problemType) {
    int[][] labels = labels(problemType);
    float[] ones = new float[labels.length];
    Arrays.fill(ones, 1);
    float[] withoutLast = ones.clone();
    withoutLast[labels.length - 1] = 0;
    int[][] others = Arrays.copyOf(labels, labels.length - 1);
    for (JsonNode expected : golden.get(problemType.spelling())) {
      LossFunction loss = loss(expected, problemType, labels);
      try (PointerScope scope = new PointerScope()) {
        Tensor logits = logits();
        double unweighted = loss.sum(logits, labels, null).item_float();
        assertThat((double) loss.sum(logits, labels, ones).item_float())
            .isCloseTo(unweighted, within(1e-6 * unweighted));
        assertThat(loss.weight(labels, ones)).isEqualTo(loss.weight(labels, null));
        double without = loss.sum(logits.narrow(0, 0, others.length), others, null).item_float();
        assertThat((double) loss.sum(logits, labels, withoutLast).item_float())
            .isCloseTo(without, within(1e-6 * without));
        assertThat(loss.weight(labels, withoutLast)).isEqualTo(loss.weight(others, null));
      }
    }
  }

  /** To 1e-6 of the largest: where a gradient is a small difference of shares, it is rounded. */
  private static void assertClose(float[] actual, JsonNode expected, String name) {
    assertThat(actual).hasSize(expected.size());
    double largest = 0;
    for (JsonNode number : expected) {
      largest = Math.max(largest, Math.abs(number.doubleValue()));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("gradient %d of %s", i, name)
          .isCloseTo(expected.get(i).doubleValue(), within(1e-6 * largest));
    }
  }

  @ParameterizedTest
  @EnumSource
  void partsOfABatchAddUpToTheWhole(ProblemType problemType) {
    int[][] labels = labels(problemType);
    int[][] first = Arrays.copyOf(labels, 3);
    int[][] rest = Arrays.copyOfRange(labels, 3, labels.length);
    for (JsonNode expected : golden.get(problemType.spelling())) {
      LossFunction loss = loss(expected, problemType, labels);
      try (PointerScope scope = new PointerScope()) {
        Tensor logits = logits();
        double whole = loss.sum(logits, labels, null).item_float();
        double parts =
            (double) loss.sum(logits.narrow(0, 0, 3), first, null).item_float()
                + loss.sum(logits.narrow(0, 3, labels.length - 3), rest, null).item_float();
        assertThat(parts).isCloseTo(whole, within(1e-6 * whole));
        assertThat(loss.weight(first, null) + loss.weight(rest, null))
            .isCloseTo(loss.weight(labels, null), within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void logitsInBf16AreComputedWithInFp32(ProblemType problemType) {
    int[][] labels = labels(problemType);
    for (JsonNode expected : golden.get(problemType.spelling())) {
      LossFunction loss = loss(expected, problemType, labels);
      try (PointerScope scope = new PointerScope()) {
        Tensor half = logits().to(ScalarType.BFloat16);
        Tensor sum = loss.sum(half, labels, null);
        assertThat(sum.scalar_type().intern()).isEqualTo(ScalarType.Float);
        assertThat(sum.item_float())
            .isEqualTo(loss.sum(half.to(ScalarType.Float), labels, null).item_float());
      }
    }
  }

  /** A probability that rounds to 1 must not make a power's gradient infinite. */
  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 1, 2})
  void focalGradientsOfRowsThatAreSureAreFinite(double gamma) {
    List<LossFunction> losses =
        List.of(new SingleLabelLoss(null, 0, gamma), new MultiLabelLoss(null, 4, gamma));
    for (LossFunction loss : losses) {
      for (float logit : new float[] {20, 90, 200, 1e4f}) {
        try (PointerScope scope = new PointerScope()) {
          Tensor logits = tensor(new float[] {logit, -logit, -logit, -logit}, 1, 4);
          loss.sum(logits, new int[][] {{0}}, null)
              .add(loss.sum(logits, new int[][] {{1}}, null))
              .backward();
          for (float number : TestWeights.numbers(logits.mutable_grad())) {
            assertThat(number).isFinite();
          }
        }
      }
    }
  }

  @Test
  void aRowOfSingleLabelDataHasOneLabel() {
    LossFunction loss = new SingleLabelLoss(null, 0, 0);
    assertThatThrownBy(() -> loss.weight(new int[][] {{0}, {}}, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a row of single-label data has 0 labels: expected exactly 1");
  }

  private static LossFunction loss(JsonNode expected, ProblemType problemType, int[][] labels) {
    Map<String, Object> settings =
        JSON.convertValue(expected.get("settings"), new TypeReference<Map<String, Object>>() {});
    List<String> names =
        JSON.convertValue(golden.get("labels"), new TypeReference<List<String>>() {});
    long[] counts = new long[names.size()];
    Arrays.stream(labels).flatMapToInt(IntStream::of).forEach(label -> counts[label]++);
    return LossFunctions.of(
        TestWeights.arguments(settings).loss(), problemType, names, counts, labels.length);
  }

  private static int[][] labels(ProblemType problemType) {
    if (problemType.task().hasLabelSets()) {
      return JSON.convertValue(golden.get("sets"), int[][].class);
    }
    return Arrays.stream(JSON.convertValue(golden.get("single"), int[].class))
        .mapToObj(label -> new int[] {label})
        .toArray(int[][]::new);
  }

  private static Tensor logits() {
    float[] values = JSON.convertValue(golden.get("logits"), float[].class);
    int labels = golden.get("labels").size();
    return tensor(values, values.length / labels, labels);
  }

  private static Tensor tensor(float[] values, long... shape) {
    Tensor tensor = torch.zeros(shape);
    new FloatPointer(tensor.data_ptr()).put(values);
    return TestDevice.on(tensor).requires_grad_(true);
  }
}
