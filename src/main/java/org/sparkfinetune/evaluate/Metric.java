package org.sparkfinetune.evaluate;

import static org.sparkfinetune.evaluate.Better.LESS;
import static org.sparkfinetune.evaluate.Better.MORE;
import static org.sparkfinetune.evaluate.Better.NEITHER;

import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.sparkfinetune.task.ProblemType;

/**
 * Every metric that a training, an evaluation or a study writes: whatever else has to know of one
 * asks here. {@code docs/metrics.md} lists them for users.
 */
public enum Metric {
  /** Mean log loss, in nats; at steps and of a training the loss that is trained with. */
  LOSS(
      "loss",
      "Loss",
      LESS,
      3,
      EnumSet.of(Stage.STEP, Stage.EVAL, Stage.BEST_EVAL, Stage.TEST, Stage.TRAIN),
      single(LogLoss::new),
      multi(BinaryLogLoss::new)),
  /** Share of rows predicted rightly; of sets of labels, of rows whose whole set is. */
  ACCURACY("accuracy", "Accuracy", MORE, 1, Stage.ofRows(), single(), multi()),
  /** The mean recall of the classes that have rows. */
  BALANCED_ACCURACY("balanced_accuracy", "Balanced accuracy", MORE, 0, Stage.ofRows(), single()),
  /** Share of rows whose label is among the three most probable ones. */
  TOP_3_ACCURACY(
      "top_3_accuracy",
      "Top-k accuracy",
      MORE,
      0,
      Stage.ofRows(),
      single(() -> new TopKAccuracy(3))),
  /** Share of rows whose label is among the five most probable ones. */
  TOP_5_ACCURACY(
      "top_5_accuracy",
      "Top-k accuracy",
      MORE,
      0,
      Stage.ofRows(),
      single(() -> new TopKAccuracy(5))),
  /** The unweighted mean of the classes' F1. */
  F1("f1", "F1", MORE, 2, Stage.ofRows(), single()),
  /** F1 of all decisions together; of single labels the accuracy. */
  F1_MICRO("f1_micro", "F1", MORE, 2, Stage.ofRows(), single(), multi()),
  /** The unweighted mean of the labels' F1. */
  F1_MACRO("f1_macro", "F1", MORE, 2, Stage.ofRows(), multi()),
  /** The mean of the classes' F1, weighted with their rows. */
  F1_WEIGHTED("f1_weighted", "F1", MORE, 0, Stage.ofRows(), single(), multi()),
  /** The mean of the rows' F1. */
  F1_SAMPLES("f1_samples", "F1", MORE, 0, Stage.ofRows(), multi()),
  /** As {@link #F1}. */
  PRECISION("precision", "Precision", MORE, 0, Stage.ofRows(), single()),
  /** As {@link #F1_MICRO}. */
  PRECISION_MICRO("precision_micro", "Precision", MORE, 0, Stage.ofRows(), single(), multi()),
  /** As {@link #F1_MACRO}. */
  PRECISION_MACRO("precision_macro", "Precision", MORE, 0, Stage.ofRows(), multi()),
  /** As {@link #F1_WEIGHTED}. */
  PRECISION_WEIGHTED("precision_weighted", "Precision", MORE, 0, Stage.ofRows(), single(), multi()),
  /** As {@link #F1_SAMPLES}. */
  PRECISION_SAMPLES("precision_samples", "Precision", MORE, 0, Stage.ofRows(), multi()),
  /** As {@link #F1}. */
  RECALL("recall", "Recall", MORE, 0, Stage.ofRows(), single()),
  /** As {@link #F1_MICRO}. */
  RECALL_MICRO("recall_micro", "Recall", MORE, 0, Stage.ofRows(), single(), multi()),
  /** As {@link #F1_MACRO}. */
  RECALL_MACRO("recall_macro", "Recall", MORE, 0, Stage.ofRows(), multi()),
  /** As {@link #F1_WEIGHTED}. */
  RECALL_WEIGHTED("recall_weighted", "Recall", MORE, 0, Stage.ofRows(), single(), multi()),
  /** As {@link #F1_SAMPLES}. */
  RECALL_SAMPLES("recall_samples", "Recall", MORE, 0, Stage.ofRows(), multi()),
  /** Matthews' correlation of labels and predictions. */
  MCC("mcc", "Agreement", MORE, 0, Stage.ofRows(), single()),
  /** Cohen's kappa of labels and predictions. */
  COHEN_KAPPA("cohen_kappa", "Agreement", MORE, 0, Stage.ofRows(), single()),
  /** Share of all decisions, rows times labels, that are wrong. */
  HAMMING_LOSS("hamming_loss", "Hamming loss", LESS, 0, Stage.ofRows(), multi()),
  /** Squared distance of the probabilities from the truth. */
  BRIER(
      "brier",
      "Brier score",
      LESS,
      0,
      Stage.ofRows(),
      single(BrierScore::new),
      multi(BinaryBrierScore::new)),
  /** Expected calibration error over bins of equal width. */
  ECE(
      "ece",
      "Calibration error",
      LESS,
      0,
      Stage.ofRows(),
      single(() -> new CalibrationError(CalibrationError.Kind.EXPECTED)),
      multi(() -> new CalibrationError(CalibrationError.Kind.EXPECTED_OF_SETS))),
  /** Expected calibration error over bins of equally many rows. */
  ECE_EQUAL_MASS("ece_equal_mass", "Calibration error", LESS, 0, EnumSet.of(Stage.TEST), single()),
  /** The mean of the labels' own expected calibration errors. */
  ECE_CLASSWISE(
      "ece_classwise",
      "Calibration error",
      LESS,
      0,
      Stage.ofRows(),
      single(() -> new CalibrationError(CalibrationError.Kind.CLASSWISE)),
      multi(() -> new CalibrationError(CalibrationError.Kind.CLASSWISE))),
  /** The calibration error of the worst bin. */
  MCE(
      "mce",
      "Calibration error",
      LESS,
      0,
      Stage.ofRows(),
      single(() -> new CalibrationError(CalibrationError.Kind.MAXIMUM)),
      multi(() -> new CalibrationError(CalibrationError.Kind.MAXIMUM_OF_SETS))),
  /** Area under the ROC curve, each label against all others; the mean over the labels. */
  AUROC("auroc", "AUROC", MORE, 0, EnumSet.of(Stage.TEST), single(), multi()),
  /** As {@link #AUROC}, weighted with the labels' rows. */
  AUROC_WEIGHTED("auroc_weighted", "AUROC", MORE, 0, EnumSet.of(Stage.TEST), single(), multi()),
  /** Average precision, each label against all others; the mean over the labels. */
  AVERAGE_PRECISION(
      "average_precision", "Average precision", MORE, 0, EnumSet.of(Stage.TEST), single(), multi()),
  /** As {@link #AVERAGE_PRECISION}, weighted with the labels' rows. */
  AVERAGE_PRECISION_WEIGHTED(
      "average_precision_weighted",
      "Average precision",
      MORE,
      0,
      EnumSet.of(Stage.TEST),
      single(),
      multi()),
  /** Area under the curve of errors by the share of rows that are answered. */
  AURC("aurc", "AURC", LESS, 0, EnumSet.of(Stage.TEST), single()),
  /** The probability from which on labels are predicted. */
  THRESHOLD("threshold", "Threshold", NEITHER, 0, EnumSet.of(Stage.EVAL, Stage.BEST_EVAL), multi()),
  /** Rows. */
  SAMPLES("samples", Unit.ROWS, NEITHER, 0, Stage.EVAL, Stage.TEST),
  /** How long it took. */
  RUNTIME("runtime", Unit.SECONDS, LESS, 1, Stage.EVAL, Stage.TRAIN),
  /** Rows a second. */
  SAMPLES_PER_SECOND("samples_per_second", Unit.PER_SECOND, MORE, 2, Stage.EVAL, Stage.TRAIN),
  /** Optimizer steps a second. */
  STEPS_PER_SECOND("steps_per_second", Unit.PER_SECOND, MORE, 0, Stage.TRAIN),
  /** Tokens of the rows a second, without padding. */
  TOKENS_PER_SECOND("tokens_per_second", Unit.PER_SECOND, MORE, 0, Stage.TRAIN),
  /** The most memory that the training process held. */
  PEAK_MEMORY_MB("peak_memory_mb", Unit.MEBIBYTES, LESS, 0, Stage.TRAIN),
  /** Of the step. */
  LEARNING_RATE("learning_rate", "Learning rate", NEITHER, 0, EnumSet.of(Stage.STEP)),
  /** The norm of all gradients of the step, before clipping. */
  GRADIENT_NORM("grad_norm", "Gradient norm", NEITHER, 0, EnumSet.of(Stage.STEP)),
  /** Passes over the training rows done, in fractions. */
  EPOCH("epoch", Unit.NONE, NEITHER, 0, Stage.STEP),
  /** The epoch of the weights that were kept. */
  BEST_EPOCH("best_epoch", Unit.NONE, NEITHER, 0, Stage.STEP),
  /** What the logits of the weights kept were divided by at the end. */
  CALIBRATION_TEMPERATURE("calibration_temperature", Unit.NONE, NEITHER, 0, Stage.STEP),
  /** The log loss of the validation rows with it, of the weights kept. */
  CALIBRATED_LOSS("calibrated_loss", Unit.NONE, LESS, 0, Stage.STEP),
  /** What a trial reached in the metric that is searched for. */
  TRIAL_VALUE("trial_value", "Value of the trial", NEITHER, 0, EnumSet.of(Stage.STUDY));

