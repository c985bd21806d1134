package org.sparkfinetune.finetune;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.pipeline.OutOfScopeScore;
import org.sparkfinetune.pipeline.SelectiveOptions;

/** How far predictions are to be trusted: the section {@code predict}. */
public record PredictionArguments(
    @Key(
            doc =
                "How often a row's right label is to be in its prediction_set, a column that is"
                    + " added then, as 0.95; one of the coverages that the model was calibrated for by"
                    + " calibrate.coverage of jobs/calibrate. 0 adds none.",
            defaultValue = "0",
            min = 0,
            max = 1,
            maxExclusive = true)
        double coverage,
    @Key(
            doc =
                "The confidence below which there is no prediction: it is null then, and abstained, a"
                    + " column that is added, is true. 0 predicts every row.",
            defaultValue = "0",
            min = 0,
            max = 1)
        double abstainBelow,
    @Key(
            doc =
                "The share of predictions that is to be right, which gives the confidence below which"
                    + " there is none: one of those that the model was calibrated for by"
                    + " calibrate.target_accuracy of jobs/calibrate. 0 predicts every row.",
            defaultValue = "0",
            min = 0,
            max = 1)
        double targetAccuracy,
    @Key(
            doc =
                "What out_of_scope_score has, a column that is added then, higher for rows that are"
                    + " less like those of the training: 1 less the largest probability (max_softmax),"
                    + " the energy of the logits (energy), or the distance of the pooled vector from the"
                    + " nearest class mean (mahalanobis; calibrate.mahalanobis of jobs/calibrate).",
            defaultValue = "none")
        OutOfScopeScore outOfScopeScore) {
  static final Schema<PredictionArguments> SCHEMA = Schema.of("predict", PredictionArguments.class);

  SelectiveOptions options() {
    return new SelectiveOptions(coverage, abstainBelow, targetAccuracy, outOfScopeScore);
  }
}
