package org.sparkfinetune.train;

import java.io.Serializable;
import org.sparkfinetune.config.Key;

/**
 * How to train. Names and defaults are those of Hugging Face's TrainingArguments, where it has
 * them. All keys are in one section, {@code training}; the records are for the code.
 */
public record TrainingArguments(
    @Key(doc = "Passes over the training rows.", defaultValue = "3", min = 1) int numTrainEpochs,
    @Key(
            doc = "Optimizer steps, instead of num_train_epochs; 0 leaves it to those.",
            defaultValue = "0",
            min = 0)
        int maxSteps,
    @Key(
            doc =
                "Rows of a worker's forward and backward pass. A step takes this times"
                    + " gradient_accumulation_steps times num_workers rows.",
            defaultValue = "32",
            min = 1)
        int perDeviceTrainBatchSize,
    @Key(doc = "Rows a forward pass of an evaluation.", defaultValue = "64", min = 1)
        int perDeviceEvalBatchSize,
    @Key(
            doc = "Passes of a worker whose gradients are added up for one step.",
            defaultValue = "1",
            min = 1)
        int gradientAccumulationSteps,
    @Key(
            doc =
                "Whether to halve per_device_train_batch_size, and double"
                    + " gradient_accumulation_steps, when memory does not suffice.",
            defaultValue = "false")
        boolean autoFindBatchSize,
    @Key(
            doc =
                "Whether the layers' activations are computed again in the backward pass instead of"
                    + " kept: less memory, about a third more time.",
            defaultValue = "false")
        boolean gradientCheckpointing,
    @Key(
            doc =
                "Arithmetic: fp32, bf16 or fp16 (weights stay fp32; fp16, with loss scaling, on GPUs"
                    + " alone), or auto (bf16 where the processor or the GPU multiplies it natively,"
                    + " else fp32).",
            defaultValue = "auto")
        Precision precision,
    @Key(
            doc =
                "Whether batches hold rows of like length where they are padded. Where they are not"
                    + " (BERT and its kin on processors), batches are random.",
            defaultValue = "true")
        boolean groupByLength,
    @Key(doc = "Steps between two reports of loss and learning rate.", defaultValue = "10", min = 1)
        int loggingSteps,
    @Key(doc = "Seed of the head's weights, the order of rows and dropout.", defaultValue = "42")
        long seed,
    OptimizerArguments optimizer,
    ScheduleArguments schedule,
    LossArguments loss,
    EvaluationArguments evaluation,
    CheckpointArguments checkpoint)
    implements Serializable {}
