package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkfinetune.report.Axes.Tick;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextWidth;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;

/**
 * Where a parameter's values lie on an axis: numbers by their size, or its logarithm, choices one
 * beside the other.
 *
 * @param name the configuration key
 * @param choices texts of all values, in order; empty for numbers
 * @param low the smallest number
 * @param high the largest number
 * @param log whether it was drawn by logarithm
 * @param whole whether all values are whole numbers
 */
record ParamAxis(
    String name, List<String> choices, double low, double high, boolean log, boolean whole) {
  private static final double DIGIT = 6.7;

  /** So many whole numbers stand in columns. */
  private static final int FEW = 12;

  /**
   * The axis of all values that there may be and those that there are; empty where these are one.
   *
   * @param distribution empty where the search space no longer has the parameter
   */
  static Optional<ParamAxis> of(
      String name, Optional<Distribution> distribution, List<Object> values) {
    boolean numbers =
        values.stream().allMatch(v -> v instanceof Number n && Double.isFinite(n.doubleValue()))
            && distribution.filter(d -> d instanceof CategoricalDistribution).isEmpty();
    ParamAxis axis =
        numbers ? ofNumbers(name, distribution, values) : ofChoices(name, distribution, values);
    boolean single = axis.isCategorical() ? axis.choices.size() < 2 : !(axis.low < axis.high);
    return single ? Optional.empty() : Optional.of(axis);
  }

  private static ParamAxis ofChoices(
      String name, Optional<Distribution> distribution, List<Object> values) {
    Set<String> choices = new LinkedHashSet<>();
    if (distribution.orElse(null) instanceof CategoricalDistribution categorical) {
      categorical.choices().forEach(choice -> choices.add(text(choice)));
    }
    values.forEach(value -> choices.add(text(value)));
    return new ParamAxis(name, List.copyOf(choices), 0, 0, false, false);
  }

  private static ParamAxis ofNumbers(
      String name, Optional<Distribution> distribution, List<Object> values) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    boolean log = false;
    boolean whole = values.stream().allMatch(v -> v instanceof Long || v instanceof Integer);
    if (distribution.orElse(null) instanceof FloatDistribution floats) {
      low = floats.low();
      high = floats.high();
      log = floats.log();
      whole = false;
    } else if (distribution.orElse(null) instanceof IntDistribution ints) {
      low = ints.low();
      high = ints.high();
      log = ints.log();
    }
    for (Object value : values) {
      low = Math.min(low, ((Number) value).doubleValue());
      high = Math.max(high, ((Number) value).doubleValue());
    }
    return new ParamAxis(name, List.of(), low, high, log && low > 0, whole);
  }

  boolean isCategorical() {
    return !choices.isEmpty();
  }

  /** The place of a trial's value on the scale; NaN where the trial has none. */
  double place(Map<String, Object> params) {
    Object value = params.get(name);
    if (value == null) {
      return Double.NaN;
    }
    return isCategorical() ? choices.indexOf(text(value)) : ((Number) value).doubleValue();
  }

  /**
   * From one pixel to another.
   *
   * @param about how many ticks are wanted
   */
  Scale scale(int about, double from, double to) {
    if (isCategorical()) {
      return new Scale(-0.5, choices.size() - 0.5, 1, from, to);
    } else if (hasColumns()) {
      return new Scale(low - 0.5, high + 0.5, 1, from, to);
    } else if (log) {
      Scale exact = new Scale(low, high, 0, from, to);
      return exact.ticks().size() > 1 ? exact : Scale.log(low, high, from, to);
    }
    return Scale.exact(low, high, about, whole, from, to);
  }

  /** Whether its values are so few that trials stand in columns, one beside the other. */
  boolean hasColumns() {
    return isCategorical() || whole && !log && high - low < FEW;
  }

  /** The axes under values, with the choices' names where there are choices. */
  Axes axes(Scale x, Scale y) {
    return isCategorical() ? new Axes(x, y, columns(x)) : Axes.of(x, y);
  }

  private List<Tick> columns(Scale x) {
    double column = (x.to() - x.from()) / choices.size();
    int room = (int) ((column - 10) / DIGIT);
    int stride = room >= 3 ? 1 : (int) Math.ceil(8 * DIGIT / column);
    List<Tick> ticks = new ArrayList<>();
    for (int i = 0; i < choices.size(); i += stride) {
      String label = TextWidth.shortened(choices.get(i), Math.max(room, 3) * stride);
      ticks.add(new Tick(i, label, choices.get(i)));
    }
    return ticks;
  }

  /** A value as people read it. */
  static String text(Object value) {
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      double size = Math.abs(number);
      String text =
          size > 0 && size < 1e-2
              ? NumberFormat.scientific(number, 3)
              : NumberFormat.metric(number);
      return text.contains(".") && !text.contains("e")
          ? text.replaceAll("0+$", "").replaceAll("\\.$", "")
          : text;
    }
    return value instanceof Long || value instanceof Integer
        ? NumberFormat.grouped(((Number) value).longValue())
        : String.valueOf(value);
  }

  /** A value with all its digits, to be set again. */
  static String exact(Object value) {
    return NumberFormat.param(String.valueOf(value));
  }
}
