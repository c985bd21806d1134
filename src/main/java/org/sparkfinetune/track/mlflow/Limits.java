package org.sparkfinetune.track.mlflow;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;

/** The limits of MLflow's servers, and how values beyond them are shortened. */
final class Limits {
  static final int METRICS = 1000;

  /** Of a request whose measurements MLflow 2 may have already. */
  static final int REPEATED_METRICS = 100;

  static final int PARAMS = 100;
  static final int TAGS = 100;
  static final int ENTITIES = 1000;

  /** Bytes of a request; servers take a megabyte. */
  static final int BYTES = 900_000;

  static final int PARAM_VALUE = 6000;

  /** Of servers before MLflow 2.8. */
  static final int OLD_PARAM_VALUE = 500;

  static final int RUN_NAME = 250;
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
    String suffix = sum(name);
    return allowed.substring(0, Math.min(allowed.length(), KEY - suffix.length())) + suffix;
  }

  /**
   * A value of at most so many characters, with a mark where it was cut.
   *
   * @param whole the artifact that holds it as it was
   */
  static String shortened(String value, int limit, String whole) {
    if (value.length() <= limit) {
      return value;
    }
    String mark =
        String.format(Locale.ROOT, "... (%d characters, whole in %s)", value.length(), whole);
    int end = Math.max(0, limit - mark.length());
    // No half of a character that takes two.
    if (end > 0 && Character.isHighSurrogate(value.charAt(end - 1))) {
      end--;
    }
    return value.substring(0, end) + mark;
  }

  /**
   * The artifact that holds a value as it was.
   *
   * @param kind {@code params} or {@code tags}
   */
  static String longValue(String kind, String key) {
    String file = key.replaceAll("[^\\w.\\-]", "_");
    return LONG_VALUES + kind + "/" + file + (file.equals(key) ? "" : sum(key)) + ".txt";
  }

  /** Whether servers take a tag as it is. */
  static boolean isTag(Map.Entry<String, String> tag) {
    return key(tag.getKey()).equals(tag.getKey()) && tag.getValue().length() <= TAG_VALUE;
  }

  private static String sum(String name) {
    CRC32 sum = new CRC32();
    sum.update(name.getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "-%08x", sum.getValue());
  }
}