  /** The last of the ranks. */
  static final int LAST_RANK = 3;

  /** What a value counts. */
  public enum Unit {
    /** Nothing, or nats, or a share of 1. */
    NONE,
    /** Rows. */
    ROWS,
    /** Seconds. */
    SECONDS,
    /** So many in a second. */
    PER_SECOND,
    /** Times 2^20 bytes. */
    MEBIBYTES
  }

  /**
   * That a metric is defined for some problem types.
   *
   * @param labelSets whether for those whose rows may have several labels, or else exactly one
   * @param statistic what rows add up to for it; null where it comes of the counts of decisions or
   *     of the order of scores
   */
  private record Definition(boolean labelSets, Supplier<Statistic> statistic) {
    boolean isFor(ProblemType problemType) {
      return problemType.task().hasLabelSets() == labelSets;
    }
  }

  private final String key;
  private final String title;
  private final Better better;
  private final boolean curve;
  private final Unit unit;
  private final int rank;
  private final Set<Stage> stages;
  private final List<Definition> definitions;

  /** One whose values over a training make a curve, in the chart of a title. */
  Metric(
      String key,
      String title,
      Better better,
      int rank,
      Set<Stage> stages,
      Definition... definitions) {
    this.key = key;
    this.title = title;
    this.better = better;
    this.curve = true;
    this.unit = Unit.NONE;
    this.rank = rank;
    this.stages = stages;
    this.definitions = List.of(definitions);
  }

