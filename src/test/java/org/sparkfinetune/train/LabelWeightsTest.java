package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

class LabelWeightsTest {
  private static final List<String> NAMES = List.of("card", "loan", "x=y", "a, b");
  private static final LabelWeights WEIGHTS = new LabelWeights(NAMES, new long[] {1, 2, 3, 4}, 10);

  @Test
  void namedLabelsHaveTheirWeightsAndOthersOne() {
    assertThat(WEIGHTS.ofClasses("loan=2.5")).containsExactly(1, 2.5f, 1, 1);
    assertThat(WEIGHTS.positive(" loan = 3 , card=1e-1")).containsExactly(0.1f, 3, 1, 1);
    assertThat(WEIGHTS.ofClasses("none")).isNull();
  }

  @Test
  void labelsMayHaveEqualsSignsAndCommasInThem() {
    assertThat(WEIGHTS.ofClasses("x=y=2,a, b=3,card=4")).containsExactly(4, 1, 2, 3);
  }

  @Test
  void balancedClassesAreThoseOfScikitLearn() {
    // compute_class_weight("balanced"): n_samples / (n_classes * bincount).
    assertThat(WEIGHTS.ofClasses("balanced"))
        .containsExactly(10 / 4f, 10 / 8f, (float) (10 / 12.0), 10 / 16f);
  }

  @Test
  void balancedPositivesAreRowsWithoutOverRowsWith() {
    assertThat(WEIGHTS.positive("balanced")).containsExactly(9, 4, (float) (7 / 3.0), 1.5f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          crad=2        | training.class_weights: there is no label 'crad': did you mean 'card'?
          =2            | training.class_weights: there is no label '': did you mean 'x=y'?
          card=two      | training.class_weights: the weight of 'card' is 'two': expected a number greater than 0
          card=0        | training.class_weights: the weight of 'card' is '0': expected a number greater than 0
          card=-1       | training.class_weights: the weight of 'card' is '-1': expected a number greater than 0
          card=Infinity | training.class_weights: the weight of 'card' is 'Infinity': expected a number greater than 0
          card=         | training.class_weights: the weight of 'card' is '': expected a number greater than 0
          card=1,card=2 | training.class_weights: the label 'card' has two weights: leave one of them out
          card,loan=2   | training.class_weights: 'card' has no weight: expected none, balanced, or label=weight with commas between them
          blanced       | training.class_weights: 'blanced' has no weight: expected none, balanced, or label=weight with commas between them
          card=2,       | training.class_weights: '' has no weight: expected none, balanced, or label=weight with commas between them
          card=2,a      | training.class_weights: 'a' has no weight: expected none, balanced, or label=weight with commas between them
          """)
  void whatIsWrongIsSaid(String text, String message) {
    assertThatThrownBy(() -> WEIGHTS.ofClasses(text))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  @Test
  void labelsWithoutRowsCannotBeBalanced() {
    LabelWeights weights = new LabelWeights(NAMES, new long[] {5, 0, 5, 0}, 10);
    assertThatThrownBy(() -> weights.ofClasses("balanced"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "training.class_weights=balanced: there are no training rows at all for 2 of 4 labels"
                + " ('loan', 'a, b'): give weights as label=weight, or leave those labels out");
    assertThatThrownBy(() -> weights.positive("balanced"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("training.pos_weight=balanced: there are no training rows that");
  }

  @Test
  void labelsOfAllRowsCannotBeBalanced() {
    LabelWeights weights = new LabelWeights(NAMES, new long[] {5, 10, 5, 1}, 10);
    assertThatThrownBy(() -> weights.positive("balanced"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no training rows that do not have them for 1 of 4 labels ('loan')");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          class_weights          | balanced | MULTI_LABEL_CLASSIFICATION  | training.class_weights=balanced means nothing to model.problem_type=multi_label_classification: leave it out, or use training.pos_weight
          label_smoothing_factor | 0.1      | MULTI_LABEL_CLASSIFICATION  | training.label_smoothing_factor=0.1 means nothing to model.problem_type=multi_label_classification: leave it out
          pos_weight             | card=2   | SINGLE_LABEL_CLASSIFICATION | training.pos_weight=card=2 means nothing to model.problem_type=single_label_classification: leave it out, or use training.class_weights
          """)
  void aKeyOfTheOtherProblemTypeIsRefused(
      String key, String value, ProblemType problemType, String message) {
    LossArguments arguments = TestWeights.arguments(Map.of(key, value)).loss();
    assertThatThrownBy(
            () -> LossFunctions.of(arguments, problemType, NAMES, new long[] {1, 2, 3, 4}, 10))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }
}
