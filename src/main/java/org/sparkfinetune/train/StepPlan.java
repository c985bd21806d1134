package org.sparkfinetune.train;

/**
 * How a training falls into steps.
 *
 * @param rows training rows of all workers
 * @param workers how many there are
 * @param accumulation micro-batches of a worker in a step, each of which goes forward and backward
 * @param batchSize rows of a step, over all micro-batches and workers; the last step of an epoch
 *     may have fewer
 * @param stepsPerEpoch optimizer steps of a pass over the rows
 * @param totalSteps all optimizer steps
 */
public record StepPlan(
    int rows, int workers, int accumulation, int batchSize, int stepsPerEpoch, int totalSteps) {
  /** Plans a training; {@code rows} is at least 1. */
  public static StepPlan of(int rows, int workers, TrainingArguments arguments) {
    int accumulation = arguments.gradientAccumulationSteps();
    int batchSize =
        (int)
            Math.min(
                Integer.MAX_VALUE,
                (long) arguments.perDeviceTrainBatchSize() * accumulation * workers);
    int stepsPerEpoch = (rows - 1) / batchSize + 1;
    int totalSteps =
        arguments.maxSteps() > 0
            ? arguments.maxSteps()
            : Math.multiplyExact(stepsPerEpoch, arguments.numTrainEpochs());
    return new StepPlan(rows, workers, accumulation, batchSize, stepsPerEpoch, totalSteps);
  }

  /** The parts that a step's rows are dealt into: one for each micro-batch of each worker. */
  int parts() {
    return accumulation * workers;
  }

  /** The epochs done after a number of steps, in fractions. */
  double epoch(int step) {
    return (double) step / stepsPerEpoch;
  }

  /** The rows seen after a number of steps. */
  long rowsSeen(int step) {
    long inEpoch = Math.min(rows, (long) (step % stepsPerEpoch) * batchSize);
    return (long) (step / stepsPerEpoch) * rows + inEpoch;
  }

  /** The step that comes next after a number of rows; the last step is not passed. */
  int stepAfter(long rowsSeen) {
    long steps = rowsSeen / rows * stepsPerEpoch + rowsSeen % rows / batchSize;
    return (int) Math.min(totalSteps, steps);
  }

  /** The same steps in micro-batches of at most {@code microBatch} rows each. */
  StepPlan inMicroBatchesOf(int microBatch) {
    int accumulation = (int) (((long) batchSize - 1) / ((long) microBatch * workers) + 1);
    return new StepPlan(rows, workers, accumulation, batchSize, stepsPerEpoch, totalSteps);
  }
}