  /** A figure, of the same kind for every problem type. */
  Metric(String key, Unit unit, Better better, int rank, Stage... stages) {
    this.key = key;
    this.title = key;
    this.better = better;
    this.curve = false;
    this.unit = unit;
    this.rank = rank;
    this.stages = Set.of(stages);
    this.definitions = List.of();
  }

  private static Definition single() {
    return single(null);
  }

  private static Definition single(Supplier<Statistic> statistic) {
    return new Definition(false, statistic);
  }

  private static Definition multi() {
    return multi(null);
  }

  private static Definition multi(Supplier<Statistic> statistic) {
    return new Definition(true, statistic);
  }

  /** Its name without a prefix, as in {@code f1_weighted}. */
  public String key() {
    return key;
  }

  /**
   * Its name where it is measured, as in {@code eval_f1_weighted}.
   *
   * @throws IllegalArgumentException where it is not measured at the stage
   */
  public String at(Stage stage) {
    if (!stages.contains(stage)) {
      throw new IllegalArgumentException(key + " is not measured at " + stage);
    }
    return stage.prefix() + key;
  }

  /** Where it is measured. */
  public Set<Stage> stages() {
    return stages;
  }

  /** Whether more of it is better, or less. */
  public Better better() {
    return better;
  }

  /** Whether its values over a training make a curve; else it is a figure, one of the whole. */
  public boolean isCurve() {
    return curve;
  }

