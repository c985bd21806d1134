package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossLogTest {
  @Test
  void aSkippedStepsLossThatIsNotFiniteIsShownButNotInTheMeans() {
    LossLog losses = new LossLog();
    losses.add(2, 10);
    losses.add(Double.NaN, 10);
    losses.add(5, 20);
    losses.add(Double.POSITIVE_INFINITY, 10);
    assertThat(losses.mean()).isEqualTo(4);
    assertThat(losses.meanSinceLastCall()).hasValue(4);
    losses.add(Double.NaN, 10);
    assertThat(losses.meanSinceLastCall()).isEmpty();
    losses.add(1, 30);
    assertThat(losses.meanSinceLastCall()).hasValue(1);
    assertThat(losses.mean()).isEqualTo(2.5);
    assertThat(losses.last(2)).containsExactly(Double.NaN, 1.0);
  }
}
