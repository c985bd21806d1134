package org.sparkfinetune.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  private static final List<String> KEYS =
      List.of(
          "output",
          "overwrite",
          "data.train",
          "training.learning_rate",
          "training.seed",
          "data.seed");

  @ParameterizedTest
  @CsvSource({
    "training.learnign_rate, training.learning_rate",
    "learning_rate, training.learning_rate",
    "learnig_rate, training.learning_rate",
    "trainin.seed, training.seed",
    "ouput, output",
    "train, data.train"
  })
  void findsTheWordThatWasMeant(String word, String meant) {
    assertThat(Nearest.of(word, KEYS)).isEqualTo(meant);
  }
}
