package org.sparkfinetune.train;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** How a classifier that is trained computes its answers: the section {@code inference}. */
public record InferenceArguments(
    @Key(
            doc =
                "Arithmetic of a model that answers: fp32; bf16, which gives the same labels but for a"
                    + " few rows that are near a tie, and probabilities to two or three digits; or"
                    + " auto: what the model has set, if anything, else bf16 where the processor"
                    + " multiplies it (two to four times as fast) and fp32 where not. fp16 is for GPUs:"
                    + " a processor takes what auto takes.",
            defaultValue = "auto")
        Precision precision) {
  /** The section. */
  public static final Schema<InferenceArguments> SCHEMA =
      Schema.of("inference", InferenceArguments.class);
}
