package io.sparkfinetune.report;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What the names of metrics say, which are Hugging Face's. */
public final class MetricNames {
  static final String LOSS = "loss";
  static final String EVAL_LOSS = "eval_loss";
  static final String SYSTEM = "system/";

  /** Those that say most of a run, the first that there is of each line. */
  private static final List<List<String>> HEADLINES =
      List.of(
          List.of("test_accuracy"),
          List.of("test_f1", "test_f1_micro"),
          List.of("test_loss"),
          List.of("eval_accuracy"),
          List.of("eval_f1", "eval_f1_micro"),
          List.of(EVAL_LOSS),
          List.of("train_runtime"),
          List.of("train_samples_per_second"));

  private static final Pattern LOWER = Pattern.compile("(.*[_/])?(loss|hamming_loss|runtime)");
  private static final Pattern HIGHER =
      Pattern.compile(
          "(.*[_/])?((accuracy|f1|precision|recall)(_\\w+)?|auc|roc_auc|\\w+_per_second)");
  private static final Pattern NO_CURVE =
      Pattern.compile("epoch|total_flos|.*_(runtime|samples|\\w+_per_second)");

  private MetricNames() {}

  /** How two values compare: above 0 when more is better, below when less is, 0 when unknown. */
  public static int direction(String metric) {
    return LOWER.matcher(metric).matches() ? -1 : HIGHER.matcher(metric).matches() ? 1 : 0;
  }

  /** Those that there are of the metrics that say most. */
  public static List<String> headlines(Set<String> metrics) {
    return HEADLINES.stream()
        .flatMap(names -> names.stream().filter(metrics::contains).limit(1))
        .toList();
  }

  /** Whether it counts the work or the time, which make no curve that says anything. */
  static boolean hasNoCurve(String metric) {
    return NO_CURVE.matcher(metric).matches();
  }
}
