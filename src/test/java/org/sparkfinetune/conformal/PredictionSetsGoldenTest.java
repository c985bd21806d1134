package org.sparkfinetune.conformal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against MAPIE's scores, quantiles and sets: {@code tools/goldens/conformal.py}. */
class PredictionSetsGoldenTest {
  private static final double TOLERANCE = 1e-9;

  /** A case of a method at one level. */
  record Case(JsonNode json, ConformityMethod method, int level, double coverage) {
    JsonNode of(String name) {
      return json.get(method.spelling()).get(name);
    }

    /** MAPIE chooses RAPS's numbers for each level. */
    ConformityScore score() {
      return method == ConformityMethod.RAPS
          ? new ConformityScore(
              method,
              true,
              of("penalty").get(level).asDouble(),
              of("unpenalized").get(level).asInt())
          : new ConformityScore(method, true, 0, 0);
    }

    @Override
    public String toString() {
      return json.get("name").asText() + ", " + method.spelling() + " at " + coverage;
    }
  }

  static Stream<Case> cases() throws IOException {
    try (InputStream in = PredictionSetsGoldenTest.class.getResourceAsStream("conformal.json")) {
      JsonNode golden = new ObjectMapper().readTree(in);
      double[] levels = numbers(golden.get("levels"));
      return StreamSupport.stream(golden.get("cases").spliterator(), false)
          .flatMap(
              json ->
                  Arrays.stream(ConformityMethod.values())
                      .filter(method -> json.has(method.spelling()))
                      .flatMap(
                          method ->
                              IntStream.range(0, levels.length)
                                  .mapToObj(k -> new Case(json, method, k, levels[k]))));
    }
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void scoresQuantilesAndSetsAreMapies(Case golden) {
    ConformityScore score = golden.score();
    JsonNode used = golden.of("used");
    int rows = golden.of("rows").asInt();
    double[] scores = new double[rows];
    for (int i = 0; i < rows; i++) {
      int row = used == null ? i : used.get(i).asInt();
      double u = golden.of("uniform") == null ? 0 : golden.of("uniform").get(i).asDouble();
      int label = golden.json().get("labels").get(row).asInt();
      scores[i] = score.of(numbers(golden.json().get("probabilities").get(row)), u)[label];
      JsonNode expected = golden.of("scores").get(i);
      assertThat(scores[i])
          .isCloseTo(
              (expected.isArray() ? expected.get(golden.level()) : expected).asDouble(),
              within(TOLERANCE));
    }
    Arrays.sort(scores);
    double quantile = FiniteSampleQuantile.of(scores, golden.coverage()).orElseThrow();
    assertThat(quantile)
        .isCloseTo(golden.of("quantiles").get(golden.level()).asDouble(), within(TOLERANCE));
    JsonNode test = golden.json().get("test");
    for (int i = 0; i < test.size(); i++) {
      double[] probabilities = numbers(test.get(i));
      double u = golden.json().get("test_uniform").get(i).asDouble();
      double[] ofRow = score.of(probabilities, u);
      int[] set =
          IntStream.range(0, ofRow.length).filter(label -> ofRow[label] <= quantile).toArray();
      assertThat(set)
          .isEqualTo(
              Arrays.stream(numbers(golden.of("sets").get(i).get(golden.level())))
                  .mapToInt(label -> (int) label)
                  .toArray());
    }
  }

  @Test
  void ranksAreThoseOfDecimalNumbers() {
    assertThat(FiniteSampleQuantile.rank(19, 0.95)).isEqualTo(19);
    assertThat(FiniteSampleQuantile.rank(99, 0.9)).isEqualTo(90);
    assertThat(FiniteSampleQuantile.rank(999, 0.999)).isEqualTo(999);
    assertThat(FiniteSampleQuantile.rank(100, 0.9)).isEqualTo(91);
    for (double coverage : new double[] {0.001, 0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999}) {
      long needed = FiniteSampleQuantile.rowsNeeded(coverage);
      assertThat(FiniteSampleQuantile.rank(needed, coverage)).isLessThanOrEqualTo(needed);
      assertThat(FiniteSampleQuantile.rank(needed - 1, coverage)).isGreaterThan(needed - 1);
    }
    assertThat(FiniteSampleQuantile.rowsNeeded(0.95)).isEqualTo(19);
    assertThat(FiniteSampleQuantile.rowsNeeded(0.9)).isEqualTo(9);
    assertThat(FiniteSampleQuantile.of(new double[18], 0.95)).isEmpty();
    assertThatThrownBy(() -> FiniteSampleQuantile.rank(10, 1))
        .hasMessage("coverage 1.0: expected above 0 and below 1");
  }

  @Test
  void equalProbabilitiesAndThoseOfZeroAndOneHaveScores() {
    ConformityScore aps = new ConformityScore(ConformityMethod.APS, false, 0, 0);
    assertThat(aps.of(new double[] {0.25, 0.25, 0.5}, 0.7)).containsExactly(1, 0.75, 0.5);
    ConformityScore raps = new ConformityScore(ConformityMethod.RAPS, true, 0.125, 1);
    assertThat(raps.of(new double[] {0, 1, 0}, 0.5)).containsExactly(1.25, 0.5, 1.125);
    ConformityScore lac = new ConformityScore(ConformityMethod.LAC, true, 0, 0);
    assertThat(lac.of(new double[] {0, 1}, 0.5)).containsExactly(1, 0);
  }

  @Test
  void eachLabelHasItsOwnThresholdWhereTheyAreClassConditional() {
    TreeMap<Double, double[]> thresholds = new TreeMap<>();
    thresholds.put(0.9, new double[] {0.3, 0.9, 0.2});
    PredictionSets sets =
        new PredictionSets(
            new ConformityScore(ConformityMethod.LAC, false, 0, 0), 1, true, thresholds);
    assertThat(sets.of(0.9, new double[] {0.6, 0.15, 0.25}, 5)).containsExactly(1);
    assertThat(sets.of(0.9, new double[] {0.75, 0.2, 0.05}, 5)).containsExactly(0, 1);
    assertThat(sets.of(0.9, new double[] {0.6, 0.05, 0.35}, 5)).isEmpty();
    assertThatThrownBy(() -> sets.of(0.95, new double[3], 5))
        .hasMessage("coverage 0.95: calibrated for [0.9] alone");
  }

  @Test
  void numbersOfTextsAreSpreadEvenly() {
    Random random = new Random(3);
    int[] tenths = new int[10];
    for (int i = 0; i < 100_000; i++) {
      // Hashes that differ little.
      double u = PredictionSets.uniform(42, i % 2 == 0 ? i : random.nextLong());
      assertThat(u).isBetween(0.0, Math.nextDown(1.0));
      tenths[(int) (u * 10)]++;
    }
    assertThat(Arrays.stream(tenths)).allMatch(count -> count > 9_600 && count < 10_400);
    assertThat(PredictionSets.uniform(1, 7)).isNotEqualTo(PredictionSets.uniform(2, 7));
  }
}
