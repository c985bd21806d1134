package org.sparkfinetune.slice;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * The slices that a search has found.
 *
 * @param by what makes a slice worse
 * @param minRows so many rows a slice has at least
 * @param tests how many slices were tested, all of which the correction knows
 * @param slices that are worse than the other rows, the smallest p-value first
 */
@PublicApi
public record WorstSlices(WorstBy by, int minRows, int tests, List<WorstSlice> slices) {
  /** The level below which a slice is shown as more than chance. */
  public static final double ALPHA = 0.05;

  /** Copies the slices. */
  public WorstSlices {
    slices = List.copyOf(slices);
  }

  /** Those of the slices that are more than chance: whose corrected p-value is below 0.05. */
  public List<WorstSlice> significant() {
    return slices.stream().filter(slice -> slice.pValueAdjusted() < ALPHA).toList();
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("by", by.name().toLowerCase(Locale.ROOT));
    map.put("test", by == WorstBy.ERROR ? "fisher_exact_greater" : "welch_t_greater");
    map.put("correction", "holm");
    map.put("tests", tests);
    map.put("min_rows", minRows);
    map.put("slices", slices.stream().map(WorstSlice::toMap).toList());
    return map;
  }
}
