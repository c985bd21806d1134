package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestProbabilities;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.MultiLabelMetrics;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.Point;
import org.sparkfinetune.track.RunStatus;
import org.w3c.dom.Element;

class RunReportTest {
  private static final String HOSTILE =
      "</script><script>alert(1)</script>\"'&<b> \u202Eשלום 日本 \u0000\uD800";

  private static Map<String, List<Point>> metrics() {
    Map<String, List<Point>> metrics = new LinkedHashMap<>();
    metrics.put("loss", Runs.points(100, i -> 2.0 / i));
    metrics.put("learning_rate", Runs.points(100, i -> 2e-4 * (100 - i) / 100));
    metrics.put("eval_loss", Runs.points(3, i -> i == 2 ? 0.25 : 0.5));
    metrics.put("eval_accuracy", Runs.points(3, i -> 0.9 + 0.01 * i));
    metrics.put("test_accuracy", List.of(new Point(100, Runs.START, 0.958333)));
    metrics.put("train_runtime", List.of(new Point(100, Runs.START, 61)));
    metrics.put("system/gpu_0_power", Runs.points(5, i -> i));
    metrics.put("system/gpu_1_power", Runs.points(5, i -> i));
    return metrics;
  }

  /** Four rows of a, of which one is predicted b, and one of b. */
  private static ClassResults classes(String a, String b) {
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(2);
    rows.add(0, TestProbabilities.of(2, 0, 0, 0.9));
    rows.add(0, TestProbabilities.of(2, 0, 0, 0.9));
    rows.add(0, TestProbabilities.of(2, 0, 0, 0.9));
    rows.add(0, TestProbabilities.of(2, 0, 1, 0.1));
    rows.add(1, TestProbabilities.of(2, 1, 1, 0.9));
    return ClassResults.of(rows.metrics(), List.of(a, b));
  }

  private static Html report(RunSnapshot run, Optional<ClassResults> classes) throws Exception {
    return Html.parse(RunReport.html(run, classes, Map.of()));
  }

  @Test
  void theHeaderSaysWhatMattersMost() throws Exception {
    Html html = report(Runs.run("first", metrics()), Optional.empty());

    assertThat(html.texts("//h1/bdi")).containsExactly("first");
    assertThat(html.texts("//h1/span")).containsExactly("✓ finished");
    assertThat(html.texts("//header//dt"))
        .containsExactly("started", "took", "base model", "experiment", "run");
    assertThat(html.texts("//header//dd"))
        .containsExactly(
            "2026-01-02 03:04 UTC",
            "2 min 14 s",
            "minilm-l6",
            "intents",
            "0123456789abcdef0123456789abcdef");
    assertThat(html.texts("//ul[@class='tiles']/li/b"))
        .containsExactly("0.9583", "0.9300", "0.5000", "1 min 1 s");
    assertThat(html.texts("//ul[@class='tiles']/li/span[2]"))
        .containsExactly("best 0.2500 at step 2");
  }

  @Test
  void theTilesAreOfTheWeightsThatWereKept() throws Exception {
    Map<String, List<RunSnapshot.Point>> metrics = metrics();
    metrics.put("best_eval_loss", Runs.points(1, i -> 0.25));
    metrics.put("best_eval_accuracy", Runs.points(1, i -> 0.93));
    Html html = report(Runs.run("first", metrics), Optional.empty());

    assertThat(html.texts("//ul[@class='tiles']/li/span[1]"))
        .containsExactly("test_accuracy", "best_eval_accuracy", "best_eval_loss", "train_runtime");
    assertThat(html.texts("//ul[@class='tiles']/li/b"))
        .containsExactly("0.9583", "0.9300", "0.2500", "1 min 1 s");
    assertThat(html.texts("//ul[@class='tiles']/li/span[2]"))
        .containsExactly("at step 2, last 0.5000");
  }

