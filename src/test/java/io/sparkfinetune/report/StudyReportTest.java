package io.sparkfinetune.report;

import static io.sparkfinetune.report.Studies.START;
import static io.sparkfinetune.report.Studies.begun;
import static io.sparkfinetune.report.Studies.complete;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkfinetune.tune.CategoricalDistribution;
import io.sparkfinetune.tune.Direction;
import io.sparkfinetune.tune.Distribution;
import io.sparkfinetune.tune.FloatDistribution;
import io.sparkfinetune.tune.History;
import io.sparkfinetune.tune.SearchSpace;
import io.sparkfinetune.tune.Trial;
import io.sparkfinetune.tune.TrialState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

class StudyReportTest {
  private static final String HOSTILE =
      "</script><script>alert(1)</script>\"'&<b> \u202Eשלום 日本 \u0000\uD800";

  /** Two slots: the second trial is best, the third pruned, the fourth failed, the fifth runs. */
  private static List<Trial> trials() {
    return List.of(
        complete(0, 0, 0, 60, 0.90),
        complete(1, 1, 0, 90, 0.925),
        begun(2, 0, 60)
            .reported(10, 0.3)
            .reported(20, 0.5)
            .finished(
                TrialState.PRUNED, List.of(), List.of(), START + 80_000, "worse than the median"),
        begun(3, 0, 80)
            .finished(TrialState.FAILED, List.of(), List.of(), START + 85_000, "out of memory"),
        begun(4, 0, 90).reported(10, 0.8));
  }

  private static StudyReport.Input at(StudyReport.Input input, long seconds) {
    return new StudyReport.Input(
        input.name(),
        input.history(),
        input.space(),
        input.objectives(),
        input.importances(),
        input.slots(),
        START + 1000 * seconds,
        input.facts(),
        input.links(),
        input.runs());
  }

  private static Html report(StudyReport.Input input) throws Exception {
    return Html.parse(StudyReport.html(input));
  }

  private static Html report(List<Trial> trials) throws Exception {
    return report(Studies.input(Direction.MAXIMIZE, trials, 2));
  }

