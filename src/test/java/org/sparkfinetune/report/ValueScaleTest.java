package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.sparkfinetune.tune.Direction;

class ValueScaleTest {
  private static final double[] WITH_ONE_AWFUL = {0.90, 0.91, 0.92, 0.93, 0.94, 0.91, 0.92, -500};

  private static Scale of(Direction direction, double... values) {
    return ValueScale.of(values, direction, 6, 5, 100, 0);
  }

  @Test
  void awfulValuesLieAtTheEdgeOnTheirSideAlone() {
    Scale scale = of(Direction.MAXIMIZE, WITH_ONE_AWFUL);
    // The median is 0.92: 6 times as far from 0.94 is 0.82.
    assertThat(scale.low()).isBetween(0.79, 0.821);
    assertThat(scale.high()).isBetween(0.94, 0.961);
    assertThat(ValueScale.beyond(scale, WITH_ONE_AWFUL)).isEqualTo(1);

    // As a loss it is the best.
    assertThat(of(Direction.MINIMIZE, WITH_ONE_AWFUL).low()).isLessThanOrEqualTo(-500);
  }

  @Test
  void fewValuesAllCount() {
    assertThat(of(Direction.MAXIMIZE, 0.9, 0.91, 0.92, -500).low()).isLessThanOrEqualTo(-500);
  }

  @Test
  void lossesOverDecadesAreDrawnByLogarithm() {
    assertThat(of(Direction.MINIMIZE, 0.001, 0.1, 10).isLog()).isTrue();
    assertThat(of(Direction.MINIMIZE, 0, 0.1, 10).isLog()).isFalse();
    assertThat(of(Direction.MAXIMIZE, 0.001, 0.1, 10).isLog()).isFalse();
  }

  @Test
  void equalValuesHaveAScale() {
    Scale scale = of(Direction.MAXIMIZE, 1, 1, 1, 1, 1, 1, 1, 1, 1);

    assertThat(scale.low()).isLessThan(1);
    assertThat(scale.high()).isGreaterThan(1);
  }
}
