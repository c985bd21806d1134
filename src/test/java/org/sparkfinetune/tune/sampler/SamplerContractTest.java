package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sparkfinetune.tune.sampler.Histories.EMPTY;
import static org.sparkfinetune.tune.sampler.Histories.and;
import static org.sparkfinetune.tune.sampler.Histories.choices;
import static org.sparkfinetune.tune.sampler.Histories.history;
import static org.sparkfinetune.tune.sampler.Histories.parameter;
import static org.sparkfinetune.tune.sampler.Histories.trial;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** What every sampler keeps to; a new one is a line in {@link #samplers()}. */
class SamplerContractTest {
  private static final int TRIALS = 60;

  /**
   * What is tried.
   *
   * @param space with everything that the sampler takes
   */
  record Case(String name, Sampler sampler, SearchSpace space) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> samplers() {
    TpeSampler.Options options = TpeSampler.Options.DEFAULT;
    return Stream.of(
        new Case("random", new RandomSampler(1), Histories.wide()),
        new Case("sobol", new SobolSampler(1), Histories.wide()),
        new Case("grid", new GridSampler(), Histories.countable()),
        new Case("tpe", new TpeSampler(1, options), Histories.wide()),
        new Case(
            "tpe, univariate",
            new TpeSampler(1, options.withMultivariate(false)),
            Histories.wide()),
        new Case(
            "tpe, multivariate",
            new TpeSampler(1, options.withMultivariate(true)),
            Histories.wide()),
        new Case(
            "tpe, without liar",
            new TpeSampler(1, new TpeSampler.Options(3, 5, Optional.of(true), false)),
            Histories.wide()));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void valuesLieInTheirDistributionsAndConditionsHold(Case tried) {
    for (TrialState odd : TrialState.values()) {
      History history = history(tried.sampler(), tried.space(), TRIALS, odd);
      history.trials().forEach(trial -> assertValid(tried.space(), trial.params()));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void everyBranchIsTried(Case tried) {
    Set<String> names = new HashSet<>();
    history(tried.sampler(), tried.space(), TRIALS, TrialState.COMPLETE)
        .trials()
        .forEach(trial -> names.addAll(trial.params().keySet()));
    assertThat(names).containsExactlyInAnyOrderElementsOf(tried.space().names());
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void theSameQuestionHasTheSameAnswer(Case tried) {
    History history = history(tried.sampler(), tried.space(), 30, TrialState.PRUNED);
    for (int number : List.of(30, 31, 1000)) {
      Map<String, Object> first = tried.sampler().sample(history, tried.space(), number);
      tried.sampler().sample(history, tried.space(), number + 1);
      assertThat(tried.sampler().sample(history, tried.space(), number)).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void nothingYetTried(Case tried) {
    assertValid(tried.space(), tried.sampler().sample(EMPTY, tried.space(), 0));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void allHaveFailedOrRun(Case tried) {
    for (TrialState state : List.of(TrialState.FAILED, TrialState.RUNNING, TrialState.WAITING)) {
      History history = EMPTY;
      for (int number = 0; number < 15; number++) {
        Map<String, Object> params = tried.sampler().sample(history, tried.space(), number);
        history = and(history, trial(tried.space(), number, params, state));
      }
      assertValid(tried.space(), tried.sampler().sample(history, tried.space(), 15));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void someHaveValuesThatAreNoNumbers(Case tried) {
    History history = EMPTY;
    for (int number = 0; number < TRIALS; number++) {
      Map<String, Object> params = tried.sampler().sample(history, tried.space(), number);
      double value =
          List.of(Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 1.0)
              .get(number % 4);
      history =
          and(
              history,
              trial(tried.space(), number, params, TrialState.RUNNING)
                  .reported(1, value)
                  .finished(
                      number % 3 == 0 ? TrialState.PRUNED : TrialState.COMPLETE,
                      List.of(value),
                      List.of(number % 5 - 2.0, value),
                      2,
                      ""));
      assertValid(tried.space(), params);
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void whatHasOneValueHasThatValue(Case tried) {
    SearchSpace space =
        new SearchSpace(
            List.of(
                parameter("float", new FloatDistribution(2.5, 2.5, false, 0)),
                parameter("log", new FloatDistribution(2.5, 2.5, true, 0)),
                parameter("int", new IntDistribution(7, 7, false, 1)),
                parameter("log int", new IntDistribution(7, 7, true, 1)),
                parameter("choice", choices("a"))));
    Map<String, Object> only =
        Map.of("float", 2.5, "log", 2.5, "int", 7L, "log int", 7L, "choice", "a");
    assertThat(history(tried.sampler(), space, 30, TrialState.PRUNED).trials())
        .allSatisfy(trial -> assertThat(trial.params()).isEqualTo(only));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void heldParametersAreKept(Case tried) {
    History history = history(tried.sampler(), tried.space(), 30, TrialState.PRUNED);
    SearchSpace held = tried.space().holding(Map.of("optimizer", "sgd", "rate", 0.3));
    for (int number = 30; number < 40; number++) {
      assertThat(tried.sampler().sample(history, held, number))
          .containsEntry("optimizer", "sgd")
          .containsEntry("rate", 0.3);
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void aSpaceThatHasChangedSinceIsKeptTo(Case tried) {
    History history = history(tried.sampler(), tried.space(), 40, TrialState.RUNNING);
    SearchSpace other =
        new SearchSpace(
            List.of(
                // A choice less and one more; other bounds; numbers where choices were, and the
                // reverse.
                parameter("optimizer", choices("lion", "adafactor")),
                parameter("rate", new FloatDistribution(0.4, 0.9, false, 0.25)),
                parameter("momentum", choices("low", "high")),
                parameter("nesterov", new IntDistribution(1, 8, true, 1)),
                parameter("layers", new IntDistribution(100, 200, false, 1)),
                parameter("fresh", new FloatDistribution(0, 1, false, 0.5), "optimizer", "lion")));
    for (int number = 40; number < 60; number++) {
      Map<String, Object> params = tried.sampler().sample(history, other, number);
      assertValid(other, params);
      history = and(history, trial(other, number, params, TrialState.COMPLETE));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void severalObjectivesAndConstraints(Case tried) {
    History history = new History(List.of(Direction.MINIMIZE, Direction.MAXIMIZE), List.of());
    for (int number = 0; number < 40; number++) {
      Map<String, Object> params = tried.sampler().sample(history, tried.space(), number);
      assertValid(tried.space(), params);
      double value = params.hashCode() % 10;
      history =
          and(
              history,
              trial(tried.space(), number, params, TrialState.RUNNING)
                  .finished(
                      TrialState.COMPLETE,
                      List.of(value, value * value),
                      List.of(number % 4 - 1.0),
                      2,
                      ""));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void trialsAreSpread(Case tried) {
    int size = Math.min(tried.sampler().size(tried.space()), TRIALS);
    History history = EMPTY;
    for (int number = 0; number < size; number++) {
      Map<String, Object> params = tried.sampler().sample(history, tried.space(), number);
      history = and(history, trial(tried.space(), number, params, TrialState.RUNNING));
    }
    assertThat(history.trials()).extracting(FrozenTrial::params).doesNotHaveDuplicates();
  }

  /** The values are what the space allows, and there are neither more nor fewer of them. */
  private static void assertValid(SearchSpace space, Map<String, Object> params) {
    Map<String, Object> left = new HashMap<>(params);
    for (Parameter parameter : space.parameters()) {
      boolean active =
          parameter
              .condition()
              .map(c -> c.values().stream().anyMatch(v -> v.equals(params.get(c.parameter()))))
              .orElse(true);
      Object value = left.remove(parameter.name());
      assertThat(value != null).as(parameter.name() + " in " + params).isEqualTo(active);
      if (active) {
        assertThat(parameter.distribution().contains(value))
            .as(value + " in " + parameter)
            .isTrue();
        assertThat(value)
            .isInstanceOf(
                parameter.distribution() instanceof FloatDistribution
                    ? Double.class
                    : parameter.distribution() instanceof IntDistribution
                        ? Long.class
                        : Object.class);
      }
    }
    assertThat(left).isEmpty();
  }
}
