package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

class PairedMetricsTest {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(40_000, 7, 0.95);

  private static JsonNode golden() throws IOException {
    try (InputStream in = PairedMetricsTest.class.getResourceAsStream("comparison.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  static Stream<JsonNode> pValues() throws IOException {
    return StreamSupport.stream(golden().get("p_values").spliterator(), false);
  }

  static Stream<JsonNode> cases() throws IOException {
    return StreamSupport.stream(golden().get("cases").spliterator(), false);
  }

  private static PairedAccumulator accumulate(JsonNode golden, int from, int to) {
    boolean single = golden.get("name").asText().equals("single-label");
    PairedAccumulator rows =
        PairedAccumulators.of(
            single
                ? ProblemType.SINGLE_LABEL_CLASSIFICATION
                : ProblemType.MULTI_LABEL_CLASSIFICATION,
            golden.get("first").get(0).size(),
            single ? Double.NaN : 0.5,
            single ? Double.NaN : 0.5);
    for (int row = from; row < to; row++) {
      rows.add(
          numbers(golden.get("labels").get(row)).mapToInt(Double::intValue).toArray(),
          numbers(golden.get("first").get(row)).mapToDouble(d -> d).toArray(),
          numbers(golden.get("second").get(row)).mapToDouble(d -> d).toArray());
    }
    return rows;
  }

  private static Stream<Double> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asDouble);
  }

  /** Relative: SciPy adds the probabilities, and here they are an incomplete beta function. */
  @ParameterizedTest
  @MethodSource("pValues")
  void mcNemarsTestIsSciPys(JsonNode golden) {
    double expected = golden.get("p_value").asDouble();

    assertThat(
            McNemar.pValue(golden.get("only_first").asLong(), golden.get("only_second").asLong()))
        .isCloseTo(expected, within(expected * 1e-9));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void differencesAreScikitLearns(JsonNode golden) {
    PairedMetrics metrics =
        accumulate(golden, 0, golden.get("labels").size()).metrics(Optional.of(BOOTSTRAP));

    assertThat(
            List.of(
                metrics.bothRight(),
                metrics.onlyFirstRight(),
                metrics.onlySecondRight(),
                metrics.bothWrong()))
        .isEqualTo(numbers(golden.get("rows")).map(Double::longValue).toList());
    assertThat(metrics.pValue())
        .isEqualTo(McNemar.pValue(metrics.onlyFirstRight(), metrics.onlySecondRight()));
    Map<String, Double> differences = metrics.differences();
    golden
        .get("differences")
        .fields()
        .forEachRemaining(
            expected ->
                assertThat(differences.get(expected.getKey() + "_difference"))
                    .as(expected.getKey())
                    .isCloseTo(expected.getValue().asDouble(), within(1e-12)));
  }

  /**
   * The golden's ends are percentiles of 40,000 draws of rows, and what is drawn here are counts:
   * by other random numbers, an end differs by less than a row's share.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void intervalsAreThoseOfDrawingRows(JsonNode golden) {
    int rows = golden.get("labels").size();
    Interval interval =
        accumulate(golden, 0, rows)
            .metrics(Optional.of(BOOTSTRAP))
            .intervals()
            .get(Metric.ACCURACY);

    JsonNode expected = golden.get("accuracy_interval");
    double row = 1.0 / rows + 1e-12;
    assertThat(interval.low()).isCloseTo(expected.get(0).asDouble(), within(row));
    assertThat(interval.high()).isCloseTo(expected.get(1).asDouble(), within(row));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areTheSameWhoeverHasTheRows(JsonNode golden) {
    Optional<Bootstrap> bootstrap = Optional.of(new Bootstrap(200, 42, 0.9));
    int rows = golden.get("labels").size();
    PairedAccumulator merged = accumulate(golden, 20, rows);
    merged.merge(accumulate(golden, 0, 20).state());

    assertThat(merged.metrics(bootstrap).differences())
        .isEqualTo(accumulate(golden, 0, rows).metrics(bootstrap).differences())
        .containsKeys("accuracy_difference_ci_low", "loss_difference_ci_high");
  }

  @Test
  void aModelDiffersNotFromItself() {
    PairedAccumulator rows =
        PairedAccumulators.of(ProblemType.SINGLE_LABEL_CLASSIFICATION, 2, Double.NaN, Double.NaN);
    for (int row = 0; row < 20; row++) {
      double[] probabilities = {row / 20.0, 1 - row / 20.0};
      rows.add(new int[] {row % 2}, probabilities, probabilities);
    }

    PairedMetrics metrics = rows.metrics(Optional.of(new Bootstrap(100, 1, 0.95)));

    assertThat(metrics.pValue()).isEqualTo(1);
    assertThat(metrics.differences().values()).allMatch(value -> value == 0);
    assertThat(rows.metrics(Optional.empty()).differences())
        .isEqualTo(Map.of("accuracy_difference", 0.0));
  }

  @Test
  void setsOfMoreLabelsThanCountsHaveRoomForAreRefused() {
    assertThatThrownBy(
            () -> PairedAccumulators.of(ProblemType.MULTI_LABEL_CLASSIFICATION, 4096, 0.5, 0.5))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the models have 4096 labels: expected at most 4095 to compare models of sets of labels");
  }
}
