package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.IntervalAccumulator;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.evaluate.PairedAccumulator;
import org.sparkfinetune.evaluate.PairedAccumulators;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.slice.SliceColumn;
import org.sparkfinetune.slice.SliceFigures;
import org.sparkfinetune.slice.SlicePlan;
import org.sparkfinetune.slice.SliceResult;
import org.sparkfinetune.slice.SliceSearch;
import org.sparkfinetune.slice.WorstBy;
import org.sparkfinetune.task.ProblemType;

/** The pages of slices and of two models. */
class SliceReportTest {
  private static final Optional<Bootstrap> BOOTSTRAP = Optional.of(new Bootstrap(60, 1, 0.95));
  private static final ProblemType TYPE = ProblemType.SINGLE_LABEL_CLASSIFICATION;

  private static SlicePlan plan(int values) {
    List<String> shops =
        IntStream.range(0, values).mapToObj(i -> i == 1 ? "<shop> & co" : "shop " + i).toList();
    return new SlicePlan(
        List.of(
            SliceColumn.ofValues("country", List.of("de", "fr", "مصر"), true, 7),
            SliceColumn.ofBins("length", new double[] {1, 5.25, 11, 48}, false, 40),
            SliceColumn.ofValues(
                "a column of a long name, whose values are long too", shops, false, values)));
  }

  private static List<String> names(int labels) {
    return IntStream.range(0, labels).mapToObj(i -> "<label> & " + i).toList();
  }

  /** Rows of one country and one length are worse than the others. */
  private static final class Rows {
    private final Random random = new Random(5);
    private final int labels;
    private final SlicePlan plan;
    private int[] slices;
    private int label;

    Rows(int labels, SlicePlan plan) {
      this.labels = labels;
      this.plan = plan;
    }

    void next(int values) {
      String[] countries = {"de", "fr", "مصر", null, "xx"};
      slices =
          plan.of(
              Arrays.asList(
                  countries[Math.min(4, random.nextInt(8))],
                  1.0 + random.nextInt(47),
                  random.nextInt(4) == 0
                      ? "<shop> & co"
                      : "shop " + (2 + random.nextInt(values - 2))));
      label = random.nextInt(labels - 1);
    }

    double[] probabilities(double skill) {
      double[] weights = random.doubles(labels, 0.01, 1).toArray();
      boolean worse = slices[1] == 1 && slices[2] > 6;
      weights[label] += worse ? 0.3 : random.nextDouble() * skill;
      double sum = Arrays.stream(weights).sum();
      return Arrays.stream(weights).map(w -> w / sum).toArray();
    }
  }

  static String evaluation(int labels, int values, int count, WorstBy by) {
    SlicePlan plan = plan(values);
    SliceSearch search = new SliceSearch(plan, List.of("refund"), by, 20, 12);
    SliceSearch.Counts counts = search.counts();
    TreeMap<Integer, MetricsAccumulator> sums = new TreeMap<>();
    TreeMap<Integer, IntervalAccumulator> cells = new TreeMap<>();
    for (int slice = 0; slice < plan.slices().size(); slice++) {
      sums.put(slice, Accumulators.of(TYPE, labels, OptionalDouble.empty()));
      cells.put(slice, Accumulators.ofIntervals(TYPE, labels, Double.NaN));
    }
    Rows rows = new Rows(labels, plan);
    for (int i = 0; i < count; i++) {
      rows.next(values);
      double[] probabilities = rows.probabilities(2);
      for (int slice : rows.slices) {
        sums.get(slice).add(new int[] {rows.label}, probabilities);
        cells.get(slice).add(new int[] {rows.label}, probabilities);
      }
      boolean wrong = Arrays.stream(probabilities).max().orElseThrow() > probabilities[rows.label];
      counts.add(rows.slices, i % 9 == 0 ? List.of("refund") : List.of(), wrong, wrong ? 1 : 0.1);
    }
    List<Metrics> metrics = new ArrayList<>();
    sums.forEach(
        (slice, of) ->
            metrics.add(
                of.metrics().with(cells.get(slice).intervals(BOOTSTRAP.orElseThrow().together()))));
    SliceResult result =
        SliceFigures.of(
            plan,
            metrics,
            Optional.of(counts.worst()),
            plan.columns().stream().map(SliceColumn::note).toList(),
            plan.columns().stream().map(SliceColumn::name).toList(),
            List.of("country"),
            20,
            names(labels));
    return EvaluationReport.html(
        "test.csv", metrics.get(SlicePlan.ALL), names(labels), List.of(), Optional.of(result));
  }

  static String comparison(int labels, int values, int count) {
    SlicePlan plan = plan(values);
    TreeMap<Integer, PairedAccumulator> sums = new TreeMap<>();
    for (int slice = 0; slice < plan.slices().size(); slice++) {
      sums.put(slice, PairedAccumulators.of(TYPE, labels, Double.NaN, Double.NaN));
    }
    Rows rows = new Rows(labels, plan);
    for (int i = 0; i < count; i++) {
      rows.next(values);
      double[] first = rows.probabilities(3);
      double[] second = rows.probabilities(2);
      for (int slice : rows.slices) {
        sums.get(slice).add(new int[] {rows.label}, first, second);
      }
    }
    List<PairedMetrics> metrics =
        sums.values().stream().map(s -> s.metrics(BOOTSTRAP.map(Bootstrap::together))).toList();
    List<DisagreeingRow> texts =
        IntStream.range(0, 6)
            .mapToObj(
                i ->
                    new DisagreeingRow(
                        "my <card> is & was late ".repeat(1 + 6 * i),
                        "<label> & " + i,
                        "<label> & " + (i + i % 2),
                        "<label> & " + (i + 1 - i % 2),
                        i % 2 == 0))
            .toList();
    return new ModelComparisonReport(
            "test.csv",
            "runs/new/model",
            "models:/intents@champion",
            metrics.get(SlicePlan.ALL),
            names(labels),
            SliceFigures.paired(plan, metrics),
            plan.columns().stream().map(SliceColumn::note).toList(),
            texts)
        .html();
  }

  @ParameterizedTest
  @CsvSource({"8, 5, 900", "150, 50, 3000"})
  void slicesAreDrawnAndListed(int labels, int values, int rows) throws Exception {
    String page = evaluation(labels, values, rows, WorstBy.ERROR);

    Html.parse(page);
    assertThat(page)
        .contains("country is missing", "length=(5.25, 11]", "&lt;shop&gt; &amp; co")
        .contains("country is one of 4 other values", "Worst slices", "Groups of country")
        .contains("Fisher&#39;s exact test", "Left out: one of 4 other values")
        .doesNotContain("<shop>", "NaN", "_ci_low");
  }

  @ParameterizedTest
  @EnumSource
  void eitherSearchIsTold(WorstBy by) throws Exception {
    String page = evaluation(3, 4, 500, by);

    Html.parse(page);
    assertThat(page).contains(by.test().replace("'", "&#39;"));
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 150})
  void twoModelsAreBesideEachOther(int labels) throws Exception {
    String page = comparison(labels, 5, 900);

    Html.parse(page);
    assertThat(page)
        .contains("models:/intents@champion", "The first is better, beyond chance.")
        .contains("McNemar&#39;s exact test", "Who is right", "first wrong", "country is missing")
        .contains("Where they disagree", "&lt;label&gt; &amp; 3", "my &lt;card&gt; is")
        .doesNotContain("<label>", "NaN", "_ci_low");
  }
}
