package org.sparkfinetune.task;

import java.util.stream.IntStream;

/** From logits to what a user reads. */
public final class Predictions {
  private Predictions() {}

  /** {@code exp(l_i) / sum exp(l_j)}, in double precision and safe from overflow. */
  public static double[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] - max);
      sum += probabilities[i];
    }
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }

  /** {@code 1 / (1 + exp(-l))} of each logit, in double precision. */
  public static double[] sigmoid(float[] logits) {
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = 1 / (1 + Math.exp(-(double) logits[i]));
    }
    return probabilities;
  }

  /** The indices of the probabilities that reach a threshold, ascending. */
  public static int[] atLeast(double[] probabilities, double threshold) {
    return IntStream.range(0, probabilities.length)
        .filter(i -> probabilities[i] >= threshold)
        .toArray();
  }

  /** The index of the largest probability, the first of equals. */
  public static int argmax(double[] probabilities) {
    int best = 0;
    for (int i = 1; i < probabilities.length; i++) {
      if (probabilities[i] > probabilities[best]) {
        best = i;
      }
    }
    return best;
  }
}
