package io.sparkfinetune.distributed;

import io.sparkfinetune.model.io.ModelFiles;
import io.sparkfinetune.train.TrainingResult;

/** The best weights of a training, as files, and what the training reported. */
public record TrainedModel(ModelFiles files, TrainingResult result) {}
