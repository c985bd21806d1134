package org.sparkfinetune.study;

import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;

/** Refuses settings of a study that cannot work. */
final class TuneChecks {
  /** What only fine-tunings can be asked for: an objective of the user's own measures by itself. */
  private static final List<String> OF_FINE_TUNINGS = List.of("constraints", "folds", "refit");

  private TuneChecks() {}

  /**
   * Checks what each key's own range does not say.
   *
   * @throws UserException naming the key, its value and what is expected
   */
  static void check(TuneArguments tune) {
    if (tune.folds() == 1) {
      throw new UserException(
          "tune.folds=1 is not allowed: expected at least 2, or 0 for the validation rows");
    }
    if (tune.reductionFactor() == 1) {
      throw new UserException(
          "tune.reduction_factor=1 is not allowed: expected at least 2, or 0 for the pruner's own");
    }
    if (!tune.objective().isEmpty()) {
      OF_FINE_TUNINGS.forEach(name -> requireDefault(tune, name));
    }
  }

  private static void requireDefault(TuneArguments tune, String name) {
    Setting setting = TuneArguments.SCHEMA.setting(name);
    Object value = TuneArguments.SCHEMA.values(tune).get(name);
    if (!value.equals(setting.defaultValue())) {
      throw new UserException(
          "%s=%s is not allowed with tune.objective, which measures by itself: leave it out"
              .formatted(setting.path(), Setting.spelling(value)));
    }
  }
}
