package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sparkfinetune.TestProbabilities;

class ClassificationReportTest {
  @TestFactory
  Stream<DynamicTest> readsAsScikitLearns() {
    return Goldens.cases().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(
                    golden.getString("name"),
                    () ->
                        assertThat(report(golden).full()).startsWith(golden.getString("report"))));
  }

  private static ClassificationReport report(Config golden) {
    return Goldens.metrics(golden).report(Goldens.labels(golden.getInt("classes")));
  }

  @Test
  void summaryOfManyClassesShowsTheWorstTen() {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(30);
    for (int label = 0; label < 30; label++) {
      for (int row = 0; row < 30; row++) {
        int predicted = row < label ? label : (label + 1) % 30;
        rows.add(label, TestProbabilities.of(30, label, predicted, 0.5));
      }
    }

    String summary = rows.metrics().report(Goldens.labels(30)).summary();

    assertThat(summary).startsWith("The 10 of 30 classes with the lowest F1\n");
    assertThat(summary.lines().filter(line -> line.matches(" *class_\\d+ .*")).count())
        .isEqualTo(10);
    assertThat(summary).contains("     class_0     0.0000    0.0000    0.0000        30\n");
    assertThat(summary).doesNotContain("  class_20 ");
    assertThat(summary).contains("       30  class_0 -> class_1\n       29  class_1 -> class_2\n");
  }

  @Test
  void saysWhenNothingWasConfused() {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(2);
    rows.add(0, TestProbabilities.of(2, 0, 0, 0.9));

    assertThat(rows.metrics().report(List.of("a", "b")).summary())
        .endsWith("\nNo row was predicted wrongly.\n");
  }

  @Test
  void writesTheConfusionMatrixAsCsv() {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(2);
    rows.add(0, TestProbabilities.of(2, 0, 0, 0.9));
    rows.add(0, TestProbabilities.of(2, 0, 1, 0.1));
    rows.add(1, TestProbabilities.of(2, 1, 1, 0.9));

    assertThat(
            rows.metrics().report(List.of("yes, \"sir\"", "no")).confusionMatrixCsv().orElseThrow())
        .isEqualTo("label,\"yes, \"\"sir\"\"\",no\n\"yes, \"\"sir\"\"\",1,1\nno,0,1\n");
  }

  @Test
  void labelsBringNoEscapeSequencesToTheTerminal() {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(2);
    rows.add(0, TestProbabilities.of(2, 0, 1, 0.1));

    String text = rows.metrics().report(List.of("a\u001b[2J\nb", "c\rd")).full();

    assertThat(text).contains("a\uFFFD[2J b -> c d\n").doesNotContain("\u001b", "\r");
    assertThat(text.lines()).anyMatch(line -> line.matches(" *a\uFFFD\\[2J b +0\\.0000 .*"));
  }

  @Test
  void refusesLabelsThatDoNotFit() {
    ClassificationMetrics metrics = new ClassificationMetrics.Accumulator(2).metrics();
    assertThatThrownBy(() -> metrics.report(List.of("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 labels for 2 classes");
  }
}
