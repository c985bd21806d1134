package org.sparkfinetune.slice;

import java.util.List;
import java.util.Optional;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.PairedMetrics;

/** Makes what users are given of metrics by slice. */
public final class SliceFigures {
  private SliceFigures() {}

  /**
   * Of measured slices.
   *
   * @param metrics by the plan's slices
   * @param worst what a search has found; empty for none
   * @param notes how each column was sliced, for people
   * @param shown columns whose slices were asked for
   * @param groups columns whose groups are compared
   * @param minRows so many rows a group needs
   * @param labels the label names, by index
   */
  public static SliceResult of(
      SlicePlan plan,
      List<Metrics> metrics,
      Optional<WorstSlices> worst,
      List<String> notes,
      List<String> shown,
      List<String> groups,
      int minRows,
      List<String> labels) {
    return SliceResult.of(plan, metrics, worst, notes, shown, groups, minRows, labels);
  }

  /**
   * Of slices that two classifiers are compared on, but for all rows.
   *
   * @param metrics by the plan's slices
   */
  public static List<PairedSlice> paired(SlicePlan plan, List<PairedMetrics> metrics) {
    return PairedSlice.of(plan, metrics);
  }
}
