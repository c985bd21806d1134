package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.Better;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.pruner.PatientPruner;
import org.sparkfinetune.tune.pruner.SuccessiveHalvingPruner;

/** What users write into tune.metric, tune.direction and tune.constraints. */
class ObjectivesTest {
  private static TuneArguments tune(Map<String, ?> values) {
    return TuneArguments.SCHEMA.create(values);
  }

  private static Objectives goal(Map<String, ?> values) {
    return goal(values, Map.of(), ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static Objectives goal(
      Map<String, ?> values, Map<String, ?> training, ProblemType problemType) {
    return Objectives.of(
        tune(values), FineTuneSchema.TRAINING.create(training).evaluation(), problemType);
  }

  @Test
  void byDefaultIsWhatPicksTheBestEpoch() {
    Objectives goal = goal(Map.of());

    assertThat(goal.metrics()).containsExactly("eval_accuracy");
    assertThat(goal.directions()).containsExactly(Direction.MAXIMIZE);
    assertThat(goal.isSeenOnTheWay()).isTrue();
  }

  @Test
  void minimizesLossesAndTimes() {
    Map<String, Direction> directions =
        Map.of(
            "eval_f1", Direction.MAXIMIZE,
            "eval_loss", Direction.MINIMIZE,
            "train_runtime", Direction.MINIMIZE,
            "train_peak_memory_mb", Direction.MINIMIZE,
            "eval_samples_per_second", Direction.MAXIMIZE);

    directions.forEach(
        (metric, direction) ->
            assertThat(goal(Map.of("metric", metric)).directions()).containsExactly(direction));
  }

  @Test
  void everyMetricThatIsMeasuredHasADirectionButForThoseThatAreRefused() {
    Set<String> unknown = new TreeSet<>();
    for (ProblemType type : ProblemType.values()) {
      Metric.ofTraining(type).stream()
          .filter(metric -> MetricName.better(metric) == Better.NEITHER)
          .forEach(unknown::add);
    }

    assertThat(unknown).containsExactly("eval_samples", "eval_threshold");
  }

  @Test
  void aUsersObjectiveNamesWhatItMeasuresAndIsPruned() {
    Map<String, String> values =
        Map.of("objective", "Mine", "metric", "latency", "direction", "minimize", "pruner", "asha");
    Objectives goal = goal(values);

    assertThat(goal.metrics()).containsExactly("latency");
    assertThat(Pruners.of(tune(values), goal, "study")).isInstanceOf(SuccessiveHalvingPruner.class);
  }

  @Test
  void measuresConstraints() {
    Objectives goal = goal(Map.of("constraints", "loss <= 0.5, train_samples_per_second>=100"));

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
        "metric;latency;objective;Mine;tune.direction=auto is not possible with the metric latency, whose name does not say whether more of it is better: expected minimize or maximize",
        "metric;accuracy;direction;up;tune.direction=up is not allowed: expected minimize or maximize",
        "metric;'';direction;auto;tune.metric= names no metric: expected one or several with commas between them, or auto",
        "metric;,;direction;auto;tune.metric=, names no metric",
        "metric;f2;direction;auto;tune.metric: eval_f2 is not measured for single_label_classification: expected one of eval_accuracy, eval_balanced_accuracy,",
        "metric;f1_samples;direction;auto;tune.metric: eval_f1_samples is not measured for single_label_classification",
        "metric;accuracy;constraints;train_time <= 5;tune.constraints: train_time is not measured",
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
    assertThatThrownBy(() -> goal(Map.of()).result(Map.of("eval_f1", 0.5)))
        .isInstanceOf(UserException.class)
        .hasMessage("eval_accuracy was not measured: expected one of eval_f1");
  }

  @Test
  void knowsTheMetricsOfSets() {
    ProblemType sets = ProblemType.MULTI_LABEL_CLASSIFICATION;

    assertThat(
            goal(
                    Map.of("metric", "f1_micro, threshold", "direction", "maximize, minimize"),
                    Map.of(),
                    sets)
                .metrics())
        .containsExactly("eval_f1_micro", "eval_threshold");
    assertThatThrownBy(() -> goal(Map.of("metric", "f1"), Map.of(), sets))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("eval_f1 is not measured for multi_label_classification");
  }

  @Test
  void asksForEvaluationsWhereTheyAreNeeded() {
    Map<String, ?> none = Map.of("eval_strategy", "no");
    ProblemType single = ProblemType.SINGLE_LABEL_CLASSIFICATION;

    assertThatThrownBy(() -> goal(Map.of(), none, single))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "training.eval_strategy=no is not allowed with the metric eval_accuracy");
    assertThatThrownBy(() -> goal(Map.of()).checkRows(false))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("there are no validation rows, on which eval_accuracy is measured");
    goal(Map.of("metric", "train_loss"), none, single).checkRows(false);
  }

  @Test
  void refusesAPrunerThatHasNothingToGoBy() {
    for (String metric : List.of("accuracy,train_runtime", "train_runtime")) {
      Map<String, Object> values = Map.of("metric", metric, "pruner", "asha");
      assertThatThrownBy(() -> Pruners.of(tune(values), goal(values), "study"))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("tune.pruner=asha")
          .hasMessageEndingWith("expected none");
    }
  }

  @Test
  void patienceWrapsThePruner() {
    Map<String, Object> values = Map.of("pruner", "median", "pruner_patience", 2);

    assertThat(Pruners.of(tune(values), goal(values), "study")).isInstanceOf(PatientPruner.class);
  }
}
