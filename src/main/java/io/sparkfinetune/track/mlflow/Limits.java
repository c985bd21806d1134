package io.sparkfinetune.track.mlflow;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32;

/** What MLflow's servers take, and what is made of what they do not. */
final class Limits {
  static final int METRICS = 1000;
  static final int PARAMS = 100;
  static final int TAGS = 100;
  static final int ENTITIES = 1000;

  /** Bytes of a request; servers take a megabyte. */
  static final int BYTES = 900_000;

  static final int PARAM_VALUE = 6000;

  /** Of servers before MLflow 2.8. */
  static final int OLD_PARAM_VALUE = 500;

  static final int TAG_VALUE = 5000;
  static final int KEY = 250;

  /** Where values that were shortened are whole, among a run's artifacts. */
  static final String LONG_VALUES = "spark-finetune/long-values/";

  private Limits() {}

  /**
   * A name as servers take it: letters, digits and {@code _ - . / space}, at most 250 of them, and
   * no path that is written in a roundabout way. A name that is changed gets a number of its own
   * behind it, so that two different ones stay different.
   */
  static String key(String name) {
    String allowed = name.replaceAll("[^/\\w.\\- ]", "_");
    for (String part : allowed.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        allowed = allowed.replace('/', '_');
        break;
      }
    }
    if (allowed.equals(".") || allowed.equals("..") || allowed.isBlank()) {
      allowed = "_" + allowed.trim();
    }
    if (allowed.equals(name) && name.length() <= KEY) {
      return name;
    }
    CRC32 sum = new CRC32();
    sum.update(name.getBytes(StandardCharsets.UTF_8));
    String suffix = String.format(Locale.ROOT, "-%08x", sum.getValue());
    return allowed.substring(0, Math.min(allowed.length(), KEY - suffix.length())) + suffix;
  }

  /** A value of at most so many characters, with a mark where it was cut. */
  static String shortened(String value, int limit, String key) {
    if (value.length() <= limit) {
      return value;
    }
    String mark =
        String.format(
            Locale.ROOT, "... (%d characters, whole in %s)", value.length(), longValue(key));
    return value.substring(0, Math.max(0, limit - mark.length())) + mark;
  }

  /** The artifact that holds a value as it was. */
  static String longValue(String key) {
    return LONG_VALUES + key.replaceAll("[^\\w.\\-]", "_") + ".txt";
  }
}
