package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.function.ToDoubleFunction;
import org.sparkfinetune.PublicApi;

/**
 * Precision, recall and F1 of one class, or an average of them.
 *
 * @param support the rows that have the class, or those behind the average
 */
@PublicApi
public record Scores(double precision, double recall, double f1, long support)
    implements Serializable {
  /**
   * Scores from counts; a ratio whose denominator is zero is 0.
   *
   * @param correct predictions that are right
   * @param predicted predictions in all
   * @param support what should have been predicted
   */
  static Scores of(long correct, long predicted, long support) {
    return new Scores(
        ratio(correct, predicted),
        ratio(correct, support),
        ratio(2 * correct, support + predicted),
        support);
  }

  /** The weighted mean over the classes that take part; zeros when their weights are. */
  static Scores mean(
      List<Scores> classes, IntPredicate takesPart, IntToLongFunction weight, long support) {
    return new Scores(
        mean(classes, takesPart, weight, Scores::precision),
        mean(classes, takesPart, weight, Scores::recall),
        mean(classes, takesPart, weight, Scores::f1),
        support);
  }

  private static double mean(
      List<Scores> classes,
      IntPredicate takesPart,
      IntToLongFunction weight,
      ToDoubleFunction<Scores> score) {
    double sum = 0;
    long weights = 0;
    for (int i = 0; i < classes.size(); i++) {
      if (takesPart.test(i)) {
        sum += weight.applyAsLong(i) * score.applyAsDouble(classes.get(i));
        weights += weight.applyAsLong(i);
      }
    }
    return weights == 0 ? 0 : sum / weights;
  }

  static double ratio(double numerator, long denominator) {
    return denominator == 0 ? 0 : numerator / denominator;
  }
}
