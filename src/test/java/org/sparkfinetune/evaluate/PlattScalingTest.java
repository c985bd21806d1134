package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlattScalingTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Rows of {@code tools/goldens/platt.py} with SciPy's fits, null of a label that has none. */
  record Golden(String name, double[][] logits, int[][] labels, JsonNode fits) {
    @Override
    public String toString() {
      return name;
    }

    int size() {
      return logits[0].length;
    }

    long[] positives() {
      long[] positives = new long[size()];
      Arrays.stream(labels).flatMapToInt(Arrays::stream).forEach(label -> positives[label]++);
      return positives;
    }

    PlattSums sums(double[][] parameters, int from, int to) {
      PlattSums sums = new PlattSums(parameters, positives(), logits.length);
      for (int row = from; row < to; row++) {
        sums.add(labels[row], logits[row]);
      }
      return sums;
    }

    List<PlattScaling.Fit> fit() {
      return PlattScaling.fit(
          positives(), logits.length, parameters -> sums(parameters, 0, logits.length));
    }
  }

  static Stream<Golden> goldens() throws IOException {
    JsonNode all =
        JSON.readTree(Path.of("src/test/resources/org/sparkfinetune/evaluate/platt.json").toFile());
    return StreamSupport.stream(all.spliterator(), false)
        .map(
            json ->
                new Golden(
                    json.get("name").asText(),
                    JSON.convertValue(json.get("logits"), double[][].class),
                    JSON.convertValue(json.get("labels"), int[][].class),
                    json.get("fits")));
  }

  /** SciPy's search ends where the gradient is below 1e-8, at a curvature from 0.01 on: 1e-6. */
  @ParameterizedTest
  @MethodSource("goldens")
  void findsWhatSciPyFinds(Golden golden) {
    List<PlattScaling.Fit> fits = golden.fit();
    for (int label = 0; label < golden.size(); label++) {
      JsonNode expected = golden.fits().get(label);
      PlattScaling.Fit fit = fits.get(label);
      if (expected.isNull()) {
        assertThat(fit).isEqualTo(new PlattScaling.Fit(1, 0, false));
        continue;
      }
      double slope = expected.get("slope").asDouble();
      double intercept = expected.get("intercept").asDouble();
      assertThat(fit.fitted()).isTrue();
      assertThat(fit.slope()).isCloseTo(slope, within(1e-6 * (1 + slope)));
      assertThat(fit.intercept()).isCloseTo(intercept, within(1e-6 * (1 + Math.abs(intercept))));
      double[][] parameters = new double[golden.size()][];
      parameters[label] = new double[] {fit.slope(), fit.intercept()};
      assertThat(golden.sums(parameters, 0, golden.logits().length).at(label).loss())
          .isCloseTo(expected.get("loss").asDouble(), within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void sumsAreTheSameWhoeverHasTheRows(Golden golden) {
    double[][] parameters = new double[golden.size()][];
    Arrays.setAll(parameters, label -> label == 1 ? null : new double[] {0.7, -0.2});
    int rows = golden.logits().length;
    PlattSums merged =
        golden.sums(parameters, rows / 3, rows).merge(golden.sums(parameters, 0, rows / 3).state());
    PlattSums whole = golden.sums(parameters, 0, rows);
    for (int label = 0; label < golden.size(); label++) {
      if (parameters[label] != null) {
        assertThat(merged.at(label)).isEqualTo(whole.at(label));
      }
    }
  }

  @Test
  void noRowsLeaveLabelsAsTheyAre() {
    assertThat(PlattScaling.fit(new long[2], 0, parameters -> new PlattSums(parameters, null, 0)))
        .containsOnly(new PlattScaling.Fit(1, 0, false));
  }

  /** The exact search's F1, but for what a ten-thousandth makes of it. */
  @Test
  void theGridsThresholdIsAsGoodAsTheExactOne() {
    Random random = new Random(3);
    int[][] labels = new int[300][];
    double[][] probabilities = new double[300][4];
    ThresholdGrid first = new ThresholdGrid(4);
    ThresholdGrid second = new ThresholdGrid(4);
    for (int row = 0; row < 300; row++) {
      for (int label = 0; label < 4; label++) {
        // On the grid, so that both searches have the same choices; 0 and 1 among them.
        probabilities[row][label] = random.nextInt(1001) / 1000.0;
      }
      double[] p = probabilities[row];
      labels[row] =
          IntStream.range(0, 4)
              .filter(label -> random.nextDouble() < p[label] * p[label])
              .toArray();
      (row % 2 == 0 ? first : second).add(labels[row], p);
    }
    double found = first.merge(second.state()).best();

    assertThat(f1(labels, probabilities, found))
        .isEqualTo(f1(labels, probabilities, ThresholdTuner.best(labels, probabilities)));
    assertThat(new ThresholdGrid(4).best()).isEqualTo(0.5);
  }

  private static double f1(int[][] labels, double[][] probabilities, double threshold) {
    MultiLabelMetrics.Accumulator accumulator = new MultiLabelMetrics.Accumulator(4, threshold);
    for (int row = 0; row < labels.length; row++) {
      accumulator.add(labels[row], probabilities[row]);
    }
    return accumulator.metrics().toMap("").get("f1_micro");
  }
}
