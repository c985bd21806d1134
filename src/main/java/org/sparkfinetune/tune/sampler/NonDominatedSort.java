package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;

/**
 * The best trials by several objectives: whole fronts, and of the first that is too large those
 * that together dominate most.
 */
final class NonDominatedSort {
  private NonDominatedSort() {}

  /** The n best complete trials, or all where there are no more. */
  static Set<FrozenTrial> best(List<Direction> directions, List<FrozenTrial> trials, int n) {
    Set<FrozenTrial> best = Collections.newSetFromMap(new IdentityHashMap<>());
    if (n >= trials.size()) {
      best.addAll(trials);
      return best;
    }
    double[][] losses =
        trials.stream().map(trial -> losses(directions, trial)).toArray(double[][]::new);
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < losses.length; i++) {
      left.add(i);
    }
    while (best.size() < n) {
      List<Integer> front = front(losses, left);
      List<Integer> taken =
          best.size() + front.size() <= n ? front : dominatingMost(losses, front, n - best.size());
      taken.forEach(i -> best.add(trials.get(i)));
      left.removeAll(front);
    }
    return best;
  }

  private static double[] losses(List<Direction> directions, FrozenTrial trial) {
    double[] losses = new double[directions.size()];
    for (int i = 0; i < losses.length; i++) {
      double loss = directions.get(i).loss(trial.values().get(i)) + 0.0;
      losses[i] = Double.isNaN(loss) ? Double.POSITIVE_INFINITY : loss;
    }
    return losses;
  }

  /** Those that no other is as good as in everything and better than in something. */
  private static List<Integer> front(double[][] losses, List<Integer> among) {
    return among.stream()
        .filter(i -> among.stream().noneMatch(j -> dominates(losses[j], losses[i])))
        .toList();
  }

  private static boolean dominates(double[] a, double[] b) {
    boolean better = false;
    for (int i = 0; i < a.length; i++) {
      if (a[i] > b[i]) {
        return false;
      }
      better |= a[i] < b[i];
    }
    return better;
  }

  /** Some of a front, one after the other that which adds most to the volume dominated. */
  private static List<Integer> dominatingMost(double[][] losses, List<Integer> front, int n) {
    TreeMap<double[], Integer> distinct = new TreeMap<>(Arrays::compare);
    front.forEach(i -> distinct.putIfAbsent(losses[i], i));
    List<Integer> firsts = new ArrayList<>(distinct.values());
    if (firsts.size() < n) {
      List<Integer> chosen = new ArrayList<>(firsts);
      front.stream().filter(i -> !firsts.contains(i)).limit(n - firsts.size()).forEach(chosen::add);
      return chosen;
    }
    double[] reference = reference(losses, front);
    if (firsts.size() == n || !Arrays.stream(reference).allMatch(Double::isFinite)) {
      return firsts.subList(0, n);
    }
    return Hypervolume.subset(
            firsts.stream().map(i -> losses[i]).toArray(double[][]::new), reference, n)
        .stream()
        .map(firsts::get)
        .toList();
  }

  /** A point a little worse than the worst of each objective. */
  private static double[] reference(double[][] losses, List<Integer> front) {
    double[] reference = new double[losses[0].length];
    for (int i = 0; i < reference.length; i++) {
      int objective = i;
      double worst =
          front.stream()
              .map(f -> losses[f][objective])
              .max(Comparator.naturalOrder())
              .orElseThrow();
      double beyond = Math.max(1.1 * worst, 0.9 * worst);
      reference[i] = beyond == 0 ? 1e-12 : beyond;
    }
    return reference;
  }
}
