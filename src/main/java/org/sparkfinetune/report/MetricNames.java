package org.sparkfinetune.report;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What the names of metrics say, which are Hugging Face's. */
public final class MetricNames {
  static final String LOSS = "loss";
  static final String EVAL_LOSS = "eval_loss";
  static final String SYSTEM = "system/";

  /** Before the name of an evaluation's metric: of the weights that were kept. */
  private static final String BEST = "best_";

  private static final String BEST_EVALUATION = BEST + "eval_";

  /** Those that say most of a run, the first that there is of each line. */
  private static final List<List<String>> HEADLINES =
      List.of(
          List.of("test_accuracy"),
          List.of("test_f1", "test_f1_micro"),
          List.of("test_loss"),
          List.of("best_eval_accuracy", "eval_accuracy"),
          List.of("best_eval_f1", "best_eval_f1_micro", "eval_f1", "eval_f1_micro"),
          List.of(BEST + EVAL_LOSS, EVAL_LOSS),
          List.of("train_runtime"),
          List.of("train_samples_per_second"));

  private static final Pattern NO_CURVE =
      Pattern.compile("epoch|total_flos|.*_(runtime|samples|\\w+_per_second)");

  private MetricNames() {}

  /** Those that there are of the metrics that say most. */
  public static List<String> headlines(Set<String> metrics) {
    return HEADLINES.stream()
        .flatMap(names -> names.stream().filter(metrics::contains).limit(1))
        .toList();
  }

  /**
   * The metric that says how good the kept weights are, where there is one: {@code
   * best_eval_accuracy} for {@code eval_accuracy}.
   *
   * @param known the metrics that there are
   */
  public static String ofKept(String metric, Set<String> known) {
    return known.contains(BEST + metric) ? BEST + metric : metric;
  }

  /**
   * The metric whose values over the training a metric of the kept weights is one of; empty for any
   * other metric.
   */
  static Optional<String> course(String metric) {
    return metric.startsWith(BEST_EVALUATION)
        ? Optional.of(metric.substring(BEST.length()))
        : Optional.empty();
  }

  /** Whether it counts the work or the time, which make no curve that says anything. */
  static boolean hasNoCurve(String metric) {
    return NO_CURVE.matcher(metric).matches();
  }
}
