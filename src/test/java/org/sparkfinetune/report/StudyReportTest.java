package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.report.Studies.START;
import static org.sparkfinetune.report.Studies.at;
import static org.sparkfinetune.report.Studies.begun;
import static org.sparkfinetune.report.Studies.complete;
import static org.sparkfinetune.report.Studies.trials;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.TrialState;

class StudyReportTest {
  private static final String HOSTILE =
      "</script><script>alert(1)</script>\"'&<b> \u202Eשלום 日本 \u0000\uD800";

  private static Html report(StudyReportInput input) throws Exception {
    return Html.parse(StudyReport.html(input));
  }

  private static Html report(List<FrozenTrial> trials) throws Exception {
    return report(Studies.input(Direction.MAXIMIZE, trials, 2));
  }

  @Test
  void theSummaryHasTheBestAndTheCounts() throws Exception {
    Html html = report(at(Studies.input(Direction.MAXIMIZE, trials(), 2), 100));

    assertThat(html.texts("//h1/bdi")).containsExactly("study");
    assertThat(html.texts("//h1/span")).containsExactly("▶ running");
    assertThat(html.texts("//header//dd"))
        .containsExactly("largest eval_accuracy", "2026-01-02 03:04 UTC", "2");
    assertThat(html.texts("//ul[@class='tiles']/li/span[1]"))
        .containsExactly("best eval_accuracy", "trials", "wall time", "compute", "busy");
    // Of 2 x 100 s, trials ran in 60 + 90 + 20 + 5 + 10 until now.
    assertThat(html.texts("//ul[@class='tiles']/li/b"))
        .containsExactly("0.9250", "5", "1 min 40 s", "3 min 5 s", "92.5 %");
    assertThat(html.texts("//ul[@class='tiles']/li/span[2]"))
        .containsExactly(
            "trial 1",
            "2 complete, 1 pruned, 1 running, 1 failed",
            "all trials' run times together",
            "of 2 slots");
    assertThat(html.rows("Best trial"))
        .containsExactlyInAnyOrder(
            List.of("training.learning_rate", "2e-5"), List.of("training.epochs", "2"));
    assertThat(html.texts("//section/h2"))
        .containsExactly("Best trial", "History", "Parameters", "Slots", "Failures", "Trials");
  }

  @Test
  void theTableHasTheBestFirst() throws Exception {
    List<FrozenTrial> trials = new ArrayList<>(trials());
    trials.add(FrozenTrial.waiting(5, Map.of(), Map.of()));
    // Was interrupted, and has to run again.
    trials.add(
        begun(6, 1, 90)
            .finished(TrialState.WAITING, List.of(), List.of(), 0, "its executor was lost"));
    StudyReportInput input = Studies.input(Direction.MAXIMIZE, trials, 2);
    Html html = report(at(input, 100));

    assertThat(html.texts("//section[h2='Trials']//thead//th"))
        .containsExactly(
            "trial",
            "state",
            "eval_accuracy",
            "learning_rate",
            "epochs",
            "took",
            "slot",
            "last step",
            "reason");
    assertThat(html.rows("Trials"))
        .containsExactly(
            List.of("1", "complete", "0.9250", "2e-5", "2", "1 min 30 s", "1", "", ""),
            List.of("0", "complete", "0.9000", "1e-5", "1", "1 min", "0", "", ""),
            List.of(
                "2", "pruned", "0.5000", "3e-5", "3", "20 s", "0", "20", "worse than the median"),
            List.of("4", "running", "0.8000", "5e-5", "1", "10 s", "0", "10", ""),
            List.of("3", "failed", "", "4e-5", "4", "5.0 s", "0", "", "out of memory"),
            List.of("5", "waiting", "", "", "", "", "", "", ""),
            List.of("6", "waiting", "", "7e-5", "3", "", "1", "", "its executor was lost"));
    assertThat(html.all("//section[h2='Slots']//rect[@data-trial]")).hasSize(5);
    assertThat(html.rows("Failures")).containsExactly(List.of("out of memory", "1", "3"));
  }

  @Test
  void lessIsBetterWhereItIsToBeMinimized() throws Exception {
    Html html = report(Studies.input(Direction.MINIMIZE, trials(), 2));

    assertThat(html.texts("//ul[@class='tiles']/li[1]/*"))
        .containsExactly("best eval_accuracy", "0.9000", "trial 0");
    assertThat(html.texts("//section[h2='Trials']//tbody//th")).startsWith("0", "1");
  }

  @Test
  void whatDoesNotMeetTheConstraintsIsNotTheBest() throws Exception {
    FrozenTrial unmet =
        begun(1, 0, 60)
            .finished(TrialState.COMPLETE, List.of(0.99), List.of(-1.0, 2.5), START + 90_000, "");

    Html html = report(List.of(complete(0, 0, 0, 60, 0.9), unmet));

    assertThat(html.texts("//ul[@class='tiles']/li[1]/b")).containsExactly("0.9000");
    assertThat(html.texts("//section[h2='Trials']//tbody/tr/*[4]")).containsExactly("", "2.5000");
    assertThat(html.texts("//figure[1]//li/span")).contains("constraints not met");
    // The best so far stays where it was.
    assertThat(html.all("//figure[1]/svg/path").get(0).getAttribute("d"))
        .matches("M[\\d.]+ [\\d.]+H[\\d.]+");
  }

  @Test
  void onlyNaNIsNoBest() throws Exception {
    Html html = report(List.of(complete(0, 0, 0, 1, Double.NaN)));

    assertThat(html.texts("//ul[@class='tiles']/li/span[1]")).startsWith("trials");
    assertThat(html.texts("//h2")).containsExactly("Slots", "Trials");
    assertThat(html.texts("//main/p")).containsExactly("No trial has a number for a value yet.");
  }