  /** The numbers of an SVG path or an attribute. */
  private static double[] numbers(String path) {
    Matcher number = Pattern.compile("-?\\d+(\\.\\d+)?").matcher(path);
    return number.results().mapToDouble(found -> Double.parseDouble(found.group())).toArray();
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
    List<Trial> trials = new ArrayList<>(trials());
    trials.add(Trial.waiting(5, Map.of(), Map.of()));
    // Was interrupted, and has to run again.
    trials.add(
        begun(6, 1, 90)
            .finished(TrialState.WAITING, List.of(), List.of(), 0, "its executor was lost"));
    StudyReport.Input input = Studies.input(Direction.MAXIMIZE, trials, 2);
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
  void theHistoryMarksEachTrialAndStepsAlongTheBest() throws Exception {
    Html html = report(trials());

    String figure = "//figure[figcaption/b='eval_accuracy by trial']";
    assertThat(html.texts(figure + "//li/span"))
        .containsExactly("complete", "pruned", "failed", "running", "best");
    assertThat(html.all(figure + "/svg//*[@data-trial]").stream().map(e -> data(e)))
        .containsExactly("3", "2", "4", "0", "1");
    // From trial 0 up to trial 1, and on to the last.
    Element first = html.all(figure + "//circle[@data-trial='0']").get(0);
    Element second = html.all(figure + "//circle[@data-trial='1']").get(0);
    Element last = html.all(figure + "//circle[@data-trial='4']").get(0);
    assertThat(html.all(figure + "/svg/path").get(0).getAttribute("d"))
        .isEqualTo(
            "M%s %sH%sV%sH%s"
                .formatted(
                    first.getAttribute("cx"),
                    first.getAttribute("cy"),
                    second.getAttribute("cx"),
                    second.getAttribute("cy"),
                    last.getAttribute("cx")));
    assertThat(numbers(second.getAttribute("cy"))[0])
        .isLessThan(numbers(first.getAttribute("cy"))[0]);
    assertThat(html.texts(figure + "/p"))
        .containsExactly("1 trial has no number for a value, and is marked at the edge.");
  }

  private static String data(Element element) {
    return element.getAttribute("data-trial");
  }

  @Test
  void curvesEndWhereTheirTrialsDo() throws Exception {
    Html html = report(trials());

    String figure = "//figure[figcaption/b='eval_accuracy on the way']";
    double[] path = numbers(html.all(figure + "//path[@data-trial='2']").get(0).getAttribute("d"));
    Element end = html.all(figure + "//path[@data-trial='2']").get(1);
    assertThat(end.getAttribute("class")).isEqualTo("ring");
    double[] mark = numbers(end.getAttribute("d"));
    assertThat(mark[0]).isEqualTo(path[2]);
    assertThat(mark[1] + 4).isCloseTo(path[3], within(0.11));
    assertThat(html.all(figure + "//*[@data-trial='0']")).isEmpty();
  }

  @Test
  void linesCrossTheAxesAtTheirValues() throws Exception {
    Map<String, Distribution> space = new LinkedHashMap<>();
    space.put("training.rate", new FloatDistribution(1e-4, 1e-2, true, 0));
    space.put("model.pooling", new CategoricalDistribution(List.of("mean", "cls")));
    Map<String, Object> all = Map.of("training.rate", 1e-3, "model.pooling", "cls");
    Map<String, Object> some = Map.of("training.rate", 1e-2);
    List<Trial> trials =
        List.of(
            Trial.waiting(0, all, space)
                .started(0, START)
                .finished(TrialState.COMPLETE, List.of(0.0), List.of(), START + 1, ""),
            Trial.waiting(1, some, space)
                .started(0, START)
                .finished(TrialState.COMPLETE, List.of(1.0), List.of(), START + 1, ""));
    Html html =
        report(
            new StudyReport.Input(
                "s",
                new History(List.of(Direction.MAXIMIZE), trials),
                SearchSpace.of(space),
                List.of("f1"),
                Map.of(),
                1,
                START,
                Map.of(),
                Map.of(),
                Map.of()));

    String figure = "//figure[figcaption/b='Parallel coordinates']";
    assertThat(html.texts(figure + "//text[contains(@class, 'name')]/title"))
        .containsExactly("training.rate", "model.pooling", "f1");
    double[] first = numbers(html.all(figure + "//path[@data-trial='0']").get(0).getAttribute("d"));
    double[] second =
        numbers(html.all(figure + "//path[@data-trial='1']").get(0).getAttribute("d"));
    // Axes from 52 to 318: the middle of the decades, the upper half for the second choice.
    assertThat(first[1]).isEqualTo(185);
    assertThat(first[3]).isEqualTo(118.5);
    assertThat(first[5]).isEqualTo(318);
    assertThat(second[1]).isEqualTo(52);
    assertThat(second[3]).isGreaterThan(318);
    assertThat(second[5]).isEqualTo(52);
    assertThat(html.texts(figure + "//text[.='not set']")).hasSize(1);
    // The slice of the rate has a logarithmic axis, that of the choice says who is missing.
    assertThat(html.texts("//div[contains(@class, 'small')]//text[contains(@class, 'name')]"))
        .containsExactly("rate (log scale)", "pooling");
    assertThat(html.texts("//figure[figcaption/b='model.pooling']/p"))
        .containsExactly("1 trial is without it.");
    assertThat(html.texts("//figure[figcaption/b='model.pooling']//text[title]/title"))
        .containsExactly("mean", "cls");
  }

  @Test
  void barsLieWhereTheirTrialsRan() throws Exception {
    Html html = report(at(Studies.input(Direction.MAXIMIZE, trials(), 2), 100));

    String figure = "//section[h2='Slots']//figure";
    List<Element> bars = html.all(figure + "//rect[@data-trial]");
    assertThat(bars.stream().map(bar -> data(bar))).containsExactly("0", "1", "2", "3", "4");
    double left = numbers(bars.get(0).getAttribute("x"))[0];
    double minute = numbers(bars.get(2).getAttribute("x"))[0] - left;
    double end = 1184 - 20;
    assertThat(minute / (end - left)).isCloseTo(0.6, within(0.001));
    // To the pixel's tenth, and 0.7 that are left free between two bars.
    assertThat(numbers(bars.get(4).getAttribute("width"))[0] + 0.7)
        .isCloseTo((end - left) / 10, within(0.11));
    assertThat(bars.get(0).getAttribute("y")).isEqualTo(bars.get(2).getAttribute("y"));
    assertThat(numbers(bars.get(1).getAttribute("y"))[0])
        .isGreaterThan(numbers(bars.get(0).getAttribute("y"))[0]);
    assertThat(html.texts("//section[h2='Slots']/p"))
        .containsExactly(
            "Trials ran for 3 min 5 s in 2 slots: 92.5 % of the 3 min 20 s between the first"
                + " start and the present.");
    assertThat(html.texts(figure + "//text[contains(@class, 'name')]"))
        .containsExactly("seconds since the start");
  }

  @Test
  void importancesAreBarsWithTheLargestFirst() throws Exception {
    StudyReport.Input input = Studies.input(Direction.MAXIMIZE, trials(), 2);
    Map<String, Double> importances = new LinkedHashMap<>();
    importances.put("training.epochs", 0.25);
    importances.put("training.optimizer", Double.NaN);
    importances.put("training.learning_rate", 0.5);

    Html html =
        report(
            new StudyReport.Input(
                "s",
                input.history(),
                input.space(),
                input.objectives(),
                importances,
                2,
                START,
                Map.of(),
                Map.of(),
                Map.of()));

    assertThat(html.rows("Parameters"))
        .containsExactly(
            List.of("training.learning_rate", "0.500"),
            List.of("training.epochs", "0.250"),
            List.of("training.optimizer", "NaN"));
    assertThat(
            html.all("//td[contains(@class, 'bar')]").stream().map(td -> td.getAttribute("style")))
        .containsExactly("--share:1.000", "--share:0.500");
    assertThat(html.texts("//div[contains(@class, 'small')]//figcaption/b"))
        .startsWith("training.learning_rate", "training.epochs");
  }

  @Test
  void theFrontOfTwoObjectivesIsConnected() throws Exception {
    List<Trial> trials =
        List.of(
            complete(0, 0, 0, 1, 0.9, 10.0),
            complete(1, 0, 1, 2, 0.8, 5.0),
            complete(2, 0, 2, 3, 0.8, 7.0),
            complete(3, 0, 3, 4, 0.95, Double.NaN),
            complete(4, 0, 4, 5, 0.7, 2.0));
    History history = new History(List.of(Direction.MAXIMIZE, Direction.MINIMIZE), trials);

    Html html = report(Studies.input(history, List.of("eval_accuracy", "latency"), 1));

    assertThat(html.texts("//ul[@class='tiles']/li[position() < 3]/b"))
        .containsExactly("0.9000", "2");
    assertThat(html.rows("Pareto front").stream().map(row -> row.subList(0, 4)))
        .containsExactly(
            List.of("0", "complete", "0.9000", "10"),
            List.of("1", "complete", "0.8000", "5"),
            List.of("4", "complete", "0.7000", "2"));
    String figure = "//section[h2='Pareto front']//figure";
    assertThat(html.texts(figure + "/figcaption/b"))
        .containsExactly("eval_accuracy against latency");
    assertThat(html.all(figure + "//g[contains(@class, 'best')]/circle[title]")).hasSize(3);
    double[] steps = numbers(html.all(figure + "/svg/path").get(0).getAttribute("d"));
    Element first = html.all(figure + "//circle[@data-trial='0']").get(0);
    Element last = html.all(figure + "//circle[@data-trial='4']").get(0);
    assertThat(steps).hasSize(6);
    assertThat(steps[0]).isEqualTo(numbers(first.getAttribute("cx"))[0]);
    assertThat(steps[4]).isEqualTo(numbers(last.getAttribute("cy"))[0]);
    assertThat(steps[5]).isEqualTo(numbers(last.getAttribute("cx"))[0]);
  }

  @Test
  void threeObjectivesHaveAChartAPair() throws Exception {
    History history =
        new History(
            List.of(Direction.MAXIMIZE, Direction.MINIMIZE, Direction.MINIMIZE),
            List.of(complete(0, 0, 0, 1, 0.9, 10.0, 3.0), complete(1, 0, 1, 2, 0.8, 5.0, 4.0)));

    Html html = report(Studies.input(history, List.of("a", "b", "c"), 1));

    assertThat(html.texts("//section[h2='Pareto front']//figcaption/b"))
        .containsExactly("a against b", "a against c", "b against c");
    assertThat(html.all("//section[h2='Pareto front']//path[@class='line best']")).isEmpty();
  }

  @Test
  void whatDoesNotMeetTheConstraintsIsNotTheBest() throws Exception {
    Trial unmet =
        begun(1, 0, 60)
            .finished(TrialState.COMPLETE, List.of(0.99), List.of(-1.0, 2.5), START + 90_000, "");

    Html html = report(List.of(complete(0, 0, 0, 60, 0.9), unmet));

    assertThat(html.texts("//ul[@class='tiles']/li[1]/b")).containsExactly("0.9000");
    assertThat(html.texts("//section[h2='Trials']//tbody/tr/*[4]")).containsExactly("", "2.5000");
    assertThat(html.texts("//figure[1]//li/span")).contains("constraints not met");
  }

  @Test
  void valuesThatAreNoNumbersAreMarkedAndLeftOutOfTheScale() throws Exception {
    Html html =
        report(
            List.of(
                complete(0, 0, 0, 1, Double.NaN),
                complete(1, 0, 1, 2, 0.5),
                complete(2, 0, 2, 3, Double.NEGATIVE_INFINITY),
                complete(3, 0, 3, 4, 0.7)));

    assertThat(html.texts("//ul[@class='tiles']/li[1]/b")).containsExactly("0.7000");
    assertThat(html.texts("//figure[figcaption/b='eval_accuracy by trial']/p"))
        .containsExactly("2 trials have no number for a value, and are marked at the edge.");
    assertThat(html.texts("//section[h2='Trials']//tbody/tr/td[2]"))
        .containsExactly("0.7000", "0.5000", "-∞", "NaN");
  }

  @Test
  void onlyNaNIsNoBest() throws Exception {
    Html html = report(List.of(complete(0, 0, 0, 1, Double.NaN)));

    assertThat(html.texts("//ul[@class='tiles']/li/span[1]")).startsWith("trials");
    assertThat(html.texts("//h2")).containsExactly("Slots", "Trials");
    assertThat(html.texts("//main/p")).containsExactly("No trial has a number for a value yet.");
  }

  @Test
  void ofAwfulValuesTheGoodOnesAreStillToldApart() throws Exception {
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      trials.add(complete(i, 0, i, i + 1, i == 4 ? -1e6 : 0.9 + 0.005 * i));
    }

    Html html = report(trials);

    String figure = "//figure[figcaption/b='eval_accuracy by trial']";
    double worst = numbers(html.all(figure + "//*[@data-trial='0']").get(0).getAttribute("cy"))[0];
    double best = numbers(html.all(figure + "//*[@data-trial='9']").get(0).getAttribute("cy"))[0];
    assertThat(worst - best).isGreaterThan(40);
    assertThat(html.texts(figure + "/p"))
        .containsExactly("1 value is far worse, and is drawn at the edge.");
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
    List<Trial> trials = new ArrayList<>();
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
    StudyReport.Input input = Studies.input(Direction.MAXIMIZE, trials(), 2);
    Map<String, String> links = new LinkedHashMap<>();
    links.put("best setting", "best.conf");
    links.put("model", "hdfs://host/model");
    links.put("worse", "javascript:alert(1)");

    Html html =
        report(
            new StudyReport.Input(
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
    Trial done =
        Trial.waiting(0, params, space)
            .started(0, START)
            .reported(1, 0.5)
            .finished(TrialState.COMPLETE, List.of(0.5), List.of(), START + 1000, HOSTILE);
    Trial failed =
        Trial.waiting(1, params, space)
            .started(0, START)
            .finished(TrialState.FAILED, List.of(), List.of(), START + 1000, HOSTILE.repeat(30));

    String page =
        StudyReport.html(
            new StudyReport.Input(
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
    List<Trial> trials = Studies.random(searched, 1000, 4, 1);

    String page =
        StudyReport.html(
            new StudyReport.Input(
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
  void thousandsOfIntermediateValuesAreThinnedOut() throws Exception {
    List<Trial> trials = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      TreeMap<Integer, Double> values = new TreeMap<>();
      for (int step = 0; step < 5000; step++) {
        values.put(step, random.nextDouble());
      }
      trials.add(
          new Trial(
              i,
              TrialState.COMPLETE,
              Map.of(),
              Map.of(),
              List.of(0.5),
              values,
              List.of(),
              START,
              START + 1,
              0,
              ""));
    }

    assertThat(StudyReport.html(Studies.input(Direction.MAXIMIZE, trials, 1)).length())
        .isLessThan(800_000);
  }

  @Test
  void anObjectiveWithoutANameIsRefused() {
    History history = new History(List.of(Direction.MAXIMIZE, Direction.MINIMIZE), List.of());

    assertThatThrownBy(() -> Studies.input(history, List.of("a"), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("objectives [a] for directions [MAXIMIZE, MINIMIZE]");
  }
}
