package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code quickstart} takes beside model and training. */
public record QuickstartArguments(
    @Key(
            doc = "The folder for the sample data, the model, metrics and report.",
            defaultValue = "runs/quickstart")
        String output) {
  static final Schema<QuickstartArguments> SCHEMA = Schema.of("", QuickstartArguments.class);
}
