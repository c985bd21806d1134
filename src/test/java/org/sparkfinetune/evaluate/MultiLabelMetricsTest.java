package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.Config;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sparkfinetune.evaluate.MultiLabelMetrics.Accumulator;
import org.sparkfinetune.task.ProblemType;

class MultiLabelMetricsTest {
  private static final double TOLERANCE = 1e-12;

  @TestFactory
  Stream<DynamicTest> equalsScikitLearn() {
    return Goldens.multiLabelCases().stream()
        .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> check(golden)));
  }

  private static void check(Goldens.MultiLabelCase golden) {
    MultiLabelMetrics metrics = accumulate(golden, 0, golden.labels().length).metrics();
    Config expected = golden.expected();
    assertThat(metrics.n()).isEqualTo(golden.labels().length);
    close(metrics.accuracy(), expected.getDouble("accuracy"));
    close(metrics.hammingLoss(), expected.getDouble("hamming_loss"));
    close(metrics.loss(), expected.getDouble("loss"));
    check(metrics.micro(), expected.getConfig("micro"));
    check(metrics.macro(), expected.getConfig("macro"));
    check(metrics.weighted(), expected.getConfig("weighted"));
    check(metrics.samples(), expected.getConfig("samples"));
    List<? extends Config> perLabel = expected.getConfigList("per_label");
    assertThat(metrics.perLabel()).hasSameSizeAs(perLabel);
    for (int label = 0; label < perLabel.size(); label++) {
      check(metrics.perLabel().get(label), perLabel.get(label));
      assertThat(metrics.perLabel().get(label).support())
          .isEqualTo(perLabel.get(label).getLong("support"));
    }
    assertThat(metrics.report(Goldens.labels(perLabel.size())).full())
        .startsWith(expected.getString("report"));
  }

  private static Accumulator accumulate(Goldens.MultiLabelCase golden, int from, int to) {
    Accumulator accumulator = new Accumulator(golden.probabilities()[0].length, golden.threshold());
    for (int row = from; row < to; row++) {
      accumulator.add(golden.labels()[row], golden.probabilities()[row]);
    }
    return accumulator;
  }

  private static void check(Scores actual, Config expected) {
    close(actual.precision(), expected.getDouble("precision"));
    close(actual.recall(), expected.getDouble("recall"));
    close(actual.f1(), expected.getDouble("f1"));
  }

  private static void close(double actual, double expected) {
    assertThat(actual).isCloseTo(expected, within(TOLERANCE));
  }

  @Test
  void partitionsMergeToTheWhole() {
    Goldens.MultiLabelCase golden = Goldens.multiLabelCases().get(0);
    int n = golden.labels().length;
    MultiLabelMetrics merged =
        accumulate(golden, 7, n).merge(accumulate(golden, 0, 7).state()).metrics();
    assertThat(merged.toMap("")).isEqualTo(accumulate(golden, 0, n).metrics().toMap(""));
  }

  @Test
  void aThresholdIsFoundForAllRowsWhoeverHasThem() {
    for (Goldens.MultiLabelCase golden : Goldens.multiLabelCases()) {
      int n = golden.labels().length;
      int labels = golden.probabilities()[0].length;
      MetricsAccumulator whole = unthresholded(labels);
      MetricsAccumulator[] parts = {unthresholded(labels), unthresholded(labels)};
      for (int row = 0; row < n; row++) {
        whole.add(golden.labels()[row], golden.probabilities()[row]);
        parts[row % 2].add(golden.labels()[row], golden.probabilities()[row]);
      }
      Metrics merged = parts[1].merge(parts[0].state()).metrics();

      assertThat(merged.threshold())
          .hasValue(ThresholdTuner.best(golden.labels(), golden.probabilities()));
      assertThat(merged.threshold()).isEqualTo(whole.metrics().threshold());
      assertThat(merged.toMap("")).isEqualTo(whole.metrics().toMap(""));
      assertThat(((MultiLabelMetrics) merged).micro().f1())
          .isCloseTo(golden.expected().getDouble("best_micro_f1"), within(TOLERANCE));
    }
  }

  private static MetricsAccumulator unthresholded(int labels) {
    return Accumulators.of(ProblemType.MULTI_LABEL_CLASSIFICATION, labels, OptionalDouble.empty());
  }

  @Test
  void namesItsMetrics() {
    assertThat(new Accumulator(2, 0.5).metrics().toMap("eval_"))
        .containsKeys(
            "eval_loss",
            "eval_f1_micro",
            "eval_precision_macro",
            "eval_recall_weighted",
            "eval_f1_samples",
            "eval_accuracy",
            "eval_hamming_loss",
            "eval_samples")
        .allSatisfy((name, value) -> assertThat(value).isZero());
  }

  @Test
  void refusesWhatIsNoLabelAndNoProbability() {
    Accumulator accumulator = new Accumulator(2, 0.5);
    double[] half = {0.5, 0.5};
    assertThatThrownBy(() -> accumulator.add(new int[] {2}, half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("labels [2]: expected different ones from 0 to 1");
    assertThatThrownBy(() -> accumulator.add(new int[] {1, 1}, half))
        .hasMessage("labels [1, 1]: expected different ones from 0 to 1");
    assertThatThrownBy(() -> accumulator.add(new int[0], new double[] {0, Double.NaN}))
        .hasMessage("probability NaN: expected 0 to 1");
    assertThatThrownBy(() -> accumulator.add(new int[0], new double[1]))
        .hasMessage("1 probabilities for 2 labels");
    assertThatThrownBy(() -> accumulator.merge(new Accumulator(3, 0.5).state()))
        .hasMessage("cannot merge 3 labels into 2");
    assertThat(accumulator.metrics().n()).isZero();
  }
}
