package org.sparkfinetune;

/** What a classifier might say of rows whose outcome a test chooses. */
public final class TestProbabilities {
  /** More than 1, as sums of floats may be. */
  private static final double MOST = 1 + 5e-7;

  private TestProbabilities() {}

  /** Probabilities by which one class is predicted, and another one, or the same, has so much. */
  public static double[] of(int classes, int label, int predicted, double ofLabel) {
    double[] probabilities = new double[classes];
    probabilities[predicted] = MOST;
    probabilities[label] = ofLabel;
    return probabilities;
  }
}
