package org.sparkfinetune.runs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.evaluate.ConfusionMatrix;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.Scores;
import org.sparkfinetune.evaluate.Stage;

/**
 * Metrics by the names that {@code mlflow.evaluate} gives them, with its definitions: evaluations
 * of this project and of others are in the same columns of a server then.
 *
 * <p>Of more than two labels precision, recall, F1 and {@code roc_auc} are averages weighted with
 * the labels' rows; of two labels they are those of the label that sorts last, which MLflow takes
 * for the positive one. {@code precision_recall_auc}, by the trapezoidal rule, is not among them:
 * {@code test_average_precision} is the figure without its optimism.
 */
public final class MlflowMetrics {
  private static final int BINARY = 2;

  private MlflowMetrics() {}

  /**
   * The metrics that MLflow has a name for; of rows with sets of labels, which it has no evaluator
   * for, their number alone.
   *
   * @param labels the label names, by index
   */
  public static Map<String, Double> of(Metrics metrics, List<String> labels) {
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("example_count", (double) metrics.n());
    if (metrics.confusions().isEmpty() || metrics.n() == 0) {
      return named;
    }
    Map<String, Double> ours = metrics.toMap(Stage.TEST.prefix());
    named.put("accuracy_score", metrics.accuracy());
    boolean binary = labels.size() == BINARY;
    int positive = binary && labels.get(0).compareTo(labels.get(1)) > 0 ? 0 : 1;
    Scores scores = binary ? metrics.perLabel().get(positive) : metrics.averages().get("weighted");
    named.put("precision_score", scores.precision());
    named.put("recall_score", scores.recall());
    named.put("f1_score", scores.f1());
    named.put("log_loss", ours.get(Metric.LOSS.at(Stage.TEST)));
    if (!metrics.ranked().isEmpty()) {
      named.put(
          "roc_auc",
          binary
              ? metrics.ranked().get(positive).auroc()
              : ours.get(Metric.AUROC_WEIGHTED.at(Stage.TEST)));
    }
    if (binary) {
      ConfusionMatrix counts = metrics.confusions().get();
      int negative = 1 - positive;
      named.put("true_negatives", (double) counts.count(negative, negative));
      named.put("false_positives", (double) counts.count(negative, positive));
      named.put("false_negatives", (double) counts.count(positive, negative));
      named.put("true_positives", (double) counts.count(positive, positive));
    }
    named.values().removeIf(value -> value == null || value.isNaN());
    return named;
  }
}