  /** The title of its chart; metrics of one title share a chart. */
  public String title() {
    return title;
  }

  /** What its values count. */
  public Unit unit() {
    return unit;
  }

  /** The place among those that say most, from 1 to {@link #LAST_RANK}; 0 for all others. */
  int rank() {
    return rank;
  }

  /** Whether it says how well rows are predicted: it is then defined by problem type. */
  public boolean isOfPredictions() {
    return !definitions.isEmpty();
  }

  /** Whether rows of a problem type are measured by it; figures are the same for all. */
  public boolean isDefinedFor(ProblemType problemType) {
    return definitions.isEmpty()
        || definitions.stream().anyMatch(defined -> defined.isFor(problemType));
  }

  /** Whether it can tell the best of several models: by it rows are predicted better or worse. */
  public boolean tellsTheBest() {
    return isOfPredictions() && better != NEITHER;
  }

  /**
   * Those that tell the best of several models of a problem type while they are trained. Those of
   * the order of all rows' scores are not among them: an evaluation after each epoch would have to
   * sort rows times labels numbers, and workers to exchange them.
   */
  public static List<Metric> ofPredictions(ProblemType problemType) {
    return Arrays.stream(values())
        .filter(metric -> metric.tellsTheBest() && metric.isDefinedFor(problemType))
        .filter(metric -> metric.stages.contains(Stage.EVAL))
        .toList();
  }

  /** Those that say most of how well rows are predicted, the first first. */
  public static List<Metric> headlines() {
    return Arrays.stream(values())
        .filter(metric -> metric.rank > 0 && metric.isOfPredictions())
        .sorted(Comparator.comparingInt(Metric::rank))
        .toList();
  }

  /** The one that tells the best model of a problem type unless the user names another. */
  public static Metric ofBestModel(ProblemType problemType) {
    return problemType.task().hasLabelSets() ? F1_MICRO : ACCURACY;
  }

  /** The names of all that a training with evaluations of a problem type ends with. */
  public static Set<String> ofTraining(ProblemType problemType) {
    Set<String> names = new TreeSet<>();
    for (Metric metric : values()) {
      for (Stage stage : List.of(Stage.EVAL, Stage.TRAIN)) {
        if (metric.stages.contains(stage) && metric.isDefinedFor(problemType)) {
          names.add(metric.at(stage));
        }
      }
    }
    return names;
  }

  /**
   * The names of what else than predictions a study can search by: what trainings and evaluations
   * take, and the loss that is trained with.
   */
  public static Set<String> ofTrainings() {
    Set<String> names = new TreeSet<>();
    for (Metric metric : values()) {
      for (Stage stage : List.of(Stage.EVAL, Stage.TRAIN)) {
        if (metric.stages.contains(stage)
            && (stage == Stage.TRAIN || !metric.isOfPredictions())
            && metric.better != NEITHER) {
          names.add(metric.at(stage));
        }
      }
    }
    return names;
  }

  /** New statistics of rows of a problem type, by the metrics that they are values of. */
  static Map<Metric, Statistic> statistics(ProblemType problemType) {
    Map<Metric, Statistic> statistics = new LinkedHashMap<>();
    for (Metric metric : values()) {
      for (Definition defined : metric.definitions) {
        if (defined.isFor(problemType) && defined.statistic() != null) {
          statistics.put(metric, defined.statistic().get());
        }
      }
    }
    return statistics;
  }
}
