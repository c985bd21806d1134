package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What every job takes. */
public record CommonArguments(
    @Key(
            doc =
                "Which of Spark's messages the terminal shows. The log file has those from info on"
                    + " in any case.",
            defaultValue = "off",
            choices = {"off", "error", "warn", "info", "debug"})
        String log) {
  static final Schema<CommonArguments> SCHEMA = Schema.of("", CommonArguments.class);
}
