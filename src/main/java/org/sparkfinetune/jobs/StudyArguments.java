package org.sparkfinetune.jobs;

import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;

/** Where a study lies, and whether it goes on. */
public record StudyArguments(
    @Key(
            doc =
                "The folder for the study, its report, the best setting and the model, on any Hadoop"
                    + " file system. Created when missing.",
            defaultValue = "")
        String output,
    @Key(
            doc =
                "Whether to go on with the study that is in the output: finished trials stay, those that"
                    + " were running go on from their checkpoints.",
            defaultValue = "false")
        boolean resume) {
  static final Schema<StudyArguments> SCHEMA = Schema.of("", StudyArguments.class);
}
