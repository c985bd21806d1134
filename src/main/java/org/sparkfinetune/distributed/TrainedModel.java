package org.sparkfinetune.distributed;

import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.train.TrainingResult;

/** The best weights of a training, as files, and what the training reported. */
public record TrainedModel(ModelFiles files, TrainingResult result) {}
