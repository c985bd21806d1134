package org.sparkfinetune.train;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/** What is minimized; part of {@link TrainingArguments}. */
public record LossArguments(
    @Key(
            doc =
                "The loss: auto (cross-entropy; for multi-label binary cross-entropy) or focal, which"
                    + " counts rows that are classified well less.",
            defaultValue = "auto")
        LossType loss,
    @Key(
            doc =
                "Weights of the classes in the loss: none, balanced (rows / (classes * rows of the"
                    + " class), as scikit-learn's), or given as label=weight, with commas between"
                    + " them; a label that is not named weighs 1. Single-label.",
            defaultValue = "none")
        String classWeights,
    @Key(
            doc =
                "Weights of the rows that have a label, against those that have not: none, balanced"
                    + " (rows without it / rows with it), or given as label=weight, with commas"
                    + " between them; a label that is not named weighs 1. Multi-label.",
            defaultValue = "none")
        String posWeight,
    @Key(
            doc = "Share of the target that is spread over all classes. Single-label.",
            defaultValue = "0.0",
            min = 0,
            max = 1,
            maxExclusive = true)
        double labelSmoothingFactor,
    @Key(doc = "Gamma of the focal loss; 0 is cross-entropy.", defaultValue = "2.0", min = 0)
        double focalGamma)
    implements Serializable {}
