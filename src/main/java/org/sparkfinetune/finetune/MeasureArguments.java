package org.sparkfinetune.finetune;

import java.util.Optional;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.evaluate.Bootstrap;

/** How labeled rows are measured: the section {@code evaluate}. */
public record MeasureArguments(
    @Key(
            doc =
                "How often the test rows are drawn again, with replacement and by label, for the"
                    + " intervals of the metrics. 0 gives none.",
            defaultValue = "1000",
            min = 0,
            max = 1_000_000)
        int bootstrap,
    @Key(
            doc = "The share of these draws that lies within an interval.",
            defaultValue = "0.95",
            min = 0.5,
            max = 0.9999)
        double confidence,
    @Key(doc = "Seed of these draws.", defaultValue = "42") long seed) {
  static final Schema<MeasureArguments> SCHEMA = Schema.of("evaluate", MeasureArguments.class);

  /** How intervals are drawn; empty for none. */
  Optional<Bootstrap> intervals() {
    return bootstrap == 0
        ? Optional.empty()
        : Optional.of(new Bootstrap(bootstrap, seed, confidence));
  }
}
