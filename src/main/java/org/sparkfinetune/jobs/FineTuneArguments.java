package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code fine-tune} takes beside data, model and training. */
public record FineTuneArguments(
    @Key(
            doc =
                "The folder for the model, metrics and report, on any Hadoop file system. Created"
                    + " when missing.",
            defaultValue = "")
        String output) {
  static final Schema<FineTuneArguments> SCHEMA = Schema.of("", FineTuneArguments.class);
}
