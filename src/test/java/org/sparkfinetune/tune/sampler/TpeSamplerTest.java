package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.TrialState;

/** What the goldens do not show: when it begins to learn, and what its options are worth. */
class TpeSamplerTest {
  private static final TpeSampler.Options DEFAULT = TpeSampler.Options.DEFAULT;
  private static final SearchSpace SPACE = Histories.wide();

  @Test
  void theFirstTrialsAreRandomUntilEnoughHaveSaidHowGoodTheyAre() {
    TpeSampler tpe = new TpeSampler(5, DEFAULT);
    RandomSampler random = new RandomSampler(5);
    // Of 18 trials 9 have failed.
    History nine = Histories.history(random, SPACE, 18, TrialState.FAILED);
    assertThat(tpe.sample(nine, SPACE, 18)).isEqualTo(random.sample(nine, SPACE, 18));
    History ten = Histories.history(random, SPACE, 10, TrialState.PRUNED);
    assertThat(tpe.sample(ten, SPACE, 18)).isNotEqualTo(random.sample(ten, SPACE, 18));
  }

  @Test
  void parametersAreDrawnTogetherWithOneObjectiveAndOneByOneWithSeveral() {
    History one = Histories.history(new RandomSampler(1), SPACE, 30, TrialState.COMPLETE);
    History two =
        new History(
            List.of(Direction.MINIMIZE, Direction.MAXIMIZE),
            one.trials().stream()
                .map(t -> t.finished(t.state(), List.of(t.value(), 1.0), List.of(), 2, ""))
                .toList());
    assertThat(draws(DEFAULT, one))
        .isEqualTo(draws(DEFAULT.withMultivariate(true), one))
        .isNotEqualTo(draws(DEFAULT.withMultivariate(false), one));
    assertThat(draws(DEFAULT, two))
        .isEqualTo(draws(DEFAULT.withMultivariate(false), two))
        .isNotEqualTo(draws(DEFAULT.withMultivariate(true), two));
  }

  @Test
  void whatRunsOrIsToRunIsAvoidedUnlessToldNotTo() {
    TpeSampler.Options candid = new TpeSampler.Options(10, 24, Optional.empty(), false);
    History ended = Histories.history(new RandomSampler(1), SPACE, 30, TrialState.COMPLETE);
    for (TrialState state : List.of(TrialState.RUNNING, TrialState.WAITING)) {
      History history = ended;
      for (int number = 30; number < 40; number++) {
        Map<String, Object> params = new RandomSampler(2).sample(history, SPACE, number);
        history = Histories.and(history, Histories.trial(SPACE, number, params, state));
      }
      assertThat(draws(candid, history)).isEqualTo(draws(candid, ended));
      assertThat(draws(DEFAULT, history)).isNotEqualTo(draws(DEFAULT, ended));
    }
  }

  @Test
  void aTrialThatIsAskedForAgainDoesNotAvoidItself() {
    History history = Histories.history(new RandomSampler(1), SPACE, 30, TrialState.COMPLETE);
    TpeSampler tpe = new TpeSampler(1, DEFAULT);
    Map<String, Object> drawn = tpe.sample(history, SPACE, 30);
    History beside = Histories.and(history, Histories.trial(SPACE, 30, drawn, TrialState.RUNNING));
    assertThat(tpe.sample(beside, SPACE, 30)).isEqualTo(drawn);
  }

  @Test
  void itFindsBetterValuesThanChance() {
    TestFunction function = TestFunction.ALL.get("mixed");
    for (long seed = 0; seed < 3; seed++) {
      double chance = best(function, new RandomSampler(seed));
      assertThat(best(function, new TpeSampler(seed, DEFAULT))).isLessThan(chance);
      assertThat(best(function, new TpeSampler(seed, DEFAULT.withMultivariate(false))))
          .isLessThan(chance);
    }
  }

  @Test
  void numbersThatMakeNoSense() {
    assertThatThrownBy(() -> new TpeSampler.Options(0, 24, Optional.empty(), true))
        .isInstanceOf(UserException.class)
        .hasMessage("0 start-up trials: expected at least 1");
    assertThatThrownBy(() -> new TpeSampler.Options(10, 0, Optional.empty(), true))
        .isInstanceOf(UserException.class)
        .hasMessage("0 candidates: expected at least 1");
  }

  private static List<Map<String, Object>> draws(TpeSampler.Options options, History history) {
    TpeSampler tpe = new TpeSampler(1, options);
    return IntStream.range(100, 105).mapToObj(n -> tpe.sample(history, SPACE, n)).toList();
  }

  private static double best(TestFunction function, Sampler sampler) {
    List<FrozenTrial> trials = new ArrayList<>();
    for (int number = 0; number < 80; number++) {
      History history = new History(List.of(Direction.MINIMIZE), trials);
      Map<String, Object> drawn = sampler.sample(history, function.space(), number);
      trials.add(
          FrozenTrial.waiting(number, drawn, function.space().distributions(drawn))
              .finished(
                  TrialState.COMPLETE,
                  List.of(function.value().applyAsDouble(drawn)),
                  List.of(),
                  1,
                  ""));
    }
    return trials.stream().mapToDouble(FrozenTrial::value).min().orElseThrow();
  }
}
