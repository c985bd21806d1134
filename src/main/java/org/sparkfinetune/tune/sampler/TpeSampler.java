package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/**
 * The Tree-structured Parzen Estimator of Bergstra et al. (2011), as Optuna 5.0.0 computes it: one
 * density of the good trials, one of the others, and of some draws from the first that which is the
 * likeliest in the first beside the second.
 *
 * <p>Same trials and same random numbers give Optuna's point; the goldens hold it to that. A
 * parameter learns from the trials that have it. With several objectives the good trials are the
 * first fronts.
 *
 * @param seed of the draws, with the trial's number
 */
@PublicApi
public record TpeSampler(long seed, Options options) implements Sampler {
  /**
   * How it goes about it.
   *
   * @param startupTrials so many random trials come first
   * @param candidates draws of which one is taken
   * @param multivariate whether the parameters that all trials have are drawn together, so that
   *     what goes well together is found, the rest one by one all the same; empty: with a single
   *     objective, as Optuna does since 5.0
   * @param constantLiar whether trials that run count as bad ones, so that those beside them try
   *     something else
   */
  public record Options(
      int startupTrials, int candidates, Optional<Boolean> multivariate, boolean constantLiar) {
    /** Optuna's numbers. */
    public static final Options DEFAULT = new Options(10, 24, Optional.empty(), true);

    /**
     * Checks the numbers.
     *
     * @throws UserException when one is too small
     */
    public Options {
      if (startupTrials < 1) {
        throw new UserException(startupTrials + " start-up trials: expected at least 1");
      }
      if (candidates < 1) {
        throw new UserException(candidates + " candidates: expected at least 1");
      }
    }

    /** The same with parameters that are drawn together, or all one by one. */
    public Options withMultivariate(boolean value) {
      return new Options(startupTrials, candidates, Optional.of(value), constantLiar);
    }
  }

  @Override
  public Map<String, Object> sample(History history, SearchSpace space, int number) {
    SplittableRandom random = RandomStreams.of(seed, number);
    return sample(history, space, number, random::nextDouble);
  }

  /** The same with given random numbers. */
  Map<String, Object> sample(
      History history, SearchSpace space, int number, DoubleSupplier uniform) {
    if (TrialSplit.learned(history) < options.startupTrials()) {
      return space.draw((name, distribution) -> Quantiles.at(distribution, uniform.getAsDouble()));
    }
    TrialSplit split = TrialSplit.of(history, number, options.constantLiar());
    boolean several = history.directions().size() > 1;
    Map<String, Object> joint =
        options.multivariate().orElse(!several)
            ? draw(shared(history, space), split, several, uniform)
            : Map.of();
    return space.draw(
        (name, distribution) -> {
          if (distribution.isSingle()) {
            return Quantiles.only(distribution);
          }
          return joint.containsKey(name)
              ? joint.get(name)
              : draw(new TreeMap<>(Map.of(name, distribution)), split, several, uniform).get(name);
        });
  }

  /** What all trials so far have drawn, from the same distributions as now. */
  private static SortedMap<String, Distribution> shared(History history, SearchSpace space) {
    SortedMap<String, Distribution> shared = new TreeMap<>();
    for (Parameter parameter : space.parameters()) {
      if (!parameter.distribution().isSingle()) {
        shared.put(parameter.name(), parameter.distribution());
      }
    }
    for (FrozenTrial trial : history.trials()) {
      if (trial.state() == TrialState.COMPLETE || trial.state() == TrialState.PRUNED) {
        shared
            .entrySet()
            .removeIf(e -> !e.getValue().equals(trial.distributions().get(e.getKey())));
      }
    }
    return shared;
  }

  private Map<String, Object> draw(
      SortedMap<String, Distribution> parameters,
      TrialSplit split,
      boolean several,
      DoubleSupplier uniform) {
    if (parameters.isEmpty()) {
      return Map.of();
    }
    double[][] good = observations(parameters, split.good());
    double[][] others = observations(parameters, split.others());
    List<Distribution> distributions = List.copyOf(parameters.values());
    // Of a front none is better than another, and none too old.
    double[] goodWeights = several ? ones(good.length) : ParzenEstimator.weightsByAge(good.length);
    ParzenEstimator likely = new ParzenEstimator(distributions, good, goodWeights);
    ParzenEstimator unlikely =
        new ParzenEstimator(distributions, others, ParzenEstimator.weightsByAge(others.length));
    double[] best = null;
    double most = Double.NEGATIVE_INFINITY;
    for (double[] point : likely.draw(options.candidates(), uniform)) {
      double gain = likely.logDensity(point) - unlikely.logDensity(point);
      if (best == null || gain > most) {
        best = point;
        most = gain;
      }
    }
    Map<String, Object> drawn = new HashMap<>();
    int column = 0;
    for (Map.Entry<String, Distribution> parameter : parameters.entrySet()) {
      drawn.put(parameter.getKey(), parameter.getValue().toExternal(best[column++]));
    }
    return drawn;
  }

  /**
   * What trials have tried of some parameters; those that lack one, or whose value is foreign, not.
   */
  private static double[][] observations(
      SortedMap<String, Distribution> parameters, List<FrozenTrial> trials) {
    List<double[]> rows = new ArrayList<>();
    for (FrozenTrial trial : trials) {
      boolean known =
          parameters.entrySet().stream()
              .allMatch(p -> isKnown(p.getValue(), trial.params().get(p.getKey())));
      if (known) {
        rows.add(
            parameters.entrySet().stream()
                .mapToDouble(p -> p.getValue().toInternal(trial.params().get(p.getKey())))
                .toArray());
      }
    }
    return rows.toArray(double[][]::new);
  }

  /**
   * A number that the range has lost still says something of what is near it; a choice does not.
   */
  private static boolean isKnown(Distribution distribution, Object value) {
    if (distribution instanceof CategoricalDistribution) {
      return value != null && distribution.contains(value);
    }
    boolean log =
        distribution instanceof FloatDistribution floats && floats.log()
            || distribution instanceof IntDistribution ints && ints.log();
    return value instanceof Number number
        && Double.isFinite(number.doubleValue())
        && (!log || number.doubleValue() > 0);
  }

  private static double[] ones(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return ones;
  }
}
