package org.sparkfinetune.slice;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import org.sparkfinetune.text.NumberFormat;

/**
 * A column by whose values rows are sliced: each value has a slice, or each bin of numbers. Rows
 * without a value are one, and the values that are too many for slices of their own another.
 * Immutable.
 */
public final class SliceColumn implements Serializable {
  private static final long serialVersionUID = 1L;

  /** So many values have slices of their own; the others share one. */
  public static final int MAX_VALUES = 50;

  private static final int DIGITS = 6;

  private final String name;
  private final ArrayList<Slice> slices = new ArrayList<>();

  /** Empty of a binned column. */
  private final HashMap<String, Integer> places = new HashMap<>();

  /** Ascending, from the least number to the largest; null of a column of values. */
  private final double[] edges;

  private final int missing;
  private final int other;
  private final long values;

  private SliceColumn(
      String name, List<Slice> own, double[] edges, boolean nulls, long values, long others) {
    this.name = name;
    this.edges = edges;
    this.values = values;
    slices.addAll(own);
    missing = slices.size();
    if (nulls) {
      slices.add(new Slice(name, "missing", Slice.Kind.MISSING));
    }
    other = slices.size();
    if (others > 0) {
      slices.add(
          new Slice(
              name,
              "one of %s other values".formatted(NumberFormat.thousands(others)),
              Slice.Kind.OTHER));
    }
  }

  /**
   * A column each of whose values is a slice.
   *
   * @param shown the values that are slices of their own, in the order of the slices
   * @param nulls whether there are rows without a value
   * @param values how many different ones there are: what is not {@code shown} is one slice
   */
  public static SliceColumn ofValues(String name, List<String> shown, boolean nulls, long values) {
    SliceColumn column =
        new SliceColumn(
            name,
            shown.stream().map(value -> new Slice(name, value, Slice.Kind.VALUE)).toList(),
            null,
            nulls,
            values,
            values - shown.size());
    shown.forEach(value -> column.places.put(value, column.places.size()));
    return column;
  }

  /**
   * A column of numbers in bins: the first has both its edges, each other one its upper edge alone,
   * as {@code pandas.qcut} has it.
   *
   * @param edges as {@link Quantiles#edges} gives them
   * @param nulls whether there are rows without a number
   * @param values how many different ones there are
   */
  public static SliceColumn ofBins(String name, double[] edges, boolean nulls, long values) {
    List<Slice> bins = new ArrayList<>();
    for (int i = 0; i + 1 < edges.length; i++) {
      String bin = (i == 0 ? "[" : "(") + text(edges[i]) + ", " + text(edges[i + 1]) + "]";
      bins.add(new Slice(name, bin, Slice.Kind.BIN));
    }
    return new SliceColumn(name, bins, edges.clone(), nulls, values, 0);
  }

  /** A number as it is shown, rounded to {@value #DIGITS} digits. */
  public static String text(double number) {
    if (!Double.isFinite(number)) {
      return Double.toString(number);
    }
    BigDecimal rounded = new BigDecimal(number).round(new MathContext(DIGITS)).stripTrailingZeros();
    return Math.abs(number) < 1e15 && (number == 0 || Math.abs(number) >= 1e-6)
        ? rounded.toPlainString()
        : rounded.toString();
  }

  /** The column's name. */
  public String name() {
    return name;
  }

  /** The slices, in order: of values, then of the rows without one, then of the others. */
  public List<Slice> slices() {
    return List.copyOf(slices);
  }

  /** Whether its numbers are in bins. */
  public boolean isBinned() {
    return edges != null;
  }

  /** How many different values there are. */
  public long values() {
    return values;
  }

  /**
   * The place of the slice of a value.
   *
   * @param value null for none; a number of a binned column, else a string
   * @throws IllegalStateException when there were no such values when the slices were made
   */
  int of(Object value) {
    int place =
        value == null || value instanceof Double number && number.isNaN()
            ? missing
            : edges == null ? places.getOrDefault((String) value, other) : bin((Double) value);
    if (place >= slices.size()) {
      throw new IllegalStateException(
          "the rows have changed: column " + name + " did not have the value " + value);
    }
    return place;
  }

  private int bin(double number) {
    int at = Arrays.binarySearch(edges, number);
    int upper = at >= 0 ? at : -at - 1;
    return Math.max(0, Math.min(upper, edges.length - 1) - 1);
  }

  /** How many values there are, and what became of those that are no slices; for people. */
  public String note() {
    if (isBinned()) {
      return "%s: %s values in %s bins"
          .formatted(name, NumberFormat.thousands(values), edges.length - 1);
    }
    long others = values - places.size();
    return others > 0
        ? "%s: %s values, the %s with the most rows by themselves and the other %s as one slice"
            .formatted(
                name, NumberFormat.thousands(values), places.size(), NumberFormat.thousands(others))
        : "%s: %s values".formatted(name, NumberFormat.thousands(values));
  }
}
