package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestProbabilities;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.ClassificationMetrics;

class ClassResultsTest {
  @Test
  void theFileOfAConfusionMatrixSaysTheSameAsTheMetrics() {
    List<String> labels = List.of("plain", "a,\"b\"\nc", "日本");
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(3);
    for (int i = 0; i < 50; i++) {
      rows.add(i % 3, TestProbabilities.of(3, i % 3, i * i % 3, 0.5));
    }
    ClassificationMetrics metrics = rows.metrics();

    ClassResults read =
        ClassResults.ofConfusionMatrix(metrics.report(labels).confusionMatrixCsv().orElseThrow());

    ClassResults expected = ClassResults.of(metrics, labels);
    assertThat(read.labels()).isEqualTo(labels);
    assertThat(read.scores()).isEqualTo(expected.scores());
    assertThat(read.averages()).isEqualTo(expected.averages());
    assertThat(read.confusions().orElseThrow().count(1, 1))
        .isEqualTo(expected.confusions().orElseThrow().count(1, 1))
        .isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "label\n",
        "label,a\n",
        "label,a\na,x\n",
        "label,a\na,-1\n",
        "label,a,b\na,1\nb,1,2\n"
      })
  void anythingElseIsRefused(String csv) {
    assertThatThrownBy(() -> ClassResults.ofConfusionMatrix(csv))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("not a confusion matrix of this project's (")
        .hasMessageEndingWith("): expected confusion_matrix.csv");
  }
}
