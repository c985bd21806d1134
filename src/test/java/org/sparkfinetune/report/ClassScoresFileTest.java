package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestProbabilities;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.MultiLabelMetrics;

class ClassScoresFileTest {
  private static final List<String> LABELS = List.of("plain", "a,\"b\"\nc", "日本");

  private static void assertReadAsWritten(ClassResults results) {
    ClassResults read = ClassScoresFile.read(ClassScoresFile.write(results, List.of()));
    assertThat(read)
        .isEqualTo(
            new ClassResults(
                results.labels(), results.scores(), results.averages(), Optional.empty()));
    assertThat(List.copyOf(read.averages().keySet()))
        .isEqualTo(List.copyOf(results.averages().keySet()));
    assertThat(read.with(results)).isEqualTo(results);
    assertThat(read.scores()).anyMatch(scores -> scores.f1() > 0 && scores.f1() < 1);
  }

  @Test
  void singleLabelsAreReadAsTheyWereWritten() {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(3);
    for (int i = 0; i < 50; i++) {
      rows.add(i % 3, TestProbabilities.of(3, i % 3, i * i % 3, 0.5));
    }
    assertReadAsWritten(ClassResults.of(rows.metrics(), LABELS));
  }

  @Test
  void multiLabelsAreReadAsTheyWereWritten() {
    MultiLabelMetrics.Accumulator rows = new MultiLabelMetrics.Accumulator(3, 0.5);
    rows.add(new int[] {0, 2}, new double[] {0.9, 0.6, 0.1});
    rows.add(new int[] {0}, new double[] {0.2, 0.3, 0.8});
    assertReadAsWritten(ClassResults.of(rows.metrics(), LABELS));
  }

  @Test
  void confusionsOfOtherLabelsAreNotTaken() {
    ClassResults other = ClassResults.ofConfusionMatrix("label,a\na,1\n");
    ClassResults read =
        ClassScoresFile.read(
            "{\"classes\": [{\"label\": \"b\", \"precision\": 1, \"recall\": 1, \"f1\": 1,"
                + " \"support\": 1}]}");
    assertThat(read.with(other)).isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "{}",
        "{\"classes\": []}",
        "{\"classes\": [{\"precision\": 1, \"recall\": 1, \"f1\": 1, \"support\": 1}]}",
        "{\"classes\": [{\"label\": \"b\", \"recall\": 1, \"f1\": 1, \"support\": 1}]}",
        "{\"classes\": [{\"label\": \"b\", \"precision\": 1, \"recall\": 1, \"f1\": 1}]}"
      })
  void anythingElseIsRefused(String content) {
    assertThatThrownBy(() -> ClassScoresFile.read(content))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("not a file of class scores of this project's (")
        .hasMessageEndingWith("): expected class_scores.json");
  }
}
