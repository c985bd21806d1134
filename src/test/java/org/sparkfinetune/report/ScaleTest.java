package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleTest {
  @Test
  void linearBeginsAndEndsAtTicks() {
    Scale scale = Scale.linear(0.81, 0.943, 5, false, 200, 0);

    assertThat(scale.labels()).containsExactly("0.80", "0.85", "0.90", "0.95");
    assertThat(scale.at(0.80)).isCloseTo(200, within(1e-9));
    assertThat(scale.at(0.95)).isCloseTo(0, within(1e-9));
    assertThat(scale.at(0.875)).isCloseTo(100, within(1e-9));
  }

  @Test
  void valuesThatComeNearZeroAreShownFromThere() {
    assertThat(Scale.linear(0.1, 2.1, 5, false, 0, 1).labels())
        .containsExactly("0", "0.5", "1.0", "1.5", "2.0", "2.5");
    assertThat(Scale.linear(-3, 5, 5, false, 0, 1).labels())
        .containsExactly("-4", "-2", "0", "2", "4", "6");
  }

  @Test
  void stepsAreWholeNumbersWithUnits() {
    assertThat(Scale.exact(1, 3, 6, true, 0, 1).labels()).containsExactly("1", "2", "3");
    assertThat(Scale.exact(1, 100_000, 6, true, 0, 1).labels())
        .containsExactly("0", "20k", "40k", "60k", "80k", "100k");
    assertThat(Scale.exact(0, 2_500_000, 6, true, 0, 1).labels())
        .containsExactly("0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M");
  }

  @Test
  void smallValuesAreScientific() {
    assertThat(Scale.linear(0, 2e-4, 5, false, 0, 1).labels())
        .containsExactly("0", "5e-5", "1e-4", "1.5e-4", "2e-4");
  }

  @Test
  void logarithmsPutDecadesAtEqualDistances() {
    Scale scale = Scale.log(0.001, 1000, 0, 600);

    assertThat(scale.labels()).containsExactly("0.001", "0.01", "0.1", "1", "10", "100", "1000");
    assertThat(scale.at(0.01)).isCloseTo(100, within(1e-9));
    assertThat(scale.at(1)).isCloseTo(300, within(1e-9));
    assertThat(Scale.log(3, 80, 0, 1).labels()).containsExactly("2", "5", "10", "20", "50", "100");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "5, 5",
    "-7, -7",
    "1e-300, 1e-300",
    "1e300, 1e300",
    "-1.7e308, 1.7e308",
    "1e9, 1.000000001e9",
    "0, 4.9e-324",
    "1e15, 1e15",
    "-1e-9, 1e12"
  })
  void anyTwoValuesHaveAFewTicksAndFinitePlaces(double min, double max) {
    for (boolean whole : new boolean[] {false, true}) {
      for (Scale scale :
          new Scale[] {
            Scale.linear(min, max, 5, whole, 0, 100), Scale.exact(min, max, 5, whole, 0, 100)
          }) {
        assertThat(scale.ticks()).as("%s", scale).hasSizeBetween(1, 12);
        assertThat(scale.labels()).hasSameSizeAs(scale.ticks());
        assertThat(scale.at(min)).isBetween(0.0, 100.0);
        assertThat(scale.at(max)).isBetween(scale.at(min), 100.0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1e-320, 1e300", "4.9e-324, 4.9e-324", "0.5, 0.6", "1e307, 1.7e308"})
  void anyTwoPositiveValuesHaveALogarithmicScale(double min, double max) {
    Scale scale = Scale.log(min, max, 0, 100);

    assertThat(scale.ticks()).hasSizeBetween(1, 12);
    assertThat(scale.at(min)).isBetween(0.0, 100.0);
    assertThat(scale.at(max)).isBetween(scale.at(min), 100.0);
  }
}
