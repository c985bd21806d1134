package org.sparkfinetune.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.task.ProblemType;

/** Tests and gaps are SciPy's, statsmodels', pandas' and fairlearn's. */
class SliceGoldenTest {
  private static JsonNode golden() throws IOException {
    try (InputStream in = SliceGoldenTest.class.getResourceAsStream("slices.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static Stream<JsonNode> cases(String name) throws IOException {
    return StreamSupport.stream(golden().get(name).spliterator(), false);
  }

  static Stream<JsonNode> fisher() throws IOException {
    return cases("fisher");
  }

  static Stream<JsonNode> holm() throws IOException {
    return cases("holm");
  }

  static Stream<JsonNode> welch() throws IOException {
    return cases("welch");
  }

  static Stream<JsonNode> bins() throws IOException {
    return cases("bins");
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  /** Relative: p-values are small where they matter. */
  @ParameterizedTest
  @MethodSource
  void fisher(JsonNode golden) {
    JsonNode table = golden.get("table");
    double expected = golden.get("p_value").asDouble();
    double found =
        FisherExact.pValue(
            table.get(0).asLong(),
            table.get(1).asLong(),
            table.get(2).asLong(),
            table.get(3).asLong());

    assertThat(found).isCloseTo(expected, within(expected * 1e-9));
  }

  @ParameterizedTest
  @MethodSource
  void holm(JsonNode golden) {
    assertThat(Holm.adjusted(numbers(golden.get("p_values"))))
        .containsExactly(numbers(golden.get("adjusted")), within(1e-15));
  }

  private static WelchTest.Sample sample(JsonNode values) {
    ErrorSums sums = new ErrorSums();
    Arrays.stream(numbers(values)).forEach(value -> sums.add(false, value));
    return sums.losses();
  }

  /** Relative; the sums of squares lose digits where values are close to each other. */
  @ParameterizedTest
  @MethodSource
  void welch(JsonNode golden) {
    double expected = golden.get("p_value").asDouble();

    assertThat(WelchTest.pValue(sample(golden.get("sample")), sample(golden.get("others"))))
        .isCloseTo(expected, within(expected * 1e-9));
  }

  @ParameterizedTest
  @MethodSource
  void bins(JsonNode golden) {
    double[] values = numbers(golden.get("values"));
    double[] sorted = Arrays.stream(values).sorted().toArray();
    int bins = golden.get("bins").asInt();
    TreeMap<Long, Double> asked = new TreeMap<>();
    for (long place : Quantiles.places(sorted.length, bins)) {
      asked.put(place, sorted[(int) place]);
    }
    double[] edges = Quantiles.edges(sorted.length, bins, asked::get);

    assertThat(edges).containsExactly(numbers(golden.get("edges")), within(1e-12));
    SliceColumn column = SliceColumn.ofBins("n", edges, false, values.length);
    assertThat(Arrays.stream(values).mapToInt(column::of).asDoubleStream().toArray())
        .containsExactly(numbers(golden.get("of")), within(0.0));
  }

  @Test
  void gapsAreFairlearns() throws IOException {
    JsonNode golden = golden().get("fairness");
    List<String> names = List.of("f", "m", "x");
    List<MetricsAccumulator> groups = new ArrayList<>();
    names.forEach(
        name ->
            groups.add(
                Accumulators.of(
                    ProblemType.SINGLE_LABEL_CLASSIFICATION, 3, OptionalDouble.empty())));
    for (int row = 0; row < golden.get("groups").size(); row++) {
      double[] probabilities = new double[3];
      probabilities[golden.get("predicted").get(row).asInt()] = 1;
      groups
          .get(names.indexOf(golden.get("groups").get(row).asText()))
          .add(new int[] {golden.get("labels").get(row).asInt()}, probabilities);
    }
    List<Metrics> metrics = groups.stream().map(MetricsAccumulator::metrics).toList();
    List<Slice> slices = SliceColumn.ofValues("g", names, false, 3).slices();

    FairnessGap gap = FairnessGap.of("g", slices, metrics, 1, List.of("a", "b", "c"));
    for (int label = 0; label < 3; label++) {
      JsonNode expected = golden.get("gaps").get(label);
      FairnessGap.OfLabel found = gap.labels().get(label);
      assertThat(found.demographicParity().orElseThrow())
          .isCloseTo(expected.get("demographic_parity_difference").asDouble(), within(1e-12));
      assertThat(found.equalOpportunity().orElseThrow())
          .isCloseTo(expected.get("equal_opportunity_difference").asDouble(), within(1e-12));
      assertThat(found.equalizedOdds().orElseThrow())
          .isCloseTo(expected.get("equalized_odds_difference").asDouble(), within(1e-12));
    }
    double largest =
        IntStream.range(0, 3)
            .mapToDouble(l -> golden.get("gaps").get(l).get("equalized_odds_difference").asDouble())
            .max()
            .orElseThrow();
    assertThat(gap.worstEqualizedOdds().orElseThrow().equalizedOdds().orElseThrow())
        .isCloseTo(largest, within(1e-12));
  }
}
