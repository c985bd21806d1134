package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;

class ParamAxisTest {
  private static ParamAxis axis(Distribution distribution, Object... values) {
    return ParamAxis.of("p", Optional.of(distribution), List.of(values)).orElseThrow();
  }

  private static List<String> labels(ParamAxis axis) {
    Scale x = axis.scale(5, 0, 300);
    return axis.axes(x, Scale.linear(0, 1, 5, false, 100, 0)).ticks().stream()
        .map(Axes.Tick::label)
        .toList();
  }

  @Test
  void numbersReachAsFarAsTheSpaceAndWhatWasEnqueuedBeyondIt() {
    ParamAxis axis = axis(new FloatDistribution(0, 0.1, false, 0), 0.05, 0.3);

    assertThat(axis.low()).isZero();
    assertThat(axis.high()).isEqualTo(0.3);
    assertThat(axis.scale(5, 0, 300).at(axis.place(Map.of("p", 0.15)))).isEqualTo(150);
    assertThat(axis.place(Map.of())).isNaN();
  }

  @Test
  void fewWholeNumbersAndChoicesStandInTheMiddleOfColumns() {
    ParamAxis whole = axis(new IntDistribution(1, 3, false, 1));
    ParamAxis choices = axis(new CategoricalDistribution(List.of("a", true, 5e-5)), "b");

    assertThat(whole.scale(5, 0, 300).at(1)).isEqualTo(50);
    assertThat(labels(whole)).containsExactly("1", "2", "3");
    assertThat(choices.choices()).containsExactly("a", "true", "5e-5", "b");
    assertThat(choices.scale(5, 0, 400).at(choices.place(Map.of("p", 5e-5)))).isEqualTo(250);
  }

  @Test
  void aLogarithmicAxisEndsWhereTheSpaceDoes() {
    ParamAxis axis = axis(new IntDistribution(8, 128, true, 1));

    Scale scale = axis.scale(5, 0, 300);
    assertThat(scale.isLog()).isTrue();
    assertThat(scale.at(32)).isCloseTo(150, within(1e-9));
    assertThat(labels(axis)).containsExactly("10", "20", "50", "100");
  }

  @Test
  void labelsOfManyAndLongChoicesDoNotRunIntoEachOther() {
    List<Object> few = List.of("google-bert/bert-base-uncased", "answerdotai/ModernBERT-base");
    List<Object> many = IntStream.range(0, 60).mapToObj(i -> (Object) ("choice" + i)).toList();

    // In columns of 150 pixels, 20 letters have room.
    assertThat(labels(axis(new CategoricalDistribution(few))))
        .containsExactly("google-ber…e-uncased", "answerdota…BERT-base");
    // Of 60, each in 5 pixels, every eleventh has room for a short label.
    assertThat(labels(axis(new CategoricalDistribution(many)))).hasSize(6);
  }

  @Test
  void whatHasOneValueHasNoAxis() {
    assertThat(ParamAxis.of("p", Optional.of(new IntDistribution(3, 3, false, 1)), List.of(3L)))
        .isEmpty();
    assertThat(ParamAxis.of("p", Optional.empty(), List.of("a"))).isEmpty();
    assertThat(ParamAxis.of("p", Optional.empty(), List.of("a", 2L))).isPresent();
  }

  @Test
  void valuesAreShortAndNamesOfChoicesAreWhole() {
    assertThat(List.of(2.9194491e-4, 0.1, 3e-3, 0.0, 64L, 12_345, true, "cls"))
        .map(ParamAxis::text)
        .containsExactly("2.92e-4", "0.1", "3e-3", "0", "64", "12,345", "true", "cls");
    assertThat(ParamAxis.exact(2.9194491e-4)).isEqualTo("2.9194491e-4");
  }
}
