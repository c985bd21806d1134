package org.sparkfinetune.storage;

import java.util.List;

/** The names of what is written into an output folder, each by whichever job writes it. */
public final class OutputFiles {
  /** The pipeline, as {@code PipelineModel.load} reads it. */
  public static final String MODEL = "model";

  /** Metrics by name, a JSON object of numbers. */
  public static final String METRICS = "metrics.json";

  /** The configuration of the run, for {@code --conf}. */
  public static final String CONFIG = "config.conf";

  /** The log of the training, a JSON array of objects of numbers. */
  public static final String LOG_HISTORY = "log_history.json";

  /** Scores by class as text. */
  public static final String TEXT_REPORT = "report.txt";

  /** The page of a run, of a study, of an evaluation or of a comparison. */
  public static final String PAGE = "report.html";

  /** Counts by label and prediction. */
  public static final String CONFUSION_MATRIX = "confusion_matrix.csv";

  /** Scores by class for programs. */
  public static final String CLASS_SCORES = "class_scores.json";

  /** How prediction sets fare, a JSON array of an object of numbers for each coverage. */
  public static final String PREDICTION_SETS = "prediction_sets.json";

  /** Metrics by slice of the rows, the worst slices and gaps between groups, a JSON object. */
  public static final String SLICES = "slices.json";

  /** How often predictions are right from a confidence on, a JSON array of points of the curve. */
  public static final String RISK_COVERAGE = "risk_coverage.json";

  /** Rows that were read and not used, with their reasons. */
  public static final String REJECTED_ROWS = "rejected_rows";

  /** What the same rows say of two models, a JSON object. */
  public static final String COMPARISON = "comparison.json";

  /** Rows that one of two models alone gets right. */
  public static final String DISAGREEMENTS = "disagreements";

  /** The folder of checkpoints, unless another one is set. */
  public static final String CHECKPOINTS = "checkpoints";

  /** All trials of a study. */
  public static final String STUDY = "study.json";

  /** The configuration of a study's best trial, for {@code --conf}. */
  public static final String BEST_CONFIG = "best.conf";

  /** The folder of what a study's trials leave while it runs. */
  public static final String TRIALS = "trials";

  /** The audited rows with what was found of their labels. */
  public static final String ISSUES = "issues";

  /** The figures of an audit. */
  public static final String AUDIT = "audit.json";

  /** The texts that occur more than once. */
  public static final String DUPLICATES = "duplicates";

  /** The rows that were selected to be labeled. */
  public static final String SELECTED = "selected";

  /** The explained rows with their words' attributions. */
  public static final String ATTRIBUTIONS = "attributions";

  /** The words with the largest mean attributions, by class. */
  public static final String WORDS = "words";

  /** The words with the largest attributions to wrong predictions, by label and prediction. */
  public static final String CONFUSIONS = "confusions";

  /** The folder of what an audit's models say of the rows that they have not seen. */
  public static final String FOLDS = "folds";

  /** What an audit leaves, beside its folds. */
  public static final List<String> OF_AUDIT =
      List.of(ISSUES, AUDIT, DUPLICATES, PAGE, CONFIG, REJECTED_ROWS);

  /** What measured rows leave. */
  public static final List<String> OF_EVALUATION =
      List.of(
          METRICS,
          TEXT_REPORT,
          PAGE,
          CONFUSION_MATRIX,
          CLASS_SCORES,
          PREDICTION_SETS,
          SLICES,
          RISK_COVERAGE,
          REJECTED_ROWS);

  /** What a selection of rows to label leaves. */
  public static final List<String> OF_SELECTION = List.of(SELECTED, REJECTED_ROWS);

  /** What an explanation leaves. */
  public static final List<String> OF_EXPLANATION =
      List.of(ATTRIBUTIONS, WORDS, CONFUSIONS, METRICS, PAGE, REJECTED_ROWS);

  /** What a calibration leaves. */
  public static final List<String> OF_CALIBRATION = List.of(MODEL, PAGE, REJECTED_ROWS);

  /** What a comparison of two models leaves. */
  public static final List<String> OF_COMPARISON =
      List.of(COMPARISON, DISAGREEMENTS, PAGE, SLICES, REJECTED_ROWS);

  /** What a fine-tuning leaves, beside its checkpoints and its journal. */
  public static final List<String> OF_FINE_TUNING =
      List.of(
          MODEL,
          METRICS,
          CONFIG,
          LOG_HISTORY,
          TEXT_REPORT,
          PAGE,
          CONFUSION_MATRIX,
          CLASS_SCORES,
          REJECTED_ROWS,
          OutputDirectory.LAST_GOOD);

  /** What a study leaves, beside its trials and its journal. */
  public static final List<String> OF_STUDY =
      List.of(
          STUDY,
          BEST_CONFIG,
          PAGE,
          MODEL,
          METRICS,
          TEXT_REPORT,
          CONFUSION_MATRIX,
          CLASS_SCORES,
          REJECTED_ROWS);

  private OutputFiles() {}
}
