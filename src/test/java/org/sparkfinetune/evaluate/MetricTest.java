package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.task.ProblemType;

class MetricTest {
  /** Cells of a line of the table, but for the words at its end. */
  private static final Pattern LINE = Pattern.compile("(?m)^(\\| `.*) \\| [^|]+ \\|$");

  @Test
  void theDocsListThemAll() throws IOException {
    List<String> listed = new ArrayList<>();
    Matcher lines = LINE.matcher(Files.readString(Path.of("docs/metrics.md")));
    while (lines.find()) {
      listed.add(lines.group(1));
    }

    assertThat(listed)
        .containsExactlyElementsOf(Arrays.stream(Metric.values()).map(MetricTest::line).toList());
  }

  private static String line(Metric metric) {
    String better =
        switch (metric.better()) {
          case MORE -> "more";
          case LESS -> "less";
          case NEITHER -> "";
        };
    String names =
        Arrays.stream(Stage.values())
            .filter(metric.stages()::contains)
            .map(stage -> "`" + metric.at(stage) + "`")
            .collect(Collectors.joining(", "));
    return "| `%s` | %s | %s | %s | %s"
        .formatted(
            metric.key(),
            better,
            metric.isDefinedFor(ProblemType.SINGLE_LABEL_CLASSIFICATION) ? "yes" : "",
            metric.isDefinedFor(ProblemType.MULTI_LABEL_CLASSIFICATION) ? "yes" : "",
            names);
  }

  @ParameterizedTest
  @EnumSource
  void rowsAreMeasuredByThoseOfTheirProblemType(ProblemType problemType) {
    Set<String> declared = new TreeSet<>(Set.of(Metric.SAMPLES.key()));
    for (Metric metric : Metric.values()) {
      if (metric.isOfPredictions()
          && metric.isDefinedFor(problemType)
          && metric.stages().contains(Stage.TEST)) {
        declared.add(metric.key());
      }
    }

    MetricsAccumulator rows = Accumulators.of(problemType, 2, OptionalDouble.of(0.5));
    assertThat(rows.metrics().with(List.of()).toMap("").keySet())
        .containsExactlyInAnyOrderElementsOf(declared);
    declared.removeIf(key -> !MetricName.of("eval_" + key).isPresent());
    assertThat(rows.metrics().toMap("").keySet()).containsExactlyInAnyOrderElementsOf(declared);
  }

  @ParameterizedTest
  @EnumSource
  void theBestModelIsToldByOneOfThoseThatTellIt(ProblemType problemType) {
    assertThat(Metric.ofPredictions(problemType))
        .contains(Metric.ofBestModel(problemType))
        .allMatch(metric -> metric.better() != Better.NEITHER);
  }

  @Test
  void aNameIsReadAsItIsWritten() {
    for (Metric metric : Metric.values()) {
      for (Stage stage : metric.stages()) {
        assertThat(MetricName.of(metric.at(stage))).hasValue(new MetricName(metric, stage));
      }
    }
    assertThatThrownBy(() -> Metric.RUNTIME.at(Stage.TEST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("runtime is not measured at TEST");
  }
}
