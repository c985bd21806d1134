package org.sparkfinetune.slice;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.text.TextTable.Column;

/**
 * For whom a classifier fails.
 *
 * @param slices metrics by slice, those of a column behind each other, in the columns' order
 * @param notes how each column was sliced: its values, and what became of those that are no slices
 * @param worst the slices with the most errors; empty where they were not searched for
 * @param fairness gaps between groups, of the columns that were asked for
 */
@PublicApi
public record SliceResult(
    List<SliceMetrics> slices,
    List<String> notes,
    Optional<WorstSlices> worst,
    List<FairnessGap> fairness) {
  private static final int DIGITS = 4;

  /** Copies the lists. */
  public SliceResult {
    slices = List.copyOf(slices);
    notes = List.copyOf(notes);
    fairness = List.copyOf(fairness);
  }

  /** See {@link SliceFigures#of}. */
  static SliceResult of(
      SlicePlan plan,
      List<Metrics> metrics,
      Optional<WorstSlices> worst,
      List<String> notes,
      List<String> shown,
      List<String> groups,
      int minRows,
      List<String> labels) {
    List<SliceMetrics> slices = new ArrayList<>();
    List<FairnessGap> gaps = new ArrayList<>();
    Metrics all = metrics.get(SlicePlan.ALL);
    List<Slice> names = plan.slices();
    for (int i = 0; i < plan.columns().size(); i++) {
      int column = i;
      String name = plan.columns().get(i).name();
      int[] own =
          IntStream.range(0, names.size()).filter(s -> plan.columnOf(s) == column).toArray();
      if (has(shown, name)) {
        for (int slice : own) {
          slices.add(SliceMetrics.of(names.get(slice), metrics.get(slice), all));
        }
      }
      if (has(groups, name)) {
        gaps.add(
            FairnessGap.of(
                name,
                IntStream.of(own).mapToObj(names::get).toList(),
                IntStream.of(own).mapToObj(metrics::get).toList(),
                minRows,
                labels));
      }
    }
    return new SliceResult(slices, notes, worst, gaps);
  }

  /** Whatever the case: a column that is named twice is read once. */
  private static boolean has(List<String> names, String name) {
    return names.stream().anyMatch(name::equalsIgnoreCase);
  }

  /** All of it by name, for a file. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("notes", notes);
    map.put("slices", slices.stream().map(SliceMetrics::toMap).toList());
    worst.ifPresent(found -> map.put("worst", found.toMap()));
    if (!fairness.isEmpty()) {
      map.put("fairness", fairness.stream().map(FairnessGap::toMap).toList());
    }
    return map;
  }

  /**
   * What a tracking server's columns can hold of it, by name: {@code lowest_accuracy} of the slices
   * with enough rows, {@code worse_beyond_chance}, how many of those searched are so with the
   * correction, and of all columns whose groups are compared the largest {@code
   * demographic_parity_difference}, {@code equal_opportunity_difference} and {@code
   * equalized_odds_difference}. What was not asked for, or is not defined, is not among them.
   *
   * @param minRows so many rows a slice needs
   */
  public Map<String, Double> figures(int minRows) {
    Map<String, Double> figures = new LinkedHashMap<>();
    slices.stream()
        .filter(slice -> slice.rows() >= minRows)
        .mapToDouble(slice -> slice.metrics().get("accuracy"))
        .min()
        .ifPresent(lowest -> figures.put("lowest_accuracy", lowest));
    worst.ifPresent(
        found -> figures.put("worse_beyond_chance", (double) found.significant().size()));
    fairness.forEach(
        gap -> gap.figures().forEach((name, value) -> figures.merge(name, value, Math::max)));
    return figures;
  }

  /** Tables for a terminal: accuracy by slice, the worst slices, and gaps between groups. */
  public String summary() {
    StringBuilder out = new StringBuilder();
    notes.forEach(note -> out.append(note).append('\n'));
    if (!slices.isEmpty()) {
      out.append('\n').append(accuracies());
    }
    worst.ifPresent(found -> out.append('\n').append(worst(found)));
    fairness.forEach(gap -> out.append('\n').append(gaps(gap)));
    return out.toString();
  }

  private String accuracies() {
    TextTable table =
        new TextTable(
            List.of(
                Column.text("slice", 0, 12, 60),
                Column.number("rows", 1),
                Column.number("accuracy", 0),
                Column.number("interval", 2),
                Column.number("less all rows'", 1)),
            2);
    for (SliceMetrics slice : slices) {
      Map<String, Double> metrics = slice.metrics();
      table.row(
          List.of(
              slice.slice().name(),
              NumberFormat.grouped(slice.rows()),
              NumberFormat.fixed(metrics.get("accuracy"), DIGITS),
              metrics.containsKey("accuracy_ci_low")
                  ? NumberFormat.fixed(metrics.get("accuracy_ci_low"), DIGITS)
                      + " to "
                      + NumberFormat.fixed(metrics.get("accuracy_ci_high"), DIGITS)
                  : "",
              NumberFormat.fixed(slice.differences().get("accuracy"), DIGITS)));
    }
    return table.render(OptionalInt.empty());
  }

  private static String worst(WorstSlices found) {
    String head =
        "%s slices of at least %s rows were tested (%s, corrected by Holm); %s of them %s worse beyond chance\n"
            .formatted(
                NumberFormat.thousands(found.tests()),
                NumberFormat.thousands(found.minRows()),
                found.by().test(),
                found.significant().size(),
                found.significant().size() == 1 ? "is" : "are");
    TextTable table =
        new TextTable(
            List.of(
                Column.text("worst slices", 0, 12, 60),
                Column.number("rows", 1),
                Column.number(found.by() == WorstBy.ERROR ? "errors" : "loss", 0),
                Column.number("of other rows", 1),
                Column.number("p-value", 2),
                Column.number("corrected", 0)),
            2);
    for (WorstSlice slice : found.slices()) {
      table.row(
          List.of(
              slice.name(),
              NumberFormat.grouped(slice.rows()),
              NumberFormat.fixed(slice.value(), DIGITS),
              NumberFormat.fixed(slice.rest(), DIGITS),
              NumberFormat.metric(slice.pValue()),
              NumberFormat.metric(slice.pValueAdjusted())));
    }
    return head + (table.isEmpty() ? "" : table.render(OptionalInt.empty()));
  }

  private static String gaps(FairnessGap gap) {
    StringBuilder out =
        new StringBuilder(
            "Gaps between %s groups of %s, of the label where each is largest\n"
                .formatted(gap.groups().size(), gap.column()));
    line(
        out,
        "demographic parity",
        gap.worstDemographicParity(),
        FairnessGap.OfLabel::demographicParity);
    line(
        out,
        "equal opportunity",
        gap.worstEqualOpportunity(),
        FairnessGap.OfLabel::equalOpportunity);
    line(out, "equalized odds", gap.worstEqualizedOdds(), FairnessGap.OfLabel::equalizedOdds);
    gap.leftOut()
        .forEach(
            (group, rows) ->
                out.append(
                    "  left out: %s, which has %s rows\n"
                        .formatted(group, NumberFormat.thousands(rows))));
    return out.toString();
  }

  private static void line(
      StringBuilder out,
      String name,
      Optional<FairnessGap.OfLabel> worst,
      Function<FairnessGap.OfLabel, OptionalDouble> gap) {
    out.append(
        "  %-18s  %s\n"
            .formatted(
                name,
                worst
                    .map(
                        label ->
                            NumberFormat.fixed(gap.apply(label).getAsDouble(), DIGITS)
                                + "  "
                                + label.label())
                    .orElse("not defined: fewer than two groups have it")));
  }
}
