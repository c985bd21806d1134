package org.sparkfinetune.train;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;

/** The loss or its gradient stopped being a finite number; training went no further. */
public final class DivergedException extends UserException {
  private static final long serialVersionUID = 1L;

  private final transient TrainingResult kept;

  DivergedException(
      int step,
      String what,
      List<Double> lossHistory,
      double learningRate,
      String keptWeights,
      TrainingResult kept) {
    super(
        String.format(
            Locale.ROOT,
            "training diverged at step %d: %s. Last losses: %s. Try a lower training.learning_rate"
                + " (it was %s), a longer training.warmup_ratio or training.precision=fp32. Kept: %s",
            step,
            what,
            lossHistory.isEmpty()
                ? "none"
                : lossHistory.stream()
                    .map(loss -> String.format(Locale.ROOT, "%.4g", loss))
                    .collect(Collectors.joining(", ")),
            learningRate,
            keptWeights));
    this.kept = kept;
  }

  /** What the training reported of the weights that it kept. */
  public TrainingResult kept() {
    return kept;
  }
}
