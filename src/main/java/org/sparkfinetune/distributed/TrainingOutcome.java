package org.sparkfinetune.distributed;

import java.io.Serializable;
import java.util.UUID;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.train.TrainingResult;

/**
 * How a worker's training ended. What the user has to put right is a value and not an exception:
 * Spark would run the stage again for it.
 *
 * @param run which attempt this is the end of; a stage that Spark runs again has another
 * @param chunks how many chunks of weights come with it
 * @param adapter the adapter that is kept beside the weights, or null
 * @param result what the training reported of the weights; null when there are none
 * @param failure the message for the user; null when it did not fail
 * @param diverged whether it failed since the loss was no longer finite, weights being kept
 */
record TrainingOutcome(
    UUID run,
    int chunks,
    AdapterFiles adapter,
    TrainingResult result,
    String failure,
    boolean diverged)
    implements Serializable {
  /** A part of the weights, with the run that it is from. */
  record Chunk(UUID run, byte[] bytes) implements Serializable {}
}
