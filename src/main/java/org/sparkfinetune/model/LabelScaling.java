package org.sparkfinetune.model;

import java.util.Collections;
import java.util.List;

/**
 * What the logits that were trained have been multiplied with and then raised by, label by label
 * (Platt scaling), before they are divided by a temperature. It is done in the rows and the bias of
 * the last layer, see {@link HeadScaling}: whatever reads the model has the calibrated
 * probabilities.
 *
 * @param slopes by label index, each above 0
 * @param intercepts by label index
 */
public record LabelScaling(List<Double> slopes, List<Double> intercepts) {
  /** Checks the numbers. */
  public LabelScaling {
    slopes = List.copyOf(slopes);
    intercepts = List.copyOf(intercepts);
    boolean finite =
        slopes.stream().allMatch(slope -> slope > 0 && slope < Double.POSITIVE_INFINITY)
            && intercepts.stream().allMatch(intercept -> Math.abs(intercept) < Double.MAX_VALUE);
    if (!finite || slopes.size() != intercepts.size()) {
      throw new IllegalArgumentException(
          "slopes %s and intercepts %s: expected as many finite ones, slopes above 0"
              .formatted(slopes, intercepts));
    }
  }

  /** One that leaves logits as they are. */
  static LabelScaling none(int labels) {
    return new LabelScaling(Collections.nCopies(labels, 1.0), Collections.nCopies(labels, 0.0));
  }

  /** This one behind another one and a division by a temperature. */
  LabelScaling after(LabelScaling before, double temperature) {
    Double[] allSlopes = new Double[slopes.size()];
    Double[] allIntercepts = new Double[slopes.size()];
    for (int i = 0; i < slopes.size(); i++) {
      allSlopes[i] = slopes.get(i) * before.slopes.get(i) / temperature;
      allIntercepts[i] = slopes.get(i) * before.intercepts.get(i) / temperature + intercepts.get(i);
    }
    return new LabelScaling(List.of(allSlopes), List.of(allIntercepts));
  }
}