  @Test
  void curvesTablesAndFiles() throws Exception {
    Html html = report(Runs.run("first", metrics()), Optional.of(classes("a", "b")));

    assertThat(html.texts("//section/h2"))
        .containsExactly(
            "Training",
            "Classes",
            "Confusions",
            "Metrics",
            "Configuration",
            "Data",
            "Files",
            "System");
    assertThat(html.texts("//section[h2='Training']//figcaption/b"))
        .containsExactly("Loss", "Accuracy", "Learning rate");
    assertThat(html.texts("//section[h2='Training']//figure[1]//li/span"))
        .containsExactly("training loss", "mean of 5 neighbors", "validation loss");
    assertThat(html.all("//section[h2='System']//figure")).hasSize(1);
    assertThat(html.rows("Metrics"))
        .contains(
            List.of("eval_loss", "0.5000", "3", "0.2500", "0.5000", "3"),
            List.of("test_accuracy", "0.9583", "100", "", "", "1"));
    assertThat(html.rows("Data"))
        .containsExactly(
            List.of(
                "training",
                "train.csv",
                "12,345",
                "num_labels 8",
                "9f86d081884c7d65",
                "hdfs://host/train.csv",
                "text string"));
    assertThat(html.rows("Files")).containsExactly(List.of("report.txt", "3.3 KB"));
  }

  @Test
  void classesAndConfusionsHaveTheirNumbers() throws Exception {
    Html html = report(Runs.run("first", metrics()), Optional.of(classes("a", "b")));

    assertThat(html.rows("Classes"))
        .containsExactly(
            List.of("a", "1.0000", "0.7500", "0.8571", "4"),
            List.of("b", "0.5000", "1.0000", "0.6667", "1"),
            List.of("macro average", "0.7500", "0.8750", "0.7619", "5"),
            List.of("weighted average", "0.9000", "0.8000", "0.8190", "5"));
    assertThat(html.rows("Confusions")).containsExactly(List.of("a", "b", "1", "25.0 %"));
    assertThat(html.texts("//section[h2='Confusions']//rect[@fill-opacity]/title"))
        .containsExactly(
            "a → a: 3 of 4 rows (75.0 %)",
            "a → b: 1 of 4 rows (25.0 %)", "b → b: 1 of 1 rows (100.0 %)");
    List<Element> cells = html.all("//section[h2='Confusions']//rect[@fill-opacity]");
    assertThat(cells.get(1).getAttribute("y")).isEqualTo(cells.get(0).getAttribute("y"));
    assertThat(Double.parseDouble(cells.get(1).getAttribute("x")))
        .isGreaterThan(Double.parseDouble(cells.get(0).getAttribute("x")));
    assertThat(cells.stream().map(cell -> cell.getAttribute("class")))
        .containsExactly("right", "wrong", "right");
  }

  @Test
  void multiLabelHasNoConfusions() throws Exception {
    MultiLabelMetrics.Accumulator rows = new MultiLabelMetrics.Accumulator(2, 0.5);
    rows.add(new int[] {0}, new double[] {0.9, 0.6});

    Html html =
        report(
            Runs.run("first", metrics()),
            Optional.of(ClassResults.of(rows.metrics(), List.of("a", "b"))));

    assertThat(html.texts("//h2")).contains("Classes").doesNotContain("Confusions");
    assertThat(html.rows("Classes"))
        .hasSize(6)
        .contains(List.of("micro average", "0.5000", "1.0000", "0.6667", "1"));
  }

  @Test
  void ofManyClassesTheWeakestComeFirst() throws Exception {
    int classes = 150;
    ClassificationMetrics.Accumulator rows = new ClassificationMetrics.Accumulator(classes);
    for (int c = 0; c < classes; c++) {
      rows.add(c, TestProbabilities.of(classes, c, c, 0.5));
      rows.add(c, TestProbabilities.of(classes, c, c == 77 ? 3 : c, 0.5));
    }
    rows.add(77, TestProbabilities.of(classes, 77, 4, 0.5));
    List<String> labels = IntStream.range(0, classes).mapToObj(c -> "class " + c).toList();

    String page =
        RunReport.html(
            Runs.run("first", metrics()),
            Optional.of(ClassResults.of(rows.metrics(), labels)),
            Map.of());

    Html html = Html.parse(page);
    assertThat(html.rows("Classes").get(0)).startsWith("class 77", "1.0000", "0.3333", "0.5000");
    assertThat(html.rows("Classes")).hasSize(12 + 2 + classes);
    assertThat(html.texts("//section[h2='Confusions']//figcaption/span").get(0))
        .startsWith("the 100 of 150 classes with the most wrong rows");
    assertThat(html.texts("//rect/title")).contains("class 77 → class 3: 1 of 3 rows (33.3 %)");
    assertThat(page.length()).isLessThan(200_000);
  }

