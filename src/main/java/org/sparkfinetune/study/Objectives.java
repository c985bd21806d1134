package org.sparkfinetune.study;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.Better;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.train.EvaluationArguments;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Objective;

/**
 * What a study searches for.
 *
 * @param metrics names as a training reports them, {@code eval_accuracy}; the first is the one that
 *     counts where only one can
 * @param directions one each
 * @param constraints what the best trial has to meet
 */
record Objectives(List<String> metrics, List<Direction> directions, List<Constraint> constraints) {
  private static final Pattern CONSTRAINT = Pattern.compile("(\\w+)\\s*(<=|>=)\\s*(\\S+)");

  /**
   * A bound of a metric.
   *
   * @param sign 1 where the metric must not be above the bound, -1 where not below
   */
  record Constraint(String metric, int sign, double bound) {
    /** At most 0 where it is met. */
    double violation(double value) {
      return sign * (value - bound);
    }
  }

  /**
   * Reads a goal.
   *
   * @throws UserException when it is none
   */
  static Objectives of(
      TuneArguments tune, EvaluationArguments evaluation, ProblemType problemType) {
    List<String> metrics =
        tune.metric().equals("auto")
            ? List.of(evaluation.metricForBestModel(problemType).at(Stage.EVAL))
            : split(tune.metric()).stream()
                // A user's own objective measures what it likes.
                .map(metric -> tune.objective().isEmpty() ? whole(metric) : metric)
                .toList();
    if (metrics.isEmpty()) {
      throw new UserException(
          "tune.metric="
              + tune.metric()
              + " names no metric: expected one or several with commas between them, or auto");
    }
    List<String> directions =
        tune.direction().equals("auto")
            ? metrics.stream().map(metric -> "auto").toList()
            : split(tune.direction());
    if (directions.size() != metrics.size()) {
      throw new UserException(
          "tune.direction=%s has %s directions: expected one for each metric of tune.metric=%s"
              .formatted(tune.direction(), directions.size(), tune.metric()));
    }
    Set<String> measured = Metric.ofTraining(problemType);
    if (tune.objective().isEmpty()) {
      metrics.forEach(metric -> checkMeasured("tune.metric", metric, measured, problemType));
    }
    List<Direction> read = new ArrayList<>();
    for (int i = 0; i < metrics.size(); i++) {
      read.add(direction(directions.get(i), metrics.get(i)));
    }
    Objectives goal =
        new Objectives(
            metrics, read, split(tune.constraints()).stream().map(Objectives::constraint).toList());
    if (tune.objective().isEmpty()) {
      goal.checkConstraints(measured, problemType, evaluation);
    }
    return goal;
  }

  /** What no training measures would be found missing only after a whole one. */
  private void checkConstraints(
      Set<String> measured, ProblemType problemType, EvaluationArguments evaluation) {
    constraints.forEach(c -> checkMeasured("tune.constraints", c.metric(), measured, problemType));
    if (ofEvaluations().isPresent() && evaluation.evalStrategy() == IntervalStrategy.NO) {
      throw new UserException(
          "training.eval_strategy=no is not allowed with the metric %s, which evaluations measure: expected epoch or steps"
              .formatted(ofEvaluations().get()));
    }
  }

  private static void checkMeasured(
      String key, String metric, Set<String> measured, ProblemType problemType) {
    if (!measured.contains(metric)) {
      throw new UserException(
          "%s: %s is not measured for %s: expected one of %s"
              .formatted(key, metric, problemType.spelling(), String.join(", ", measured)));
    }
  }

  /** The first metric that evaluations measure; empty when none does. */
  private Optional<String> ofEvaluations() {
    return Stream.concat(metrics.stream(), constraints.stream().map(Constraint::metric))
        .filter(metric -> metric.startsWith(Stage.EVAL.prefix()))
        .findFirst();
  }

  /**
   * Checks that there are rows to measure by.
   *
   * @param evaluated whether trials have rows that they are evaluated on
   * @throws UserException when there are none and they are needed
   */
  void checkRows(boolean evaluated) {
    if (!evaluated && ofEvaluations().isPresent()) {
      throw new UserException(
          "there are no validation rows, on which %s is measured: set data.validation, data.validation_split or tune.folds"
              .formatted(ofEvaluations().get()));
    }
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(",")).map(String::trim).filter(s -> !s.isEmpty()).toList();
  }

  /** A metric's name as a training reports it. */
  private static String whole(String metric) {
    boolean whole =
        Stream.of(Stage.EVAL, Stage.TRAIN).anyMatch(stage -> metric.startsWith(stage.prefix()));
    return whole ? metric : Stage.EVAL.prefix() + metric;
  }

  private static Direction direction(String direction, String metric) {
    return switch (direction.toLowerCase(Locale.ROOT)) {
      case "minimize" -> Direction.MINIMIZE;
      case "maximize" -> Direction.MAXIMIZE;
      case "auto" -> known(metric);
      default ->
          throw new UserException(
              "tune.direction=" + direction + " is not allowed: expected minimize or maximize");
    };
  }

  private static Direction known(String metric) {
    Better better = MetricName.better(metric);
    if (better == Better.NEITHER) {
      throw new UserException(
          "tune.direction=auto is not possible with the metric %s, whose name does not say whether more of it is better: expected minimize or maximize"
              .formatted(metric));
    }
    return better == Better.LESS ? Direction.MINIMIZE : Direction.MAXIMIZE;
  }

  private static Constraint constraint(String text) {
    Matcher matcher = CONSTRAINT.matcher(text);
    try {
      if (matcher.matches()) {
        return new Constraint(
            whole(matcher.group(1)),
            matcher.group(2).equals("<=") ? 1 : -1,
            Double.parseDouble(matcher.group(3)));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UserException(
        "tune.constraints: '" + text + "' is not understood: expected METRIC <= NUMBER, or >=");
  }

  /** The metric that counts where only one can. */
  public String metric() {
    return metrics.get(0);
  }

  /** Whether trials can report the metric on their way. */
  boolean isSeenOnTheWay() {
    return metric().startsWith(Stage.EVAL.prefix()) && MetricName.isCurve(metric());
  }

  /**
   * What came of a trial.
   *
   * @throws UserException when it has not measured what is searched for
   */
  Objective.Result result(Map<String, Double> measured) {
    return new Objective.Result(
        metrics.stream().map(metric -> value(metric, measured)).toList(),
        constraints.stream().map(c -> c.violation(value(c.metric(), measured))).toList(),
        measured);
  }

  private static double value(String metric, Map<String, Double> measured) {
    Double value = measured.get(metric);
    if (value == null) {
      throw new UserException(
          metric
              + " was not measured: expected one of "
              + String.join(", ", new TreeSet<>(measured.keySet())));
    }
    return value;
  }
}
