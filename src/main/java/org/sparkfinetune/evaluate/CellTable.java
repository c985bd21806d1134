package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts of rows by stratum and cell, with the sum of a value that the rows of a cell have about
 * alike. Its size is that of the cells that occur.
 */
final class CellTable implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final class Cell implements Serializable {
    private static final long serialVersionUID = 1L;
    private long rows;
    private final ExactSum sum = new ExactSum();
  }

  /**
   * The cells as arrays, by stratum and within it.
   *
   * @param cells what they are of
   * @param rows how many rows they have
   * @param means of their rows' values
   */
  record Strata(long[][] cells, long[][] rows, double[][] means) {}

  private final TreeMap<Integer, TreeMap<Long, Cell>> strata = new TreeMap<>();

  /** Adds a row. */
  void add(int stratum, long cell, double value) {
    Cell of = cell(stratum, cell);
    of.rows++;
    of.sum.add(value);
  }

  private Cell cell(int stratum, long cell) {
    return strata
        .computeIfAbsent(stratum, s -> new TreeMap<>())
        .computeIfAbsent(cell, c -> new Cell());
  }

  /**
   * The cell of a value: those of a cell differ by at most an eighth, so that taking the mean for
   * each of them takes away less than 0.2 % of their mean square.
   */
  static long cellOf(double value) {
    return Double.doubleToLongBits(value) >>> 49;
  }

  double[] state() {
    List<double[]> states = new ArrayList<>();
    strata.forEach(
        (stratum, cells) ->
            cells.forEach(
                (key, cell) -> {
                  states.add(States.of(stratum, key >>> 32, key & 0xFFFFFFFFL, cell.rows));
                  states.add(cell.sum.state());
                }));
    return States.join(states);
  }

  void merge(double[] state) {
    List<double[]> states = States.split(state);
    for (int i = 0; i < states.size(); i += 2) {
      double[] numbers = states.get(i);
      Cell cell = cell((int) numbers[0], (long) numbers[1] << 32 | (long) numbers[2]);
      cell.rows += (long) numbers[3];
      cell.sum.merge(states.get(i + 1));
    }
  }

  /** The strata that occur, in order. */
  int[] keys() {
    return strata.keySet().stream().mapToInt(Integer::intValue).toArray();
  }

  Strata strata() {
    int count = strata.size();
    Strata arrays = new Strata(new long[count][], new long[count][], new double[count][]);
    int stratum = 0;
    for (Map<Long, Cell> cells : strata.values()) {
      arrays.cells()[stratum] = cells.keySet().stream().mapToLong(Long::longValue).toArray();
      arrays.rows()[stratum] = cells.values().stream().mapToLong(cell -> cell.rows).toArray();
      arrays.means()[stratum] =
          cells.values().stream().mapToDouble(cell -> cell.sum.value() / cell.rows).toArray();
      stratum++;
    }
    return arrays;
  }
}
