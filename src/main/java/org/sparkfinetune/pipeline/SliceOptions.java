package org.sparkfinetune.pipeline;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.slice.WorstBy;

/**
 * By what rows are sliced.
 *
 * @param slices columns that have metrics by slice
 * @param fairness columns whose groups are compared
 * @param bins of numbers
 * @param worst how many of the worst slices are listed; 0 for no search
 * @param worstBy what makes a slice worse
 * @param minRows so many rows a slice of the search has, and a group that is compared
 */
public record SliceOptions(
    List<String> slices, List<String> fairness, int bins, int worst, WorstBy worstBy, int minRows) {
  /** Copies the lists. */
  public SliceOptions {
    slices = List.copyOf(slices);
    fairness = List.copyOf(fairness);
  }

  /** Whether nothing is asked for. */
  public boolean isEmpty() {
    return slices.isEmpty() && fairness.isEmpty() && worst == 0;
  }

  /** All columns that rows are sliced by, each once. */
  List<String> columns() {
    List<String> columns = new ArrayList<>(slices);
    fairness.stream()
        .filter(name -> columns.stream().noneMatch(name::equalsIgnoreCase))
        .forEach(columns::add);
    return columns;
  }
}
