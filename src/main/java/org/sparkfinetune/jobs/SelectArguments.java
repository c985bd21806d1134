package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code select} takes beside data. */
public record SelectArguments(
    @Key(doc = EvaluateArguments.MODEL, defaultValue = "") String model,
    @Key(
            doc =
                "The folder for the selected rows and the rejected rows, on any Hadoop file system."
                    + " Created when missing.",
            defaultValue = "")
        String output) {
  static final Schema<SelectArguments> SCHEMA = Schema.of("", SelectArguments.class);
}
