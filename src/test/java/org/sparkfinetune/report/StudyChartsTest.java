package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.sparkfinetune.report.Studies.START;
import static org.sparkfinetune.report.Studies.at;
import static org.sparkfinetune.report.Studies.begun;
import static org.sparkfinetune.report.Studies.complete;
import static org.sparkfinetune.report.Studies.trials;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.TrialState;
import org.w3c.dom.Element;

/** Where the marks, lines and bars of a study's charts lie. */
class StudyChartsTest {
  private static Html report(StudyReportInput input) throws Exception {
    return Html.parse(StudyReport.html(input));
  }

  private static Html report(List<FrozenTrial> trials) throws Exception {
    return report(Studies.input(Direction.MAXIMIZE, trials, 2));
  }

  /** The numbers of an SVG path or an attribute. */
  private static double[] numbers(String path) {
    Matcher number = Pattern.compile("-?\\d+(\\.\\d+)?").matcher(path);
    return number.results().mapToDouble(found -> Double.parseDouble(found.group())).toArray();
  }

  private static String data(Element element) {
    return element.getAttribute("data-trial");
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
    List<FrozenTrial> trials =
        List.of(
            FrozenTrial.waiting(0, all, space)
                .started(0, START)
                .finished(TrialState.COMPLETE, List.of(0.0), List.of(), START + 1, ""),
            FrozenTrial.waiting(1, some, space)
                .started(0, START)
                .finished(TrialState.COMPLETE, List.of(1.0), List.of(), START + 1, ""));
    Html html =
        report(
            new StudyReportInput(
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
    StudyReportInput input = Studies.input(Direction.MAXIMIZE, trials(), 2);
    Map<String, Double> importances = new LinkedHashMap<>();
    importances.put("training.epochs", 0.25);
    importances.put("training.optimizer", Double.NaN);
    importances.put("training.learning_rate", 0.5);

    Html html =
        report(
            new StudyReportInput(
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
    List<FrozenTrial> trials =
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
  void whatWasPrunedHasNoSecondObjective() throws Exception {
    FrozenTrial pruned =
        begun(1, 0, 1)
            .reported(10, 0.5)
            .finished(TrialState.PRUNED, List.of(), List.of(), START + 2000, "");
    History history =
        new History(
            List.of(Direction.MAXIMIZE, Direction.MINIMIZE),
            List.of(complete(0, 0, 0, 1, 0.9, 10.0), pruned));

    Html html = report(Studies.input(history, List.of("a", "b"), 1));

    String figure = "//figure[figcaption/b='Parallel coordinates']";
    double label = numbers(html.all(figure + "//text[.='no value']").get(0).getAttribute("y"))[0];
    double[] line = numbers(html.all(figure + "//path[@data-trial='1']").get(0).getAttribute("d"));
    assertThat(line[line.length - 1]).isEqualTo(label - 4);
    assertThat(html.texts("//section[h2='Trials']//tbody/tr[2]/td").subList(0, 3))
        .containsExactly("pruned", "0.5000", "");
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
  void ofAwfulValuesTheGoodOnesAreStillToldApart() throws Exception {
    List<FrozenTrial> trials = new ArrayList<>();
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
  void thousandsOfIntermediateValuesAreThinnedOut() throws Exception {
    List<FrozenTrial> trials = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      TreeMap<Integer, Double> values = new TreeMap<>();
      for (int step = 0; step < 5000; step++) {
        values.put(step, random.nextDouble());
      }
      trials.add(
          new FrozenTrial(
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
}
