package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.track.RunSnapshot;

class ComparisonReportTest {
  private static RunSnapshot run(String name, double loss, double accuracy, String rate) {
    return Runs.run(
        name,
        Map.of(
            "loss", Runs.points(50, i -> loss + 1.0 / i),
            "eval_accuracy", Runs.points(2, i -> accuracy),
            "epoch", Runs.points(50, i -> i / 50.0)),
        Map.of("training.learning_rate", rate, "model.base", "minilm-l6"),
        Map.of());
  }

  @Test
  void whatDiffersAndWhatIsBest() throws Exception {
    Html html =
        Html.parse(
            ComparisonReport.html(
                List.of(run("a<b>", 0.5, 0.9, "2.0E-4"), run("c", 0.4, 0.8, "5.0E-5"))));

    assertThat(html.texts("//h1")).containsExactly("Comparison of 2 runs");
    assertThat(html.texts("//figcaption/b")).containsExactly("loss", "eval_accuracy");
    assertThat(html.texts("//figure[1]//li/span")).containsExactly("a<b>", "c");
    assertThat(html.rows("Final metrics"))
        .containsExactlyInAnyOrder(
            List.of("loss", "0.5200", "0.4200"),
            List.of("eval_accuracy", "0.9000", "0.8000"),
            List.of("epoch", "1", "1"));
    assertThat(html.texts("//td[contains(@class, 'better')]"))
        .containsExactlyInAnyOrder("0.4200", "0.9000");
    assertThat(html.texts("//section[h2='Configuration']/p"))
        .containsExactly("1 of 2 parameters differ.");
    assertThat(html.rows("Configuration"))
        .containsExactly(
            List.of("training.learning_rate", "2e-4", "5e-5"), List.of("model.base", "minilm-l6"));
  }

  @Test
  void runsOfOneNameAreToldApart() {
    assertThat(
            ComparisonReport.names(
                List.of(run("a", 1, 1, ""), run("a", 1, 1, ""), run("b", 1, 1, ""))))
        .containsExactly("a (01234567)", "a (01234567)", "b");
  }

  @Test
  void moreRunsThanColorsAreDrawnBroken() throws Exception {
    List<RunSnapshot> runs =
        IntStream.range(0, 12).mapToObj(i -> run("r" + i, i, 0.5, "" + i)).toList();

    Html html = Html.parse(ComparisonReport.html(runs));

    assertThat(html.all("//figure[1]//g[@class='series']/path[contains(@class, 'dashed')]"))
        .hasSize(4);
  }
}
