package org.sparkfinetune.finetune;

import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.conformal.ConformityMethod;
import org.sparkfinetune.conformal.ConformityScore;
import org.sparkfinetune.pipeline.CalibrationMethod;
import org.sparkfinetune.pipeline.SelectiveSettings;

/** How a model is calibrated, and what of when not to answer: the section {@code calibrate}. */
public record CalibrationArguments(
    @Key(
            doc =
                "temperature: one number divides all logits, and the same labels are predicted. platt, for"
                    + " multi-label models: each label has a slope and an intercept of its own, and"
                    + " the threshold is tuned anew.",
            defaultValue = "temperature")
        CalibrationMethod method,
    @Key(
            doc =
                "The coverages of prediction sets to calibrate for, one or several, as [0.9,0.95]:"
                    + " how often a row's right label is among those of its set. None when not set.",
            defaultValue = "")
        String coverage,
    @Key(
            doc =
                "How sets are made: lac (the smallest on average), aps (larger for rows that are"
                    + " hard) or raps (aps without long tails).",
            defaultValue = "lac")
        ConformityMethod setMethod,
    @Key(
            doc =
                "Whether each label has its own threshold, by the rows of that label (Mondrian), so that the"
                    + " coverage is kept label by label.",
            defaultValue = "false")
        boolean classConditional,
    @Key(
            doc =
                "aps and raps: whether the last label of a set is drawn, by the text and the seed, which"
                    + " makes sets smaller; else it is always in.",
            defaultValue = "true")
        boolean randomized,
    @Key(
            doc = "raps: what each label of a set behind the first ones costs, a probability.",
            defaultValue = "0.01",
            min = 0,
            max = 1)
        double rapsLambda,
    @Key(
            doc = "raps: how many labels of a set cost nothing.",
            defaultValue = "5",
            min = 0,
            max = 1_000_000)
        int rapsK,
    @Key(doc = "Seed of what is drawn for sets.", defaultValue = "42") long seed,
    @Key(
            doc =
                "The shares of predictions that are to be right, one or several, as [0.95,0.99]: for"
                    + " each the confidence is found below which the model should not answer. None when not"
                    + " set.",
            defaultValue = "")
        String targetAccuracy,
    @Key(
            doc =
                "Whether the model keeps the mean pooled vector of each label's rows and their"
                    + " covariance, for predict.out_of_scope_score=mahalanobis.",
            defaultValue = "false")
        boolean mahalanobis) {
  static final Schema<CalibrationArguments> SCHEMA =
      Schema.of("calibrate", CalibrationArguments.class);

  /**
   * What is to be calibrated.
   *
   * @throws UserException when a list has something else than shares
   */
  SelectiveSettings selective() {
    return new SelectiveSettings(
        shares("calibrate.coverage", coverage, false),
        new ConformityScore(setMethod, randomized, rapsLambda, rapsK),
        seed,
        classConditional,
        shares("calibrate.target_accuracy", targetAccuracy, true));
  }

  private static List<Double> shares(String key, String value, boolean upToOne) {
    String listed =
        value.startsWith("[") && value.endsWith("]")
            ? value.substring(1, value.length() - 1)
            : value;
    if (listed.isBlank()) {
      return List.of();
    }
    return Arrays.stream(listed.split(",", -1))
        .map(String::strip)
        .map(share -> share(key, value, share, upToOne))
        .distinct()
        .sorted()
        .toList();
  }

  private static double share(String key, String value, String text, boolean upToOne) {
    double share;
    try {
      share = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      share = Double.NaN;
    }
    if (!(share > 0 && (upToOne ? share <= 1 : share < 1))) {
      throw new UserException(
          "%s=%s is not allowed: expected a number above 0 and %s 1, or several in brackets: %s=[0.9,0.95]"
              .formatted(key, value, upToOne ? "up to" : "below", key));
    }
    return share;
  }
}
