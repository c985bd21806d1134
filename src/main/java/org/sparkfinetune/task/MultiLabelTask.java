package org.sparkfinetune.task;

/** Any number of labels a row: those whose sigmoid reaches a threshold. */
final class MultiLabelTask implements Task {
  @Override
  public int[] predicted(double[] probabilities, double threshold) {
    return Predictions.atLeast(probabilities, threshold);
  }

  @Override
  public boolean hasThreshold() {
    return true;
  }

  @Override
  public boolean hasLabelSets() {
    return true;
  }

  @Override
  public OutputActivation activation() {
    return OutputActivation.SIGMOID;
  }

  @Override
  public String words() {
    return "sets of labels";
  }
}
