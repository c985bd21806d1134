package io.sparkfinetune.distributed;

import io.sparkfinetune.train.TrainingResult;
import java.io.Serializable;

/**
 * How a worker's training ended. What the user has to put right is a value and not an exception:
 * Spark would run the stage again for it.
 *
 * @param result what the training reported; null when it failed
 * @param failure the message for the user; null when it did not fail
 * @param diverged whether it failed since the loss was no longer finite, weights being kept
 */
record TrainingOutcome(TrainingResult result, String failure, boolean diverged)
    implements Serializable {}
