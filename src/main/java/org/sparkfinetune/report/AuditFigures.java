package org.sparkfinetune.report;

import java.util.List;
import java.util.Optional;

/**
 * What an audit has found.
 *
 * @param rows audited
 * @param folds models that were trained, each without one of as many parts of the rows
 * @param filter and {@code score}, as the settings name them
 * @param accuracy the share of the rows, from 0 to 1, whose labels are exactly predicted by the
 *     model that has not seen them
 * @param issues rows whose label is called an issue
 * @param noise the share of labels, from 0 to 1, that are estimated to be wrong; of label sets the
 *     mean over the labels
 * @param classes in the order of the labels
 * @param overlaps pairs of labels that are taken for each other, the most rows first; none of label
 *     sets
 * @param overlapping the same without a direction, the largest share first
 * @param worst rows that are issues, the worst first
 * @param outliers rows that are of none of the labels
 * @param farthest the rows with the lowest scores, the lowest first, whether they are outliers or
 *     not; none of label sets
 * @param duplicates texts that occur more than once
 */
public record AuditFigures(
    long rows,
    int folds,
    String filter,
    String score,
    double accuracy,
    long issues,
    double noise,
    List<OfClass> classes,
    List<Overlap> overlaps,
    List<Pair> overlapping,
    List<Worst> worst,
    long outliers,
    List<Outlier> farthest,
    Duplicates duplicates) {
  /**
   * What was found of a class.
   *
   * @param rows with this label
   * @param issues among them
   * @param quality the mean of their scores
   * @param threshold their label's mean probability; empty where no row has the label
   * @param noise the share of them, from 0 to 1, that are estimated to have another label
   * @param prior the share of all rows that are estimated to have this label
   */
  public record OfClass(
      String label,
      long rows,
      long issues,
      double quality,
      Optional<Double> threshold,
      double noise,
      double prior) {}

  /**
   * A pair of labels.
   *
   * @param given by the data
   * @param suggested by the models
   * @param rows that the confident joint counts there
   */
  public record Overlap(String given, String suggested, long rows) {}

  /**
   * Two labels that are given to rows of each other.
   *
   * @param rows how many, estimated
   * @param share of all rows, from 0 to 1
   */
  public record Pair(String one, String other, long rows, double share) {}

  /** A row that is of none of the labels; its score is from 0 to 1, less for one farther away. */
  public record Outlier(String text, String label, double score) {}

  /** A row whose label is an issue; of label sets the labels are joined by commas. */
  public record Worst(String text, String given, String suggested, double quality) {}

  /**
   * Texts that occur more than once.
   *
   * @param exactGroups of texts that are equal but for case and white space
   * @param exactRows of the audited rows, in these groups
   * @param nearGroups of texts that are nearly equal
   * @param nearRows of the audited rows, in these groups
   * @param conflictGroups of either kind, with more than one label
   * @param leaked rows of the validation and the test set whose text, or nearly so, is among the
   *     audited ones, by set; of sets that were given alone
   */
  public record Duplicates(
      long exactGroups,
      long exactRows,
      long nearGroups,
      long nearRows,
      long conflictGroups,
      List<Leak> leaked) {}

  /** Rows of a set whose text is among the audited ones, exactly or nearly. */
  public record Leak(String set, long exact, long near) {}
}
