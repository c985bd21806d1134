package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.IntervalAccumulator;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.ScoreBlocks;
import org.sparkfinetune.task.ProblemType;

class EvaluationReportTest {
  private static Metrics metrics(ProblemType problemType, int labels, int rows) {
    Random random = new Random(1);
    MetricsAccumulator sums = Accumulators.of(problemType, labels, OptionalDouble.of(0.2));
    IntervalAccumulator cells = Accumulators.ofIntervals(problemType, labels, 0.2);
    ScoreBlocks blocks = new ScoreBlocks(problemType, labels);
    for (int i = 0; i < rows; i++) {
      // The last label has no rows.
      int[] label = {random.nextInt(labels - 1)};
      double[] weights = random.doubles(labels, 0.01, 1).toArray();
      weights[label[0]] += random.nextDouble() * labels;
      double sum = IntStream.range(0, labels).mapToDouble(j -> weights[j]).sum();
      double[] probabilities =
          IntStream.range(0, labels).mapToDouble(j -> weights[j] / sum).toArray();
      sums.add(label, probabilities);
      cells.add(label, probabilities);
      blocks.add(label, probabilities);
    }
    return sums.metrics()
        .with(
            blocks.drain().stream()
                .map(block -> RankedScores.of(block.column(), labels, List.of(block)))
                .toList())
        .with(cells.intervals(new Bootstrap(100, 1, 0.95)));
  }

  private static String page(ProblemType problemType, int labels, String rows) {
    List<String> names = IntStream.range(0, labels).mapToObj(i -> "<label> & " + i).toList();
    Metrics metrics = metrics(problemType, labels, 400);
    return EvaluationReport.html(
        rows, metrics, names, metrics(problemType, labels, 50).reliability());
  }

  @ParameterizedTest
  @CsvSource({
    "SINGLE_LABEL_CLASSIFICATION, 8",
    "SINGLE_LABEL_CLASSIFICATION, 150",
    "MULTI_LABEL_CLASSIFICATION, 8"
  })
  void isWellFormedAndSaysWhatWasMeasured(ProblemType problemType, int labels) throws Exception {
    String page = page(problemType, labels, "hdfs://host/data/te<st.csv");

    Html.parse(page);
    assertThat(page)
        .contains(
            "Evaluation on te&lt;st.csv", "test_auroc", "test_brier", "Reliability", "calibrated")
        .contains("&lt;label&gt; &amp; 3", "not defined")
        .doesNotContain("hdfs://", "<label>", "NaN", "_ci_low");
    assertThat(page.contains("When not to answer")).isEqualTo(!problemType.task().hasLabelSets());
    Map<String, Double> values = metrics(problemType, labels, 400).toMap("test_");
    assertThat(page)
        .contains(
            "%.4f to %.4f"
                .formatted(
                    values.get("test_accuracy_ci_low"), values.get("test_accuracy_ci_high")));
  }
}
