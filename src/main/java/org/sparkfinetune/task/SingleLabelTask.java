package org.sparkfinetune.task;

/** Exactly one label a row: the most probable one by softmax. */
final class SingleLabelTask implements Task {
  @Override
  public int[] predicted(double[] probabilities, double threshold) {
    return new int[] {Predictions.argmax(probabilities)};
  }

  @Override
  public boolean hasThreshold() {
    return false;
  }

  @Override
  public boolean hasLabelSets() {
    return false;
  }

  @Override
  public OutputActivation activation() {
    return OutputActivation.SOFTMAX;
  }

  @Override
  public String words() {
    return "one label a text";
  }
}
