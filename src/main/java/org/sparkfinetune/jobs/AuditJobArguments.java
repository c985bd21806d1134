package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** Where an audit lies, and whether it goes on. */
public record AuditJobArguments(
    @Key(
            doc =
                "The folder for the audited rows, the figures and the report, on any Hadoop file"
                    + " system. Created when missing.",
            defaultValue = "")
        String output,
    @Key(
            doc =
                "Whether to go on with the audit that is in the output: the folds that have been"
                    + " predicted stay.",
            defaultValue = "false")
        boolean resume) {
  static final Schema<AuditJobArguments> SCHEMA = Schema.of("", AuditJobArguments.class);
}
