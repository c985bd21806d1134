package org.sparkfinetune.train;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/** When and where checkpoints are written; part of {@link TrainingArguments}. */
public record CheckpointArguments(
    @Key(
            doc =
                "The folder for checkpoints, on any Hadoop file system that every worker reads and"
                    + " writes; when not set, none are written. The job fine-tune sets it to"
                    + " OUTPUT/checkpoints.",
            defaultValue = "")
        String checkpointDir,
    @Key(
            doc =
                "When a checkpoint is written: no, epoch (after each), or steps (every save_steps);"
                    + " with the latter two also at the end.",
            defaultValue = "epoch")
        IntervalStrategy saveStrategy,
    @Key(doc = "Steps between two checkpoints.", defaultValue = "500", min = 1) int saveSteps,
    @Key(
            doc =
                "How many checkpoints are kept: the newest, and that of the best evaluation among"
                    + " them; 0 keeps all.",
            defaultValue = "2",
            min = 0)
        int saveTotalLimit,
    @Key(
            doc = "Whether to go on from the newest whole checkpoint, where there is one.",
            defaultValue = "false")
        boolean resume)
    implements Serializable {}
