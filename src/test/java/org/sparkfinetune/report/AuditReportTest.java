package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

class AuditReportTest {
  static AuditFigures figures(int classes) {
    return new AuditFigures(
        10_000,
        5,
        "prune_by_noise_rate",
        "self_confidence",
        0.9132,
        421,
        0.0503,
        IntStream.range(0, classes)
            .mapToObj(
                k ->
                    new AuditFigures.OfClass(
                        "label_" + k,
                        k == 0 ? 0 : 100 + k,
                        k == 0 ? 0 : k % 9,
                        0.87,
                        k == 0 ? Optional.empty() : Optional.of(0.8),
                        k % 9 / 100.0,
                        1.0 / classes))
            .toList(),
        IntStream.range(0, classes)
            .mapToObj(k -> new AuditFigures.Overlap("label_" + k, "label_" + (k + 1), classes - k))
            .toList(),
        IntStream.range(0, classes)
            .mapToObj(
                k ->
                    new AuditFigures.Pair(
                        "label_" + k, "label_" + (k + 1), classes - k, (classes - k) / 1e4))
            .toList(),
        IntStream.range(0, 50)
            .mapToObj(
                k ->
                    new AuditFigures.Worst(
                        k == 0 ? "<script>alert(1)</script> & \"x\"" : "where is my parcel " + k,
                        "label_1",
                        "label_2",
                        0.001 * k))
            .toList(),
        1,
        List.of(new AuditFigures.Outlier("<b>lorem</b> ipsum", "label_1", 0.0004)),
        new AuditFigures.Duplicates(
            12, 25, 7, 15, 3, List.of(new AuditFigures.Leak("test", 4, 2))));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 150})
  void aPageHoldsWhatWasFound(int classes) throws Exception {
    String html = AuditReport.html(figures(classes));

    Document page =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(
                new ByteArrayInputStream(
                    html.replace("<!DOCTYPE html>\n", "").getBytes(StandardCharsets.UTF_8)));
    assertThat(page.getElementsByTagName("h2").getLength()).isEqualTo(6);
    assertThat(page.getElementsByTagName("script").getLength()).isEqualTo(1);
    String text = page.getDocumentElement().getTextContent();
    assertThat(text)
        .contains("<script>alert(1)</script>", "421", "5.0 %", "label_" + (classes - 1));
    // 50 rows, an outlier, 30 pairs of labels at most in two tables, the labels, three kinds of
    // duplicates and two of leaks.
    assertThat(page.getElementsByTagName("tbody").getLength()).isEqualTo(6);
    int rows = 50 + 1 + 2 * Math.min(30, classes) + classes + 5;
    assertThat(page.getElementsByTagName("tr").getLength()).isEqualTo(rows + 6);
  }

  @ParameterizedTest
  @ValueSource(ints = 8)
  void nothingFoundIsSaid(int classes) {
    AuditFigures some = figures(classes);
    String html =
        AuditReport.html(
            new AuditFigures(
                some.rows(),
                some.folds(),
                some.filter(),
                some.score(),
                1,
                0,
                0,
                some.classes(),
                List.of(),
                List.of(),
                List.of(),
                0,
                List.of(),
                some.duplicates()));

    assertThat(html)
        .contains(
            "No label is called an issue.",
            "No label is taken for another one.",
            "No two labels overlap.",
            "Rows with sets of labels have no outlier score.");
  }
}
