package org.sparkfinetune.tune.sampler;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** A sampler alone on a test function: the Java side of {@code bench/hpo}. */
public final class HpoMain {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A grid takes so many values of each parameter. */
  private static final int GRID_VALUES = 5;

  private HpoMain() {}

  /**
   * Arguments: function, sampler, trials, seeds; and a file for each trial's parameters and value
   * as a line of JSON, for who wants to compute the values too.
   */
  public static void main(String[] args) throws IOException {
    try {
      TestFunction function = named(TestFunction.ALL, "function", args[0]);
      int trials = Integer.parseInt(args[2]);
      int seeds = Integer.parseInt(args[3]);
      try (PrintWriter params =
          args.length > 4
              ? new PrintWriter(Files.newBufferedWriter(Path.of(args[4])))
              : new PrintWriter(PrintWriter.nullWriter())) {
        named(samplers(0), "sampler", args[1]);
        System.out.println("seed,trial,value,best");
        for (int seed = 0; seed < seeds; seed++) {
          Sampler sampler = named(samplers(seed), "sampler", args[1]);
          SearchSpace space =
              sampler instanceof GridSampler ? countable(function.space()) : function.space();
          run(function, space, sampler, seed, trials, System.out, params);
        }
      }
    } catch (UserException e) {
      System.err.println("bench/hpo: " + e.getMessage());
      System.exit(2);
    }
  }

  private static Map<String, Sampler> samplers(long seed) {
    TpeSampler.Options options = TpeSampler.Options.DEFAULT;
    return Map.of(
        "random", new RandomSampler(seed),
        "grid", new GridSampler(),
        "sobol", new SobolSampler(seed),
        "tpe", new TpeSampler(seed, options),
        "tpe-univariate", new TpeSampler(seed, options.withMultivariate(false)),
        "tpe-multivariate", new TpeSampler(seed, options.withMultivariate(true)));
  }

  private static <T> T named(Map<String, T> all, String what, String name) {
    T found = all.get(name);
    if (found == null) {
      throw new UserException(
          "no "
              + what
              + " "
              + name
              + ": expected one of "
              + String.join(", ", new TreeSet<>(all.keySet())));
    }
    return found;
  }

  private static void run(
      TestFunction function,
      SearchSpace space,
      Sampler sampler,
      int seed,
      int trials,
      PrintStream out,
      PrintWriter params)
      throws IOException {
    History history = Histories.EMPTY;
    List<FrozenTrial> done = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    for (int number = 0; number < trials; number++) {
      Map<String, Object> drawn = sampler.sample(history, space, number);
      double value = function.value().applyAsDouble(drawn);
      best = Math.min(best, value);
      done.add(
          FrozenTrial.waiting(number, drawn, space.distributions(drawn))
              .finished(TrialState.COMPLETE, List.of(value), List.of(), 1, ""));
      history = new History(history.directions(), done);
      out.println(seed + "," + number + "," + value + "," + best);
      params.println(JSON.writeValueAsString(Map.of("params", drawn, "value", value)));
    }
  }

  /** A few values of each parameter, evenly spread, or in their logarithms. */
  private static SearchSpace countable(SearchSpace space) {
    return new SearchSpace(
        space.parameters().stream()
            .map(p -> new Parameter(p.name(), few(p.distribution()), p.condition()))
            .toList());
  }

  private static Distribution few(Distribution distribution) {
    boolean continuous = distribution instanceof FloatDistribution floats && floats.step() == 0;
    if (!continuous && Quantiles.count(distribution) <= GRID_VALUES) {
      return distribution;
    }
    return new CategoricalDistribution(
        List.copyOf(
            new LinkedHashSet<>(
                LongStream.range(0, GRID_VALUES)
                    .mapToObj(i -> Quantiles.at(distribution, (i + 0.5) / GRID_VALUES))
                    .toList())));
  }
}
