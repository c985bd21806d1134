package io.sparkfinetune.evaluate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.stream.IntStream;

/** The cases of {@code metrics.json}, which tools/goldens/metrics.py makes with scikit-learn. */
final class Goldens {
  private Goldens() {}

  static List<? extends Config> cases() {
    return ConfigFactory.parseResources(Goldens.class, "metrics.json").getConfigList("cases");
  }

  static ClassificationMetrics metrics(Config golden) {
    return accumulate(golden, 0, golden.getIntList("labels").size()).metrics();
  }

  /** The rows {@code from .. to - 1} of a case. */
  static ClassificationMetrics.Accumulator accumulate(Config golden, int from, int to) {
    var accumulator = new ClassificationMetrics.Accumulator(golden.getInt("classes"));
    List<Integer> labels = golden.getIntList("labels");
    List<Integer> predicted = golden.getIntList("predicted");
    List<Double> probabilities = golden.getDoubleList("probability_of_label");
    for (int i = from; i < to; i++) {
      accumulator.add(labels.get(i), predicted.get(i), probabilities.get(i));
    }
    return accumulator;
  }

  static List<String> labels(int classes) {
    return IntStream.range(0, classes).mapToObj(i -> "class_" + i).toList();
  }
}
