package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExactSumTest {
  private static double sum(List<Double> numbers) {
    ExactSum sum = new ExactSum();
    numbers.forEach(sum::add);
    return sum.value();
  }

  private static double exact(List<Double> numbers) {
    return numbers.stream()
        .map(BigDecimal::new)
        .reduce(BigDecimal.ZERO, BigDecimal::add)
        .doubleValue();
  }

  @Test
  void isRoundedOnceWhateverTheOrder() {
    Random random = new Random(1);
    for (int trial = 0; trial < 200; trial++) {
      List<Double> numbers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        numbers.add(random.nextGaussian() * Math.pow(2, random.nextInt(120) - 100));
      }
      double first = sum(numbers);
      Collections.shuffle(numbers, random);

      assertThat(first).isEqualTo(exact(numbers)).isEqualTo(sum(numbers));
    }
  }

  @Test
  void halvesGoToEvenUnlessThereIsMoreBelow() {
    double half = Math.ulp(1.0) / 2;
    assertThat(sum(List.of(1.0, half))).isEqualTo(1);
    assertThat(sum(List.of(1.0, half, 1e-40))).isEqualTo(1 + Math.ulp(1.0));
    assertThat(sum(List.of(1 + Math.ulp(1.0), half, -1e-40))).isEqualTo(1 + Math.ulp(1.0));
    assertThat(sum(List.of(1e16, 1.0, -1e16))).isEqualTo(1);
    assertThat(sum(List.of())).isZero();
  }

  @Test
  void partsMergeToTheWholeByTheirStates() {
    Random random = new Random(2);
    List<Double> numbers = random.doubles(1000, 0, 36).boxed().toList();
    ExactSum merged = new ExactSum();
    for (int from = 0; from < 1000; from += 125) {
      ExactSum part = new ExactSum();
      numbers.subList(from, from + 125).forEach(part::add);
      merged.merge(part.state());
    }

    assertThat(merged.value()).isEqualTo(sum(numbers)).isEqualTo(exact(numbers));
  }
}
