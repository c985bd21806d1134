package org.sparkfinetune.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The name of a metric as logs, files and tracking servers have it, as in {@code eval_loss}. A
 * server may tell of metrics that are not this project's: of those it is known what the words in
 * their names say, or nothing.
 *
 * @param metric what is measured
 * @param stage where
 */
public record MetricName(Metric metric, Stage stage) {
  /** What the names of the machine's figures begin with, as MLflow's do. */
  public static final String SYSTEM = "system/";

  /** Of others, where more is better. */
  private static final Set<String> FOREIGN_SCORES = Set.of("auc", "roc_auc");

  /** Of others, Hugging Face's: no curve that says anything. */
  private static final Set<String> FOREIGN_FIGURES = Set.of("total_flos");

  /** As {@code val_loss} and {@code train/loss}: the words that it ends with. */
  private static final Pattern LESS = foreign(metric -> metric.better() == Better.LESS, "");

  private static final Pattern MORE =
      foreign(metric -> metric.better() == Better.MORE && !metric.isCurve(), "");

  /** As {@code training_f1_score}: averages and the like follow the names of scores. */
  private static final Pattern SCORE =
      foreign(metric -> metric.better() == Better.MORE && metric.isCurve(), "(_\\w+)?");

  private static final Pattern FIGURE = foreign(metric -> !metric.isCurve(), "");

  private static final Map<String, MetricName> NAMES = new HashMap<>();

  static {
    for (Metric metric : Metric.values()) {
      metric.stages().forEach(stage -> NAMES.put(metric.at(stage), new MetricName(metric, stage)));
    }
  }

  private static Pattern foreign(Predicate<Metric> which, String end) {
    return Pattern.compile(
        Arrays.stream(Metric.values())
            .filter(which)
            .map(Metric::key)
            .collect(Collectors.joining("|", "(.*[_/])?(", ")" + end)));
  }

  /** The metric of a name; empty when it is none of this project's. */
  public static Optional<MetricName> of(String name) {
    return Optional.ofNullable(NAMES.get(name));
  }

  /** How two values of a metric compare; {@code NEITHER} also where its name does not say. */
  public static Better better(String name) {
    Optional<MetricName> known = of(name);
    if (known.isPresent()) {
      return known.get().metric().better();
    }
    if (LESS.matcher(name).matches()) {
      return Better.LESS;
    }
    boolean more =
        MORE.matcher(name).matches()
            || SCORE.matcher(name).matches()
            || FOREIGN_SCORES.stream().anyMatch(score -> name.matches("(.*[_/])?" + score));
    return more ? Better.MORE : Better.NEITHER;
  }

  /** Whether a metric's values over a training make a curve; one that is not known may. */
  public static boolean isCurve(String name) {
    return of(name)
        .map(known -> known.metric().isCurve())
        .orElseGet(
            () ->
                !name.startsWith(SYSTEM)
                    && !FOREIGN_FIGURES.contains(name)
                    && !FIGURE.matcher(name).matches());
  }

  /**
   * Those of some metrics that say most of a run: how well it predicts test rows, validation rows
   * with the weights that were kept (while it runs, with the newest), and how fast it was. Of those
   * of one rank, as the F1 of single labels and of sets, the first that there is.
   */
  public static List<String> headlines(Set<String> names) {
    List<String> headlines = new ArrayList<>();
    first(names, true, List.of(Stage.TEST), headlines);
    first(names, true, List.of(Stage.BEST_EVAL, Stage.EVAL), headlines);
    first(names, false, List.of(Stage.TRAIN), headlines);
    return headlines;
  }

  /** The same of an evaluation while a training runs. */
  public static List<String> headlinesOfEvaluation(Set<String> names) {
    List<String> headlines = new ArrayList<>();
    first(names, true, List.of(Stage.EVAL), headlines);
    return headlines;
  }

  private static void first(
      Set<String> names, boolean ofPredictions, List<Stage> stages, List<String> headlines) {
    for (int rank = 1; rank <= Metric.LAST_RANK; rank++) {
      int wanted = rank;
      List<Metric> metrics =
          Arrays.stream(Metric.values())
              .filter(metric -> metric.rank() == wanted)
              .filter(metric -> metric.isOfPredictions() == ofPredictions)
              .toList();
      stages.stream()
          .flatMap(
              stage ->
                  metrics.stream()
                      .filter(metric -> metric.stages().contains(stage))
                      .map(metric -> metric.at(stage)))
          .filter(names::contains)
          .findFirst()
          .ifPresent(headlines::add);
    }
  }

  /**
   * The name of the best value of a metric: that of the weights that a training keeps, or of a
   * study's best trial.
   */
  public static String best(String name) {
    return "best_" + name;
  }

  /**
   * The metric that says how good the kept weights are, where there is one: {@code
   * best_eval_accuracy} for {@code eval_accuracy}.
   *
   * @param known the metrics that there are
   */
  public static String ofKept(String name, Set<String> known) {
    String kept = best(name);
    return known.contains(kept) ? kept : name;
  }

  /**
   * The metric whose values over the training a metric of the kept weights is one of; empty for any
   * other metric.
   */
  public static Optional<String> course(String name) {
    String kept = Stage.BEST_EVAL.prefix();
    return name.startsWith(kept)
        ? Optional.of(Stage.EVAL.prefix() + name.substring(kept.length()))
        : Optional.empty();
  }
}
