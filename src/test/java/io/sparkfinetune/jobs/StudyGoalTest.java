package io.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkfinetune.UserException;
import io.sparkfinetune.model.ProblemType;
import io.sparkfinetune.tune.Direction;
import io.sparkfinetune.tune.Objective;
import io.sparkfinetune.tune.pruner.PatientPruner;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users write into tune.metric, tune.direction and tune.constraints. */
class StudyGoalTest {
  private static TuneArguments tune(Map<String, ?> values) {
    return TuneArguments.SCHEMA.create(values);
  }

  private static StudyGoal goal(Map<String, ?> values) {
    return StudyGoal.of(
        tune(values),
        FineTuning.TRAINING.defaults().evaluation(),
        ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  @Test
  void byDefaultIsWhatPicksTheBestEpoch() {
    StudyGoal goal = goal(Map.of());

    assertThat(goal.metrics()).containsExactly("eval_accuracy");
    assertThat(goal.directions()).containsExactly(Direction.MAXIMIZE);
    assertThat(goal.isSeenOnTheWay()).isTrue();
  }

  @Test
  void minimizesLossesAndTimes() {
    StudyGoal goal = goal(Map.of("metric", "f1, loss, train_runtime, eval_samples_per_second"));

    assertThat(goal.metrics())
        .containsExactly("eval_f1", "eval_loss", "train_runtime", "eval_samples_per_second");
    assertThat(goal.directions())
        .containsExactly(
            Direction.MAXIMIZE, Direction.MINIMIZE, Direction.MINIMIZE, Direction.MAXIMIZE);
  }

  @Test
  void measuresConstraints() {
    StudyGoal goal = goal(Map.of("constraints", "loss <= 0.5, train_samples_per_second>=100"));

    Objective.Result result =
        goal.result(
            Map.of("eval_accuracy", 0.9, "eval_loss", 0.75, "train_samples_per_second", 120.0));

    assertThat(result.values()).containsExactly(0.9);
    assertThat(result.constraints()).containsExactly(0.25, -20.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "metric;accuracy,loss;direction;maximize;tune.direction=maximize has 1 directions: expected one for each metric of tune.metric=accuracy,loss",
        "metric;accuracy;direction;up;tune.direction=up is not allowed: expected minimize or maximize",
        "metric;accuracy;constraints;loss < 0.5;tune.constraints: 'loss < 0.5' is not understood",
        "metric;accuracy;constraints;loss <= much;tune.constraints: 'loss <= much' is not understood",
      })
  void saysWhatIsWrong(String a, String valueOfA, String b, String valueOfB, String message) {
    assertThatThrownBy(() -> goal(Map.of(a, valueOfA, b, valueOfB)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  @Test
  void saysWhatWasMeasured() {
    assertThatThrownBy(() -> goal(Map.of("metric", "f2")).result(Map.of("eval_f1", 0.5)))
        .isInstanceOf(UserException.class)
        .hasMessage("eval_f2 was not measured: expected one of eval_f1");
  }

  @Test
  void refusesAPrunerThatHasNothingToGoBy() {
    for (String metric : List.of("accuracy,train_runtime", "train_runtime")) {
      Map<String, Object> values = Map.of("metric", metric, "pruner", "asha");
      assertThatThrownBy(() -> StudyMethod.pruner(tune(values), goal(values), "study"))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("tune.pruner=asha")
          .hasMessageEndingWith("expected none");
    }
  }

  @Test
  void patienceWrapsThePruner() {
    Map<String, Object> values = Map.of("pruner", "median", "pruner_patience", 2);

    assertThat(StudyMethod.pruner(tune(values), goal(values), "study"))
        .isInstanceOf(PatientPruner.class);
  }
}
