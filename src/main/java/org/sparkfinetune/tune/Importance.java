package org.sparkfinetune.tune;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * How much each parameter matters for a trial to be among the best: PED-ANOVA, as Optuna 5.0.0
 * computes it by default.
 *
 * <p>For each parameter the density of its values in the best tenth of the complete trials is
 * compared with that in all of them, by the Pearson divergence of the two. Parameters that are
 * there in some trials only, or were drawn from other distributions in some, count by the share of
 * trials in which they were so.
 */
public final class Importance {
  private static final double TARGET_QUANTILE = 0.1;

  /** A distribution that fewer trials have drawn from says nothing. */
  private static final int TRIALS_OF_A_REGIME = 2;

  private static final double LEAST_DENSITY = 1e-12;

  private Importance() {}

  /** The importances for the only, or first, objective. */
  public static Map<String, Double> of(History history) {
    return of(history, 0);
  }

  /**
   * The importances for one objective: the most important parameter first, 1 in sum. All are equal
   * where the trials say nothing; none is there where no trial is complete.
   */
  public static Map<String, Double> of(History history, int objective) {
    Direction direction = history.directions().get(objective);
    List<FrozenTrial> complete = history.in(TrialState.COMPLETE);
    List<FrozenTrial> trials =
        complete.stream().filter(trial -> Double.isFinite(trial.values().get(objective))).toList();
    Set<Integer> best = best(trials, trial -> direction.loss(trial.values().get(objective)));
    Map<String, Double> divergences = new LinkedHashMap<>();
    for (String name : names(complete)) {
      divergences.put(name, trials.size() < 2 ? 0 : divergence(name, trials, best));
    }
    return normalized(divergences);
  }

  private static Set<String> names(List<FrozenTrial> trials) {
    return trials.stream()
        .flatMap(trial -> trial.distributions().keySet().stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The numbers of the best tenth, and others as good as the last of them. */
  private static Set<Integer> best(List<FrozenTrial> trials, ToDoubleFunction<FrozenTrial> loss) {
    double[] losses = trials.stream().mapToDouble(loss).sorted().toArray();
    int count = (int) Math.ceil(TARGET_QUANTILE * losses.length);
    return trials.stream()
        .filter(trial -> loss.applyAsDouble(trial) <= losses[count - 1])
        .map(FrozenTrial::number)
        .collect(Collectors.toSet());
  }

  private static double divergence(String name, List<FrozenTrial> trials, Set<Integer> best) {
    Map<Optional<Distribution>, List<FrozenTrial>> regimes =
        trials.stream()
            .collect(
                Collectors.groupingBy(
                    trial -> Optional.ofNullable(trial.distributions().get(name)),
                    LinkedHashMap::new,
                    Collectors.toList()));
    double sum = 0;
    for (Map.Entry<Optional<Distribution>, List<FrozenTrial>> regime : regimes.entrySet()) {
      List<FrozenTrial> all = regime.getValue();
      List<FrozenTrial> top = all.stream().filter(trial -> best.contains(trial.number())).toList();
      if (regime.getKey().isPresent()
          && !regime.getKey().get().isSingle()
          && all.size() >= TRIALS_OF_A_REGIME
          && !top.isEmpty()) {
        double topShare = (double) top.size() / best.size();
        double share = (double) all.size() / trials.size();
        Distribution distribution = regime.getKey().get();
        sum +=
            topShare
                * topShare
                / share
                * pearson(density(name, distribution, top), density(name, distribution, all));
      }
    }
    return sum;
  }

  private static double pearson(double[] top, double[] all) {
    double sum = 0;
    for (int x = 0; x < all.length; x++) {
      double local = all[x] + LEAST_DENSITY;
      double ratio = (top[x] + LEAST_DENSITY) / local - 1;
      sum += local * ratio * ratio;
    }
    return sum;
  }

  private static double[] density(
      String name, Distribution distribution, List<FrozenTrial> trials) {
    return GridDensity.of(
        distribution,
        trials.stream()
            .mapToDouble(trial -> distribution.toInternal(trial.params().get(name)))
            .toArray());
  }

  private static Map<String, Double> normalized(Map<String, Double> divergences) {
    double sum = divergences.values().stream().mapToDouble(Double::doubleValue).sum();
    List<Map.Entry<String, Double>> sorted = new ArrayList<>(divergences.entrySet());
    sorted.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
    Map<String, Double> shares = new LinkedHashMap<>();
    sorted.forEach(
        each -> shares.put(each.getKey(), sum == 0 ? 1.0 / sorted.size() : each.getValue() / sum));
    return Collections.unmodifiableMap(shares);
  }
}
