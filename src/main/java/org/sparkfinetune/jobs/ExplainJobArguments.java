package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code explain} takes beside data. */
public record ExplainJobArguments(
    @Key(doc = EvaluateArguments.MODEL, defaultValue = "") String model,
    @Key(
            doc =
                "The folder for the explained rows, the page and the rejected rows, on any Hadoop"
                    + " file system. Created when missing.",
            defaultValue = "")
        String output) {
  static final Schema<ExplainJobArguments> SCHEMA = Schema.of("", ExplainJobArguments.class);
}
