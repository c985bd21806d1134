package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the literature gives for the smallest values, and that none is smaller nearby. */
class TestFunctionTest {
  @Test
  void minima() {
    Map<String, Map<String, Object>> points =
        Map.of(
            "sphere", Map.of("x0", 0.0, "x1", 0.0, "x2", 0.0, "x3", 0.0, "x4", 0.0),
            "branin", Map.of("x0", Math.PI, "x1", 2.275),
            "hartmann6",
                Map.of(
                    "x0",
                    0.20168952,
                    "x1",
                    0.15001069,
                    "x2",
                    0.47687398,
                    "x3",
                    0.27533243,
                    "x4",
                    0.31165162,
                    "x5",
                    0.65730054),
            "rosenbrock-log", Map.of("x0", 10.0, "x1", 10.0, "x2", 10.0),
            "mixed",
                Map.of(
                    "optimizer",
                    "adamw",
                    "learning_rate",
                    1e-4,
                    "layers",
                    7L,
                    "batch",
                    32L,
                    "dropout",
                    0.1,
                    "weight_decay",
                    1e-2));
    assertThat(points.keySet()).isEqualTo(TestFunction.ALL.keySet());
    points.forEach(
        (name, point) -> {
          TestFunction function = TestFunction.ALL.get(name);
          assertThat(function.value().applyAsDouble(point))
              .as(name)
              .isCloseTo(function.minimum(), within(1e-12));
        });
  }

  @Test
  void noDrawIsBelowTheMinimum() {
    TestFunction.ALL.forEach(
        (name, function) -> {
          for (int number = 0; number < 2000; number++) {
            Map<String, Object> drawn =
                new RandomSampler(1).sample(Histories.EMPTY, function.space(), number);
            assertThat(function.value().applyAsDouble(drawn))
                .as(name)
                .isGreaterThan(function.minimum());
          }
        });
  }
}
