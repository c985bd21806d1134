package org.sparkfinetune.text;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Numbers, times and sizes as people read them. */
public final class NumberFormat {
  private static final double EXACT = 1e15;
  private static final String[] BYTES = {"B", "KB", "MB", "GB", "TB"};
  private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  private NumberFormat() {}

  /** A measurement: whole numbers as they are, others with about four digits that say something. */
  public static String metric(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
    } else if (value == Math.rint(value) && size < EXACT) {
      return grouped((long) value);
    } else if (size >= 1e6 || size < 1e-3) {
      return scientific(value, 3);
    }
    return fixed(value, size >= 100 ? 1 : size >= 10 ? 2 : 4);
  }

  /** A count, with a comma between thousands where there are five digits or more. */
  public static String grouped(long value) {
    return String.format(Locale.ROOT, Math.abs(value) < 10_000 ? "%d" : "%,d", value);
  }

  /** A count, with a comma between all thousands, as in {@code 1,500}. */
  public static String thousands(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** With so many decimals. */
  public static String fixed(double value, int decimals) {
    return new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
  }

  /** As in {@code 2.5e-4}, with at most so many digits. */
  public static String scientific(double value, int digits) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded =
        new BigDecimal(value)
            .round(new MathContext(digits, RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    return rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString() + "e" + exponent;
  }

  /** A recorded value, shorter where it is a number that Java has spelled. */
  public static String param(String value) {
    return value.matches("-?\\d+\\.\\d+E-?\\d+") ? value.replaceFirst("(\\.0)?E", "e") : value;
  }

  /** The labels of ticks, with one number of decimals for all. */
  public static List<String> ticks(List<Double> ticks, double step) {
    double largest = ticks.stream().mapToDouble(Math::abs).max().orElse(0);
    if (largest >= 1e12 || largest < 1e-2) {
      int digits = step > 0 ? (int) Math.floor(Math.log10(Math.max(largest, step) / step)) + 2 : 3;
      return ticks.stream().map(tick -> scientific(tick, Math.min(digits, 6))).toList();
    }
    int thousands = largest >= 1e9 ? 3 : largest >= 1e6 ? 2 : largest >= 1e4 ? 1 : 0;
    String unit = List.of("", "k", "M", "G").get(thousands);
    double divisor = Math.pow(1000, thousands);
    int decimals = decimals(step / divisor);
    return ticks.stream()
        .map(tick -> tick == 0 ? "0" : fixed(tick / divisor, decimals) + unit)
        .toList();
  }

  /**
   * How many decimals tell numbers apart that differ by a step of 1, 2 or 5 times a power of 10.
   */
  private static int decimals(double step) {
    return Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9));
  }

  /** A span of milliseconds, in its two largest units. */
  public static String duration(long millis) {
    long seconds = Math.round(Math.max(0, millis) / 1000.0);
    if (millis < 9950) {
      return fixed(Math.max(0, millis) / 1000.0, 1) + " s";
    } else if (seconds < 60) {
      return seconds + " s";
    } else if (seconds < 3600) {
      return seconds / 60 + " min" + rest(seconds % 60, "s");
    } else if (seconds < 24 * 3600) {
      return seconds / 3600 + " h" + rest(seconds % 3600 / 60, "min");
    }
    return seconds / (24 * 3600) + " d" + rest(seconds % (24 * 3600) / 3600, "h");
  }

  private static String rest(long value, String unit) {
    return value == 0 ? "" : " " + value + " " + unit;
  }

  /** A time to the minute; a dash for none. */
  public static String time(long millis, ZoneId zone) {
    return millis <= 0 ? "-" : MINUTE.format(Instant.ofEpochMilli(millis).atZone(zone));
  }

  /** A size in powers of 1000. */
  public static String bytes(long bytes) {
    double size = bytes;
    int unit = 0;
    while (size >= 999.5 && unit < BYTES.length - 1) {
      size /= 1000;
      unit++;
    }
    return (unit == 0 || size >= 99.5 ? fixed(size, 0) : fixed(size, 1)) + " " + BYTES[unit];
  }
}
