package io.sparkfinetune.tune;

import java.util.Comparator;
import java.util.List;

/** The trials that none is better than in one objective without being worse in another. */
public final class ParetoFront {
  private ParetoFront() {}

  /**
   * The complete trials on the front that meet the constraints, by number. Of trials with the same
   * values all are on it, or none.
   */
  public static List<Trial> of(History history) {
    List<Trial> trials =
        history.in(TrialState.COMPLETE).stream()
            .filter(trial -> trial.violation() == 0)
            .filter(trial -> trial.values().stream().noneMatch(value -> value.isNaN()))
            .toList();
    return trials.stream()
        .filter(trial -> trials.stream().noneMatch(other -> dominates(history, other, trial)))
        .sorted(Comparator.comparingInt(Trial::number))
        .toList();
  }

  private static boolean dominates(History history, Trial trial, Trial other) {
    boolean better = false;
    for (int i = 0; i < history.directions().size(); i++) {
      double loss = history.directions().get(i).loss(trial.values().get(i));
      double otherLoss = history.directions().get(i).loss(other.values().get(i));
      if (loss > otherLoss) {
        return false;
      }
      better |= loss < otherLoss;
    }
    return better;
  }

  /**
   * The area between the front and a point, of two objectives: how good a front is, in one number.
   * Trials that are not better than the point in both add nothing.
   *
   * @param reference a value of each objective, worse than those that count
   */
  public static double hypervolume(History history, List<Double> reference) {
    if (history.directions().size() != 2) {
      throw new IllegalArgumentException(
          history.directions().size() + " objectives: the area is that of two");
    }
    Direction first = history.directions().get(0);
    Direction second = history.directions().get(1);
    List<Trial> front =
        of(history).stream()
            .sorted(Comparator.comparingDouble(trial -> first.loss(trial.values().get(0))))
            .toList();
    double area = 0;
    double top = second.loss(reference.get(1));
    for (Trial trial : front) {
      double width = first.loss(reference.get(0)) - first.loss(trial.values().get(0));
      double bottom = second.loss(trial.values().get(1));
      if (width > 0 && bottom < top) {
        area += width * (top - bottom);
        top = bottom;
      }
    }
    return area;
  }
}
