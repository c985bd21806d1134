package org.sparkfinetune.evaluate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkfinetune.TestProbabilities;

/** The cases of {@code metrics.json}, which tools/goldens/metrics.py makes with scikit-learn. */
final class Goldens {
  private Goldens() {}

  static List<? extends Config> cases() {
    return ConfigFactory.parseResources(Goldens.class, "metrics.json").getConfigList("cases");
  }

  /**
   * A case of multi-label data.
   *
   * @param expected what scikit-learn says of it
   */
  record MultiLabelCase(int[][] labels, double[][] probabilities, Config expected) {
    String name() {
      return expected.getString("name");
    }

    double threshold() {
      return expected.getDouble("threshold");
    }
  }

  static List<MultiLabelCase> multiLabelCases() {
    return ConfigFactory.parseResources(Goldens.class, "metrics.json")
        .getConfigList("multi_label_cases")
        .stream()
        .map(Goldens::multiLabelCase)
        .toList();
  }

  private static MultiLabelCase multiLabelCase(Config golden) {
    double[][] indicators = matrix(golden, "labels");
    int[][] labels =
        Arrays.stream(indicators)
            .map(row -> IntStream.range(0, row.length).filter(i -> row[i] == 1).toArray())
            .toArray(int[][]::new);
    return new MultiLabelCase(labels, matrix(golden, "probabilities"), golden);
  }

  private static double[][] matrix(Config golden, String key) {
    return golden.getList(key).stream()
        .map(
            row ->
                ((List<?>) row.unwrapped())
                    .stream().mapToDouble(value -> ((Number) value).doubleValue()).toArray())
        .toArray(double[][]::new);
  }

  static ClassificationMetrics metrics(Config golden) {
    return accumulate(golden, 0, golden.getIntList("labels").size()).metrics();
  }

  /** The rows {@code from .. to - 1} of a case. */
  static ClassificationMetrics.Accumulator accumulate(Config golden, int from, int to) {
    int classes = golden.getInt("classes");
    var accumulator = new ClassificationMetrics.Accumulator(classes);
    List<Integer> labels = golden.getIntList("labels");
    List<Integer> predicted = golden.getIntList("predicted");
    List<Double> probabilities = golden.getDoubleList("probability_of_label");
    for (int i = from; i < to; i++) {
      int label = labels.get(i);
      accumulator.add(
          label, TestProbabilities.of(classes, label, predicted.get(i), probabilities.get(i)));
    }
    return accumulator;
  }

  static List<String> labels(int classes) {
    return IntStream.range(0, classes).mapToObj(i -> "class_" + i).toList();
  }
}
