package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** What the job {@code sync} takes. */
public record SyncArguments(
    @Key(
            doc =
                "The folder of the journal, on this machine's disk: tracking in the output of a job,"
                    + " or what tracking.journal was.",
            defaultValue = "")
        String journal,
    @Key(
            doc = "Seconds after which it gives up when the server takes nothing.",
            defaultValue = "300",
            min = 1)
        int patience) {
  static final Schema<SyncArguments> SCHEMA = Schema.of("", SyncArguments.class);
}
