package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.DataReport.SplitReport;
import org.sparkfinetune.task.ProblemType;

class DataReportTest {
  @Test
  void rendersFewClassesAsATable() {
    DataReport report =
        new DataReport(
            List.of(
                new SplitReport(
                    "train",
                    Optional.of("train.csv"),
                    1500,
                    Map.of(RejectReason.BLANK_TEXT, 20L),
                    1280,
                    classes("card", 1200L, "refund", 80L)),
                new SplitReport(
                    "validation",
                    Optional.empty(),
                    0,
                    Map.of(),
                    200,
                    classes("card", 190L, "refund", 10L)),
                new SplitReport(
                    "test",
                    Optional.of("test.csv"),
                    3,
                    Map.of(RejectReason.UNSEEN_LABEL, 1L),
                    2,
                    classes("card", 2L, "refund", 0L))),
            List.of(),
            List.of("test has no row of class refund"));

    assertThat(report.render())
        .isEqualTo(
            """
            split        read  rejected   kept  source
            train       1,500        20  1,280  train.csv
            validation      -         -    200  held out of train
            test            3         1      2  test.csv
            rejected of train: blank text 20
            rejected of test: unseen label 1
            class   train  validation  test
            card    1,200         190     2
            refund     80          10     0
            warning: test has no row of class refund""");
    assertThat(report).hasToString(report.render());
  }

  @Test
  void labelsAndTextsBringNoEscapeSequencesToTheTerminal() {
    String odd = "a\u001b[2J\nb";
    SplitReport split =
        new SplitReport("train", Optional.of("t"), 1, Map.of(), 1, classes(odd, 1L, "c", 0L));
    assertThat(new DataReport(List.of(split), List.of(), List.of()).render().lines())
        .contains("a\uFFFD[2J b      1");

    DataArguments arguments = Schema.of("data", DataArguments.class).create(Map.of("train", "t"));
    Map<String, String> sources = Map.of("train", "t");
    RowGroup lost = new RowGroup("train", RejectReason.BLANK_TEXT, odd, 1, 1, 0, 0, 0, null);
    RowGroup conflict = new RowGroup("train", null, "c", 1, 1, 1, 0, 0, odd);
    RowGroup kept = new RowGroup("train", null, odd, 1, 1, 0, 0, 0, null);
    assertThatThrownBy(
            () ->
                new RowCounts(List.of(lost, conflict), ProblemType.SINGLE_LABEL_CLASSIFICATION)
                    .trainLabels(sources, arguments, false))
        .hasMessageContaining("class a\uFFFD[2J b;");
    RowCounts counts =
        new RowCounts(List.of(conflict, kept), ProblemType.SINGLE_LABEL_CLASSIFICATION);
    LabelIndex labels = counts.trainLabels(sources, arguments, false);
    assertThat(counts.report(sources, arguments, labels, false, List.of()).warnings())
        .anyMatch(warning -> warning.contains("a\uFFFD[2J b"))
        .noneMatch(warning -> warning.contains("\u001b"));
  }

  @Test
  void rendersManyClassesAsTheirSpread() {
    Map<String, Long> classes = new LinkedHashMap<>();
    for (int i = 1; i <= 77; i++) {
      classes.put("class_" + i, 10L * i);
    }
    DataReport report =
        new DataReport(
            List.of(new SplitReport("train", Optional.of("t"), 30030, Map.of(), 30030, classes)),
            List.of("a note"),
            List.of());

    assertThat(report.render().lines())
        .containsExactly(
            "split    read  rejected    kept  source",
            "train  30,030         0  30,030  t",
            "train: 77 classes, rows a class: min 10, median 390, max 770; smallest: class_1 10,"
                + " class_2 20, class_3 30",
            "note: a note");
  }

  private static Map<String, Long> classes(String a, long rowsOfA, String b, long rowsOfB) {
    Map<String, Long> classes = new LinkedHashMap<>();
    classes.put(a, rowsOfA);
    classes.put(b, rowsOfB);
    return classes;
  }
}
