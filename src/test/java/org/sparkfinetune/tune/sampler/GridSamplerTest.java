package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.tune.sampler.Histories.EMPTY;
import static org.sparkfinetune.tune.sampler.Histories.and;
import static org.sparkfinetune.tune.sampler.Histories.choices;
import static org.sparkfinetune.tune.sampler.Histories.parameter;
import static org.sparkfinetune.tune.sampler.Histories.trial;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

class GridSamplerTest {
  private final GridSampler sampler = new GridSampler();

  @Test
  void theLastParameterChangesFirstAndAfterTheLastSettingItBeginsAnew() {
    SearchSpace space =
        space(
            parameter("rate", new FloatDistribution(0.1, 0.3, false, 0.1)),
            parameter("epochs", new IntDistribution(2, 3, false, 1)));
    assertThat(sampler.size(space)).isEqualTo(6);
    assertThat(settings(space, 7))
        .containsExactly(
            Map.of("rate", 0.1, "epochs", 2L),
            Map.of("rate", 0.1, "epochs", 3L),
            Map.of("rate", 0.2, "epochs", 2L),
            Map.of("rate", 0.2, "epochs", 3L),
            Map.of("rate", 0.3, "epochs", 2L),
            Map.of("rate", 0.3, "epochs", 3L),
            Map.of("rate", 0.1, "epochs", 2L));
  }

  @Test
  void aConditionMultipliesWhereItHoldsAlone() {
    SearchSpace space = Histories.countable();
    // adamw and lion have 3 layers each; sgd has 4 momenta with nesterov and none without: of 5
    // rates.
    assertThat(sampler.size(space)).isEqualTo((3 + 3 + 4 + 1) * 5);
    assertThat(settings(space, sampler.size(space))).doesNotHaveDuplicates();
  }

  private List<Map<String, Object>> settings(SearchSpace space, int trials) {
    return Histories.history(sampler, space, trials, TrialState.FAILED).trials().stream()
        .map(FrozenTrial::params)
        .toList();
  }

  @Test
  void whatAnotherTrialHasIsNotTriedAgain() {
    SearchSpace space = space(parameter("rate", choices(1L, 2L, 3L, 4L)));
    History history = EMPTY;
    for (long rate : new long[] {3, 1}) {
      Map<String, Object> enqueued = Map.of("rate", rate);
      history = and(history, trial(space, (int) rate, enqueued, TrialState.WAITING));
    }

    assertThat(sampler.sample(history, space, 4)).isEqualTo(Map.of("rate", 2L));
    assertThat(sampler.sample(history, space, 3))
        .as("its own number")
        .isEqualTo(Map.of("rate", 2L));
    assertThat(sampler.sample(history, space.holding(Map.of("rate", 3L)), 3))
        .isEqualTo(Map.of("rate", 3L));
  }

  @Test
  void whatCannotBeCountedIsNamed() {
    SearchSpace space =
        space(parameter("training.learning_rate", new FloatDistribution(1e-5, 1e-3, true, 0)));
    assertThatThrownBy(() -> sampler.size(space))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "training.learning_rate: in a grid, a float without a step has no countable values: give"
                + " it a step, or choices");
  }

  @Test
  void aGridThatNobodyCanTryIsRefused() {
    IntDistribution million = new IntDistribution(1, 1_000_000, false, 1);
    IntDistribution all = new IntDistribution(0, Long.MAX_VALUE - 1, false, 1);
    for (SearchSpace space :
        List.of(
            space(parameter("a", million), parameter("b", million)),
            space(parameter("a", all)),
            space(parameter("a", all), parameter("b", choices("x"), "a", 1L)))) {
      assertThatThrownBy(() -> sampler.size(space))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("fewer values or larger steps");
    }
  }

  private static SearchSpace space(Parameter... parameters) {
    return new SearchSpace(List.of(parameters));
  }
}
