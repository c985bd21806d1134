package io.sparkfinetune.train;

import java.util.List;
import java.util.Map;

/**
 * Where a training stands, but for its tensors: what a checkpoint holds as {@code
 * trainer_state.json}. The order of rows and dropout are functions of the seed and the step, so
 * there is no state of a random generator.
 *
 * @param run the training that wrote it; a stage that Spark runs again has the same
 * @param step optimizer steps done
 * @param rowsSeen training rows of all workers in those steps
 * @param batchSize rows of a step
 * @param optimizerSteps steps that the optimizer did: others may have been skipped, or numbered for
 *     another batch size
 * @param seconds that the training took so far, in all processes that brought it here
 * @param fingerprints of what it started from
 * @param settings of the training and the model, by their paths
 * @param losses of the steps done
 * @param best what is known of the weights kept
 * @param earlyStoppingBest the best metric so far
 * @param earlyStoppingWorse evaluations since then
 * @param untouchedFactor what word vectors that are not in use are to be multiplied with
 * @param lossScale of fp16, else null
 * @param logHistory what was reported
 */
record TrainerState(
    String run,
    int step,
    long rowsSeen,
    int batchSize,
    int optimizerSteps,
    double seconds,
    Fingerprints fingerprints,
    Map<String, String> settings,
    LossLog.State losses,
    BestWeights.State best,
    double earlyStoppingBest,
    int earlyStoppingWorse,
    double untouchedFactor,
    LossScaler.State lossScale,
    List<Map<String, Double>> logHistory) {}
