package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;

/** Settings of a study that each key's range allows and that cannot work. */
class TuneChecksTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "folds;1;'';tune.folds=1 is not allowed: expected at least 2, or 0 for the validation rows",
        "reduction_factor;1;'';tune.reduction_factor=1 is not allowed: expected at least 2, or 0 for the pruner's own",
        "folds;3;my.Objective;tune.folds=3 is not allowed with tune.objective, which measures by itself: leave it out",
        "refit;true;my.Objective;tune.refit=true is not allowed with tune.objective",
        "constraints;loss <= 1;my.Objective;tune.constraints=loss <= 1 is not allowed with tune.objective",
      })
  void refuses(String name, String value, String objective, String message) {
    TuneArguments tune = TuneArguments.SCHEMA.create(Map.of(name, value, "objective", objective));

    assertThatThrownBy(() -> TuneChecks.check(tune))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }
}