  @Test
  void whatDiffersFromItsDefaultIsMarked() throws Exception {
    Map<String, String> params =
        Map.of(
            "training.learning_rate", "2.0E-4",
            "training.adam_epsilon", "1e-8",
            "data.test", "t.csv",
            "own", "x");

    Html html =
        Html.parse(
            RunReport.html(
                Runs.run("first", metrics(), params, Map.of()),
                Optional.empty(),
                Map.of(
                    "training.learning_rate", "5.0E-5",
                    "training.adam_epsilon", "1.0E-8",
                    "data.test", "")));

    assertThat(html.texts("//section[h2='Configuration']//td[contains(@class, 'changed')]"))
        .containsExactly("t.csv  (default not set)", "2e-4  (default 5e-5)");
    assertThat(html.texts("//section[h2='Configuration']/p"))
        .containsExactly("Bold settings (2) are not at their defaults.");
    assertThat(html.rows("Configuration")).hasSize(4).contains(List.of("own", "x"));
  }

  @Test
  void whateverTextsHoldIsTextAlone() throws Exception {
    Map<String, List<Point>> metrics = metrics();
    metrics.put(HOSTILE, Runs.points(2, i -> i));
    metrics.put("system/" + HOSTILE, Runs.points(2, i -> i));
    RunSnapshot run =
        Runs.run(
            HOSTILE,
            metrics,
            Map.of(HOSTILE, HOSTILE.repeat(30)),
            Map.of(HOSTILE, HOSTILE, "mlflow.note.content", HOSTILE));

    String page = RunReport.html(run, Optional.of(classes(HOSTILE, "x".repeat(200))), Map.of());

    Html html = Html.parse(page);
    String shown = HOSTILE.replaceAll("[\u0000\uD800]", "\uFFFD");
    assertThat(html.texts("//h1/bdi")).containsExactly(shown);
    assertThat(html.all("//script")).hasSize(1);
    assertThat(html.all("//b[ancestor::th or ancestor::td]")).isEmpty();
    assertThat(html.rows("Classes").get(0)).startsWith(shown);
    assertThat(html.rows("Provenance")).containsExactly(List.of(shown, shown));
    // As HTML, a raw text would end at the first closing tag that it holds.
    assertThat(page.split("</script", -1)).hasSize(2);
    assertThat(page.split("</style", -1)).hasSize(2);
  }

  @Test
  void stepsWithoutALossAreCountedOnce() throws Exception {
    Map<String, List<Point>> metrics = metrics();
    metrics.put("loss", Runs.points(100, i -> i > 50 ? Double.NaN : 1));

    Html html = report(Runs.run("first", metrics), Optional.empty());

    assertThat(html.texts("//figure[1]/p"))
        .containsExactly("training loss: 50 of 100 values are no finite number and are left out.");
  }

  @Test
  void nothingIsFetched() {
    String page =
        RunReport.html(Runs.run("first", metrics()), Optional.of(classes("a", "b")), Map.of());

    assertThat(
            page.replace("http://www.w3.org/1999/xhtml", "")
                .replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:", "src=", "href=", "@import", "url(");
  }

  @Test
  void anEmptyRunHasAPage() throws Exception {
    RunSnapshot run =
        new RunSnapshot(
            "id",
            "",
            "",
            "",
            RunStatus.RUNNING,
            Runs.START,
            0,
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of());

    Html html = report(run, Optional.empty());

    assertThat(html.texts("//h1/bdi")).containsExactly("id");
    assertThat(html.texts("//h1/span")).containsExactly("▶ running");
    assertThat(html.texts("//p")).containsExactly("No metric has been logged yet.");
    assertThat(html.all("//section")).isEmpty();
  }

  @Test
  void aHundredThousandStepsOfManyMetricsStayOneMegabyte() {
    Map<String, List<Point>> metrics = new LinkedHashMap<>();
    for (String name : List.of("loss", "learning_rate", "grad_norm", "a", "b", "c")) {
      metrics.put(
          name, Runs.points(100_000, i -> Math.abs(Math.sin(i * 12.9898) * 43758.5453 % 1)));
    }

    assertThat(RunReport.html(Runs.run("long", metrics), Optional.empty(), Map.of()).length())
        .isLessThan(500_000);
  }
}
