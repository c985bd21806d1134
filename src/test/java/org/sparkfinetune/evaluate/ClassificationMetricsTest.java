package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.Config;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sparkfinetune.evaluate.ClassificationMetrics.Accumulator;

class ClassificationMetricsTest {
  private static final double TOLERANCE = 1e-12;

  @TestFactory
  Stream<DynamicTest> equalsScikitLearn() {
    return Goldens.cases().stream()
        .map(golden -> DynamicTest.dynamicTest(golden.getString("name"), () -> check(golden)));
  }

  private static void check(Config golden) {
    ClassificationMetrics metrics = Goldens.metrics(golden);
    assertThat(metrics.n()).isEqualTo(golden.getIntList("labels").size());
    close(metrics.accuracy(), golden.getDouble("accuracy"));
    close(metrics.loss(), golden.getDouble("loss"));
    check(metrics.macro(), golden.getConfig("macro"));
    check(metrics.weighted(), golden.getConfig("weighted"));
    List<? extends Config> perClass = golden.getConfigList("per_class");
    assertThat(metrics.perLabel()).hasSameSizeAs(perClass);
    for (int label = 0; label < perClass.size(); label++) {
      check(metrics.perLabel().get(label), perClass.get(label));
      assertThat(metrics.perLabel().get(label).support())
          .isEqualTo(perClass.get(label).getLong("support"));
      List<?> row = (List<?>) golden.getList("confusion_matrix").get(label).unwrapped();
      for (int predicted = 0; predicted < row.size(); predicted++) {
        assertThat(metrics.confusionMatrix().count(label, predicted))
            .isEqualTo(((Number) row.get(predicted)).longValue());
      }
    }
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
  void partitionsMergeToTheWhole() throws Exception {
    Config golden = Goldens.cases().get(1);
    int n = golden.getIntList("labels").size();
    Accumulator merged =
        Goldens.accumulate(golden, 0, 70)
            .merge(throughSerialization(Goldens.accumulate(golden, 70, 71)).state())
            .merge(new Accumulator(golden.getInt("classes")).state())
            .merge(Goldens.accumulate(golden, 71, n).state());

    // Bit for bit, whoever has which rows.
    assertThat(merged.metrics().toMap("")).isEqualTo(Goldens.metrics(golden).toMap(""));
  }

  private static Accumulator throughSerialization(Accumulator accumulator) throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var out = new ObjectOutputStream(bytes)) {
      out.writeObject(accumulator);
    }
    try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (Accumulator) in.readObject();
    }
  }

  @Test
  void namesMetricsAsHuggingFaceDoes() {
    Accumulator accumulator = new Accumulator(2);
    accumulator.add(0, new double[] {0.5, 0.5});
    accumulator.add(1, new double[] {0.75, 0.25});

    var map = accumulator.metrics().toMap("eval_");

    assertThat(map)
        .containsOnlyKeys(
            "eval_loss",
            "eval_accuracy",
            "eval_balanced_accuracy",
            "eval_top_3_accuracy",
            "eval_top_5_accuracy",
            "eval_f1",
            "eval_f1_micro",
            "eval_f1_weighted",
            "eval_precision",
            "eval_precision_micro",
            "eval_precision_weighted",
            "eval_recall",
            "eval_recall_micro",
            "eval_recall_weighted",
            "eval_mcc",
            "eval_cohen_kappa",
            "eval_brier",
            "eval_ece",
            "eval_ece_classwise",
            "eval_mce",
            "eval_samples")
        .containsEntry("eval_accuracy", 0.5)
        .containsEntry("eval_samples", 2.0);
    close(map.get("eval_loss"), (Math.log(2) + Math.log(4)) / 2);
    close(map.get("eval_f1"), (2.0 / 3 + 0) / 2);
  }

  @Test
  void metricsDoNotChangeWithRowsAddedLater() {
    Accumulator accumulator = new Accumulator(2);
    accumulator.add(0, new double[] {1, 0});
    ClassificationMetrics before = accumulator.metrics();
    accumulator.add(0, new double[] {0, 1});

    assertThat(before.n()).isEqualTo(1);
    assertThat(before.accuracy()).isEqualTo(1);
    assertThat(accumulator.metrics().accuracy()).isEqualTo(0.5);
  }

  @Test
  void noRowsGiveZeros() {
    assertThat(new Accumulator(3).metrics().toMap("").values()).containsOnly(0.0);
  }

  @Test
  void refusesWhatIsNoClassAndNoProbability() {
    Accumulator accumulator = new Accumulator(2);
    double[] half = {0.5, 0.5};
    assertThatThrownBy(() -> accumulator.add(2, half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 2, predicted 0: expected 0 to 1");
    assertThatThrownBy(() -> accumulator.add(new int[] {0, 1}, half))
        .hasMessage("2 labels of a row: expected one");
    assertThatThrownBy(() -> accumulator.add(0, new double[3]))
        .hasMessage("3 probabilities for 2 labels");
    assertThatThrownBy(() -> accumulator.add(0, new double[] {1, Double.NaN}))
        .hasMessage("probability NaN: expected 0 to 1");
    assertThatThrownBy(() -> accumulator.merge(new Accumulator(3).state()))
        .hasMessage("cannot merge 3 classes into 2");
    assertThat(accumulator.metrics().n()).isZero();
  }
}
