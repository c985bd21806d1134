package org.sparkfinetune.train;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/** How the learning rate goes; part of {@link TrainingArguments}. */
public record ScheduleArguments(
    @Key(
            doc =
                "How the learning rate goes after its warm-up, named as by Hugging Face's"
                    + " get_scheduler; constant has no warm-up.",
            defaultValue = "linear")
        SchedulerType lrSchedulerType,
    @Key(
            doc = "Share of the steps in which the learning rate rises from 0 to its peak.",
            defaultValue = "0.1",
            min = 0,
            max = 1)
        double warmupRatio,
    @Key(
            doc =
                "Steps in which the learning rate rises from 0 to its peak; 0 leaves it to"
                    + " warmup_ratio.",
            defaultValue = "0",
            min = 0)
        int warmupSteps,
    @Key(
            doc =
                "Cycles of cosine (auto: 0.5, down to 0 once) and of cosine_with_restarts (auto: 1).",
            defaultValue = "auto",
            min = 0,
            minExclusive = true,
            auto = true)
        double lrSchedulerNumCycles,
    @Key(doc = "Power of polynomial.", defaultValue = "1.0", min = 0, minExclusive = true)
        double lrSchedulerPower)
    implements Serializable {}
