package org.sparkfinetune.tune.sampler;

import static org.sparkfinetune.tune.sampler.Histories.choices;
import static org.sparkfinetune.tune.sampler.Histories.parameter;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;

/**
 * Functions to find the smallest value of; {@code bench/hpo_functions.py} has the same.
 *
 * @param minimum the smallest value there is
 */
record TestFunction(
    SearchSpace space, double minimum, ToDoubleFunction<Map<String, Object>> value) {
  private static final double[] HARTMANN_WEIGHTS = {1.0, 1.2, 3.0, 3.2};
  private static final double[][] HARTMANN_SCALES = {
    {10, 3, 17, 3.5, 1.7, 8},
    {0.05, 10, 17, 0.1, 8, 14},
    {3, 3.5, 1.7, 10, 17, 8},
    {17, 8, 0.05, 10, 0.1, 14}
  };
  private static final double[][] HARTMANN_CENTERS = {
    {0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
    {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
    {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
    {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}
  };

  static final Map<String, TestFunction> ALL =
      Map.of(
          "sphere", new TestFunction(reals(5, -5, 5), 0, TestFunction::sphere),
          "branin", new TestFunction(braninSpace(), 0.39788735772973816, TestFunction::branin),
          "hartmann6",
              new TestFunction(reals(6, 0, 1), -3.322368011415515, TestFunction::hartmann6),
          "rosenbrock-log", new TestFunction(rosenbrockSpace(), 0, TestFunction::rosenbrockLog),
          "mixed", new TestFunction(mixedSpace(), 0, TestFunction::mixed));

  private static SearchSpace reals(int dimensions, double low, double high) {
    return new SearchSpace(
        IntStream.range(0, dimensions)
            .mapToObj(i -> parameter("x" + i, new FloatDistribution(low, high, false, 0)))
            .toList());
  }

  private static double sphere(Map<String, Object> x) {
    return x.values().stream().mapToDouble(v -> square((Double) v)).sum();
  }

  private static SearchSpace braninSpace() {
    return new SearchSpace(
        List.of(
            parameter("x0", new FloatDistribution(-5, 10, false, 0)),
            parameter("x1", new FloatDistribution(0, 15, false, 0))));
  }

  private static double branin(Map<String, Object> x) {
    double a = number(x, "x0");
    double b = number(x, "x1");
    double curve = b - 5.1 / (4 * square(Math.PI)) * square(a) + 5 / Math.PI * a - 6;
    return square(curve) + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
  }

  private static double hartmann6(Map<String, Object> x) {
    double sum = 0;
    for (int i = 0; i < HARTMANN_WEIGHTS.length; i++) {
      double distance = 0;
      for (int j = 0; j < HARTMANN_SCALES[i].length; j++) {
        distance += HARTMANN_SCALES[i][j] * square(number(x, "x" + j) - HARTMANN_CENTERS[i][j]);
      }
      sum += HARTMANN_WEIGHTS[i] * Math.exp(-distance);
    }
    return -sum;
  }

  private static SearchSpace rosenbrockSpace() {
    return new SearchSpace(
        IntStream.range(0, 3)
            .mapToObj(i -> parameter("x" + i, new FloatDistribution(1e-2, 1e2, true, 0)))
            .toList());
  }

  /** Of the decimal logarithms: the valley ends where each parameter is 10. */
  private static double rosenbrockLog(Map<String, Object> x) {
    double sum = 0;
    for (int i = 0; i < 2; i++) {
      double a = Math.log10(number(x, "x" + i));
      double b = Math.log10(number(x, "x" + (i + 1)));
      sum += 100 * square(b - square(a)) + square(1 - a);
    }
    return sum;
  }

  private static SearchSpace mixedSpace() {
    Parameter momentum =
        parameter("momentum", new FloatDistribution(0, 1, false, 0), "optimizer", "sgd");
    return new SearchSpace(
        List.of(
            parameter("optimizer", choices("sgd", "adamw", "lion")),
            parameter("learning_rate", new FloatDistribution(1e-6, 1, true, 0)),
            parameter("layers", new IntDistribution(1, 12, false, 1)),
            parameter("batch", new IntDistribution(4, 256, true, 1)),
            parameter("dropout", new FloatDistribution(0, 0.5, false, 0.1)),
            momentum,
            parameter(
                "weight_decay",
                new FloatDistribution(1e-5, 1, true, 0),
                "optimizer",
                "adamw",
                "lion")));
  }

  /**
   * As a training's loss may be: an optimizer with its own learning rate, and what belongs to it.
   */
  private static double mixed(Map<String, Object> x) {
    String optimizer = (String) x.get("optimizer");
    double loss =
        switch (optimizer) {
          case "sgd" -> 0.1 + 4 * square(number(x, "momentum") - 0.9);
          case "adamw" -> 0.25 * square(Math.log10(number(x, "weight_decay")) + 2);
          default -> 0.3 + 0.25 * square(Math.log10(number(x, "weight_decay")) + 1);
        };
    double best = optimizer.equals("sgd") ? -2 : optimizer.equals("adamw") ? -4 : -5;
    return loss
        + square(Math.log10(number(x, "learning_rate")) - best)
        + square((number(x, "layers") - 7) / 4)
        + 0.1 * square(Math.log(number(x, "batch") / 32) / Math.log(2))
        + 4 * square(number(x, "dropout") - 0.1);
  }

  private static double number(Map<String, Object> x, String name) {
    return ((Number) x.get(name)).doubleValue();
  }

  private static double square(double x) {
    return x * x;
  }
}
