package org.sparkfinetune.evaluate;

import java.util.regex.Pattern;

/** Whether more of a metric is better or less, by its name, which is Hugging Face's. */
public final class MetricDirection {
  private static final Pattern LOWER = Pattern.compile("(.*[_/])?(loss|runtime|memory_mb)");
  private static final Pattern HIGHER =
      Pattern.compile(
          "(.*[_/])?((accuracy|f1|precision|recall)(_\\w+)?|auc|roc_auc|\\w+_per_second)");

  private MetricDirection() {}

  /**
   * How two values compare.
   *
   * @param metric its name, with or without a prefix such as {@code eval_}
   * @return above 0 when more is better, below 0 when less is, 0 when the name does not say
   */
  public static int of(String metric) {
    return LOWER.matcher(metric).matches() ? -1 : HIGHER.matcher(metric).matches() ? 1 : 0;
  }
}
