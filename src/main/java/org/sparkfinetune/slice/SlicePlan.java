package org.sparkfinetune.slice;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Which slices a row is in: by each column one, and that of all rows, which has the number 0.
 * Immutable.
 */
public final class SlicePlan implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The number of the slice of all rows. */
  public static final int ALL = 0;

  /** Of no column: all rows alone. */
  public static final SlicePlan NONE = new SlicePlan(List.of());

  private final ArrayList<SliceColumn> columns;
  private final ArrayList<Slice> slices = new ArrayList<>(List.of(Slice.ALL));

  /** By column the number of its first slice. */
  private final int[] firsts;

  /** By slice the place of its column; -1 of all rows. */
  private final ArrayList<Integer> columnOf = new ArrayList<>(List.of(-1));

  /** Of some columns. */
  public SlicePlan(List<SliceColumn> columns) {
    this.columns = new ArrayList<>(columns);
    firsts = new int[columns.size()];
    for (int i = 0; i < firsts.length; i++) {
      firsts[i] = slices.size();
      for (Slice slice : columns.get(i).slices()) {
        slices.add(slice);
        columnOf.add(i);
      }
    }
  }

  /** The columns. */
  public List<SliceColumn> columns() {
    return List.copyOf(columns);
  }

  /** The slices by number. */
  public List<Slice> slices() {
    return List.copyOf(slices);
  }

  /** The place of a slice's column; -1 of all rows. */
  int columnOf(int slice) {
    return columnOf.get(slice);
  }

  /**
   * The numbers of a row's slices: by column the one, and before them that of all rows.
   *
   * @param values of the columns, as {@link SliceColumn#of} takes each
   */
  public int[] of(List<Object> values) {
    int[] numbers = new int[1 + firsts.length];
    for (int i = 0; i < firsts.length; i++) {
      numbers[1 + i] = firsts[i] + columns.get(i).of(values.get(i));
    }
    return numbers;
  }
}
