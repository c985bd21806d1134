package org.sparkfinetune.audit;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;

/**
 * A label and the probabilities that speak for or against it.
 *
 * @param question which of several are asked of a row: 0 where it has one label; where it has a set
 *     of them each label is a question, whether the row has it
 * @param label the index of the given label: of a question of a set 1 where the row has it, else 0
 * @param probabilities of each class
 */
record Judged(int question, int label, double[] probabilities) {
  /** What cleanlab adds to the given label before it says that the prediction differs. */
  private static final double SLACK = 1e-6;

  /** Takes rows apart. */
  record Reader(int classes, boolean multiLabel) implements Serializable {
    private static final long serialVersionUID = 1L;

    int questions() {
      return multiLabel ? classes : 1;
    }

    int answers() {
      return multiLabel ? 2 : classes;
    }

    /**
     * What is judged of a row.
     *
     * @param row columns as {@link ConfidentLearning#of} has them
     */
    List<Judged> of(Row row) {
      List<Integer> labels = row.getList(1);
      double[] probabilities =
          row.<Double>getList(2).stream().mapToDouble(Double::doubleValue).toArray();
      if (!multiLabel) {
        return List.of(new Judged(0, labels.get(0), probabilities));
      }
      Set<Integer> given = new HashSet<>(labels);
      List<Judged> judged = new ArrayList<>(classes);
      for (int k = 0; k < classes; k++) {
        double p = probabilities[k];
        judged.add(new Judged(k, given.contains(k) ? 1 : 0, new double[] {1 - p, p}));
      }
      return judged;
    }
  }

  /** The most probable class, the first of equal ones. */
  int predicted() {
    int best = 0;
    for (int k = 1; k < probabilities.length; k++) {
      best = probabilities[k] > probabilities[best] ? k : best;
    }
    return best;
  }

  /** Whether the given label is the most probable class, or next to nothing short of it. */
  boolean isAgreed() {
    double given = probabilities[label] + SLACK;
    for (int k = 0; k < probabilities.length; k++) {
      if (k != label && (probabilities[k] > given || k < label && probabilities[k] == given)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The class that the row is confidently counted in: the only one whose probability reaches the
   * class's threshold, and of several the most probable class; -1 where none does.
   *
   * @param thresholds by class
   */
  int confident(double[] thresholds) {
    int only = -1;
    for (int k = 0; k < probabilities.length; k++) {
      if (probabilities[k] >= thresholds[k] - SLACK) {
        if (only >= 0) {
          return predicted();
        }
        only = k;
      }
    }
    return only;
  }
}
