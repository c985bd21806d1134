package org.sparkfinetune.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.sparkfinetune.task.ProblemType;

/** The cases of {@code scores.json}, which tools/goldens/scores.py makes. */
final class ScoreGoldens {
  private ScoreGoldens() {}

  /**
   * A case.
   *
   * @param labels by row
   * @param expected metrics by name, and {@code auroc_by_label} and {@code
   *     average_precision_by_label}, of which an undefined one is null
   * @param intervals the ends by metric; null where there are none
   * @param scaled the best temperature and the log losses; null where there is none
   */
  record Case(
      String name,
      ProblemType problemType,
      int[][] labels,
      double[][] probabilities,
      JsonNode expected,
      JsonNode intervals,
      JsonNode scaled) {
    int classes() {
      return probabilities[0].length;
    }

    MetricsAccumulator accumulate(int[] rows) {
      MetricsAccumulator accumulator =
          Accumulators.of(problemType, classes(), OptionalDouble.of(0.5));
      for (int row : rows) {
        accumulator.add(labels[row], probabilities[row]);
      }
      return accumulator;
    }

    List<ScoreBlock> blocks(int[] rows) {
      ScoreBlocks blocks = new ScoreBlocks(problemType, classes());
      for (int row : rows) {
        blocks.add(labels[row], probabilities[row]);
      }
      return blocks.drain();
    }

    int[] all() {
      return IntStream.range(0, labels.length).toArray();
    }

    Metrics metrics() {
      return accumulate(all()).metrics().with(ranked(blocks(all()), classes()));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** What all the blocks of rows say. */
  static List<RankedScores> ranked(List<ScoreBlock> blocks, int labels) {
    TreeMap<Integer, List<ScoreBlock>> columns = new TreeMap<>();
    blocks.forEach(b -> columns.computeIfAbsent(b.column(), c -> new ArrayList<>()).add(b));
    return columns.entrySet().stream()
        .map(column -> RankedScores.of(column.getKey(), labels, column.getValue()))
        .toList();
  }

  static List<Case> all() {
    try (InputStream in = ScoreGoldens.class.getResourceAsStream("scores.json")) {
      JsonNode golden = new ObjectMapper().readTree(in);
      List<Case> cases = new ArrayList<>();
      golden.get("cases").forEach(json -> cases.add(singleLabel(json)));
      golden.get("multi_label_cases").forEach(json -> cases.add(multiLabel(json)));
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Case singleLabel(JsonNode json) {
    int[] labels = integers(json.get("labels"));
    return new Case(
        json.get("name").asText(),
        ProblemType.SINGLE_LABEL_CLASSIFICATION,
        Arrays.stream(labels).mapToObj(label -> new int[] {label}).toArray(int[][]::new),
        json.has("probabilities")
            ? matrix(json.get("probabilities"))
            : computed(labels, json.get("classes").asInt()),
        json.get("metrics"),
        json.get("intervals"),
        json.get("scaled"));
  }

  private static Case multiLabel(JsonNode json) {
    return new Case(
        json.get("name").asText(),
        ProblemType.MULTI_LABEL_CLASSIFICATION,
        elements(json.get("sets")).map(ScoreGoldens::integers).toArray(int[][]::new),
        matrix(json.get("probabilities")),
        json.get("metrics"),
        json.get("intervals"),
        json.get("scaled"));
  }

  /** As the script says. */
  private static double[][] computed(int[] labels, int classes) {
    double[][] probabilities = new double[labels.length][classes];
    for (int i = 0; i < labels.length; i++) {
      long sum = 0;
      for (int j = 0; j < classes; j++) {
        long weight = (i * 7919L + j * 104729L + (long) i * j * 31) % 1009;
        weight = j == labels[i] ? weight * 20 : weight;
        probabilities[i][j] = weight;
        sum += weight;
      }
      for (int j = 0; j < classes; j++) {
        probabilities[i][j] /= sum;
      }
    }
    return probabilities;
  }

  private static int[] integers(JsonNode array) {
    return elements(array).mapToInt(JsonNode::asInt).toArray();
  }

  private static double[][] matrix(JsonNode rows) {
    return elements(rows)
        .map(row -> elements(row).mapToDouble(JsonNode::asDouble).toArray())
        .toArray(double[][]::new);
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
