package org.sparkfinetune.tune.pruner;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.UserException;

/** Settings out of their range are refused with a message that says the range. */
class PrunerSettingsTest {
  private static final OptionalInt ONE = OptionalInt.of(1);
  private static final OptionalInt AUTO = OptionalInt.empty();

  static Stream<Arguments> refused() {
    return Stream.of(
        refused(
            () -> new PercentilePruner(100.5, 5, 0, 1, 1), "percentile 100.5: expected 0 to 100"),
        refused(
            () -> new PercentilePruner(Double.NaN, 5, 0, 1, 1),
            "percentile NaN: expected 0 to 100"),
        refused(
            () -> new PercentilePruner(25, -1, 0, 1, 1), "start-up trials -1: expected at least 0"),
        refused(() -> new MedianPruner(5, -2, 1, 1), "warm-up steps -2: expected at least 0"),
        refused(() -> new MedianPruner(5, 0, 0, 1), "interval steps 0: expected at least 1"),
        refused(() -> new MedianPruner(5, 0, 1, 0), "trials at a step 0: expected at least 1"),
        refused(
            () -> new SuccessiveHalvingPruner(OptionalInt.of(0), 4, 0, 0),
            "minimum resource 0: expected at least 1"),
        refused(
            () -> new SuccessiveHalvingPruner(ONE, 1, 0, 0),
            "reduction factor 1: expected at least 2"),
        refused(
            () -> new SuccessiveHalvingPruner(ONE, 4, -1, 0),
            "minimum early-stopping rate -1: expected at least 0"),
        refused(
            () -> new SuccessiveHalvingPruner(ONE, 4, 0, -1),
            "bootstrap count -1: expected at least 0"),
        refused(
            () -> new SuccessiveHalvingPruner(AUTO, 4, 0, 2),
            "bootstrap count 2 without a minimum resource: give one"),
        refused(
            () -> new HyperbandPruner("s", 0, AUTO, 3, 0),
            "minimum resource 0: expected at least 1"),
        refused(
            () -> new HyperbandPruner("s", 5, OptionalInt.of(4), 3, 0),
            "maximum resource 4: expected at least 5"),
        refused(
            () -> new HyperbandPruner("s", 1, ONE, 1, 0),
            "reduction factor 1: expected at least 2"),
        refused(
            () -> new HyperbandPruner("s", 1, AUTO, 3, 2),
            "bootstrap count 2 without a maximum resource: give one"),
        refused(
            () -> new PatientPruner(new NopPruner(), -1, 0), "patience -1: expected at least 0"),
        refused(
            () -> new PatientPruner(new NopPruner(), 1, -0.5),
            "minimum delta -0.5: expected at least 0"));
  }

  private static Arguments refused(ThrowingCallable made, String message) {
    return arguments(message, made);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void saysWhatWasExpected(String message, ThrowingCallable made) {
    assertThatThrownBy(made).isInstanceOf(UserException.class).hasMessage(message);
  }
}
