package org.sparkfinetune.audit;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What an audit takes beside rows, and the settings of its trainings. */
public record AuditArguments(
    @Key(
            doc =
                "Into how many folds the rows are dealt: as many models are trained, each without"
                    + " one fold, whose rows it then predicts. Each label needs as many different"
                    + " texts.",
            defaultValue = "5",
            min = 2)
        int folds,
    @Key(
            doc =
                "Trainings that run at once; 0 for as many as the cluster has slots for, and two of"
                    + " a local master.",
            defaultValue = "0",
            min = 0)
        int parallelism,
    @Key(
            doc =
                "Which rows are label issues, as cleanlab's filter_by: as many as the confident"
                    + " joint counts of each pair of labels (prune_by_noise_rate) or of each label"
                    + " (prune_by_class), those that both find (both), those that it counts"
                    + " elsewhere (confident_learning), or those that are predicted otherwise"
                    + " (predicted_neq_given).",
            defaultValue = "prune_by_noise_rate")
        IssueFilter filter,
    @Key(
            doc =
                "How the quality of a label is scored, from 0 to 1, as cleanlab does it:"
                    + " self_confidence is the probability of the given label.",
            defaultValue = "self_confidence")
        QualityScore quality,
    @Key(
            doc =
                "From which similarity on two texts are near duplicates: the Jaccard index of their"
                    + " sequences of five characters; 1 looks for equal texts alone.",
            defaultValue = "0.8",
            min = 0.5,
            max = 1)
        double similarity) {
  /** The settings, as of section {@code audit}. */
  public static final Schema<AuditArguments> SCHEMA = Schema.of("audit", AuditArguments.class);
}