  @Test
  void aStudyWithoutTrialsHasAPage() throws Exception {
    Html html = report(List.of());

    assertThat(html.texts("//h1/span")).containsExactly("▶ running");
    assertThat(html.texts("//ul[@class='tiles']/li/b")).containsExactly("0");
    assertThat(html.all("//section")).isEmpty();
  }

  @Test
  void aStudyOfFailuresSaysWhy() throws Exception {
    List<FrozenTrial> trials = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String why = i == 3 ? "" : "out of memory";
      trials.add(
          begun(i, 0, i)
              .finished(TrialState.FAILED, List.of(), List.of(), START + 1000 * (i + 1), why));
    }

    Html html = report(trials);

    assertThat(html.texts("//h1/span")).containsExactly("✗ failed");
    assertThat(html.rows("Failures"))
        .containsExactly(
            List.of("out of memory", "19", "0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, …"),
            List.of("not known", "1", "3"));
  }

  @Test
  void linksLeadToFilesAndRunsAlone() throws Exception {
    StudyReportInput input = Studies.input(Direction.MAXIMIZE, trials(), 2);
    Map<String, String> links = new LinkedHashMap<>();
    links.put("best setting", "best.conf");
    links.put("model", "hdfs://host/model");
    links.put("worse", "javascript:alert(1)");

    Html html =
        report(
            new StudyReportInput(
                "s",
                input.history(),
                input.space(),
                input.objectives(),
                Map.of(),
                2,
                START,
                Map.of("sampler", "tpe"),
                links,
                Map.of(1, "https://host:5000/#/runs/abc", 0, "data:text/html,x")));

    assertThat(html.all("//a").stream().map(a -> a.getAttribute("href")))
        .containsExactly("best.conf", "https://host:5000/#/runs/abc");
    assertThat(html.texts("//section[h2='Best trial']//dd"))
        .containsExactly("best.conf", "hdfs://host/model", "javascript:alert(1)");
    assertThat(html.texts("//header//dt")).contains("sampler");
  }

  @Test
  void whateverTextsHoldIsTextAlone() throws Exception {
    Map<String, Distribution> space = new LinkedHashMap<>();
    space.put(HOSTILE, new CategoricalDistribution(List.of(HOSTILE, "x".repeat(300))));
    space.put("b" + HOSTILE, new FloatDistribution(0, 1, false, 0));
    Map<String, Object> params = Map.of(HOSTILE, HOSTILE, "b" + HOSTILE, 0.5);
    FrozenTrial done =
        FrozenTrial.waiting(0, params, space)
            .started(0, START)
            .reported(1, 0.5)
            .finished(TrialState.COMPLETE, List.of(0.5), List.of(), START + 1000, HOSTILE);
    FrozenTrial failed =
        FrozenTrial.waiting(1, params, space)
            .started(0, START)
            .finished(TrialState.FAILED, List.of(), List.of(), START + 1000, HOSTILE.repeat(30));

    String page =
        StudyReport.html(
            new StudyReportInput(
                HOSTILE,
                new History(List.of(Direction.MAXIMIZE), List.of(done, failed)),
                SearchSpace.of(space),
                List.of(HOSTILE),
                Map.of(HOSTILE, 0.5),
                1,
                START,
                Map.of(HOSTILE, HOSTILE),
                Map.of(HOSTILE, HOSTILE),
                Map.of(0, HOSTILE)));

    Html html = Html.parse(page);
    String shown = HOSTILE.replaceAll("[\u0000\uD800]", "\uFFFD");
    assertThat(html.texts("//h1/bdi")).containsExactly(shown);
    assertThat(html.texts("//section[h2='Best trial']//td")).contains(shown);
    assertThat(html.all("//script")).hasSize(1);
    assertThat(html.all("//b[ancestor::th or ancestor::td] | //a")).isEmpty();
    assertThat(page.split("</script", -1)).hasSize(2);
    assertThat(page.split("</style", -1)).hasSize(2);
  }

  @Test
  void aThousandTrialsOfTenParametersAreAPageOfAFewMegabytes() throws Exception {
    Map<String, Distribution> space = new LinkedHashMap<>();
    space.put("training.learning_rate", new FloatDistribution(1e-5, 1e-3, true, 0));
    for (int i = 1; i < 10; i++) {
      space.put("training.parameter_" + i, new FloatDistribution(0, 1, false, 0));
    }
    SearchSpace searched = SearchSpace.of(space);
    List<FrozenTrial> trials = Studies.random(searched, 1000, 4, 1);

    String page =
        StudyReport.html(
            new StudyReportInput(
                "s",
                new History(List.of(Direction.MAXIMIZE), trials),
                searched,
                List.of("eval_accuracy"),
                Map.of(),
                4,
                START,
                Map.of(),
                Map.of(),
                Map.of()));

    Html html = Html.parse(page);
    assertThat(html.all("//details//tbody/tr")).hasSize(1000);
    assertThat(html.texts("//summary")).containsExactly("All 1000 trials");
    assertThat(html.all("//div[contains(@class, 'small')]/figure")).hasSize(10);
    assertThat(page.length()).isLessThan(4_000_000);
    assertThat(
            page.replace("http://www.w3.org/1999/xhtml", "")
                .replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:", "src=", "href=", "@import", "url(");
  }

  @Test
  void anObjectiveWithoutANameIsRefused() {
    History history = new History(List.of(Direction.MAXIMIZE, Direction.MINIMIZE), List.of());

    assertThatThrownBy(() -> Studies.input(history, List.of("a"), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("objectives [a] for directions [MAXIMIZE, MINIMIZE]");
  }
}
