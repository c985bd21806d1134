package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.tokenize.TextTokenizer;

class WeightRandomizationTest {
  private static final List<String> TEXTS =
      List.of(
          "Where is my refund now",
          "two words",
          "the card was lost on the way to the shop",
          "top up failed again and again");

  private static ModelFiles files;
  private static SequenceClassifier model;
  private static TextTokenizer tokenizer;

  @BeforeAll
  static void load() {
    files = TestModels.tiny();
    model = SequenceClassifier.load(files);
    tokenizer = TextTokenizer.of(files.tokenizer(), 16);
  }

  @AfterAll
  static void close() {
    model.close();
    tokenizer.close();
  }

  private static List<RandomizedPart> randomized(Map<String, Object> settings) {
    try (SequenceClassifier copy = SequenceClassifier.load(files)) {
      return WeightRandomization.of(
          model,
          copy,
          tokenizer,
          OptionalInt.empty(),
          TestArguments.of(settings),
          TEXTS,
          Optional.empty());
    }
  }

  /** Against attributions of models that were made random by hand. */
  @Test
  void eachPartIsRandomBesideThoseBehindIt() {
    Map<String, Object> settings = Map.of("method", "input_x_gradient", "seed", 5);
    List<RandomizedPart> parts = randomized(settings);
    assertThat(parts)
        .extracting(RandomizedPart::part)
        .containsExactly("head", "layer_2", "layer_1", "embeddings");
    List<ExplainedText> before = explain(model, TestArguments.of(settings), null);
    int[] targets = before.stream().mapToInt(ExplainedText::target).toArray();
    for (int step = 0; step < 4; step++) {
      try (SequenceClassifier copy = SequenceClassifier.load(files)) {
        for (int depth = 3; depth >= 3 - step; depth--) {
          copy.reinitialize(depth, 5 + depth);
        }
        List<ExplainedText> after = explain(copy, TestArguments.of(settings), targets);
        double mean = 0;
        for (int row : new int[] {0, 2, 3}) {
          mean += RankCorrelation.of(sizes(before.get(row)), sizes(after.get(row))) / 3;
        }
        // The text of two words is left out.
        assertThat(parts.get(step).rows()).isEqualTo(3);
        assertThat(parts.get(step).correlation())
            .isCloseTo(mean, within(1e-12))
            .isBetween(-1.0, 0.99);
      }
    }
    assertThat(randomized(settings)).isEqualTo(parts);
    assertThat(randomized(Map.of("method", "input_x_gradient", "seed", 6))).isNotEqualTo(parts);
  }

  /** It never looks at the head, which this check brings to light. */
  @Test
  void attentionStaysWhereTheHeadIsRandom() {
    List<RandomizedPart> parts = randomized(Map.of("method", "attention_rollout"));
    assertThat(parts.get(0).correlation()).isEqualTo(1);
    assertThat(parts.get(3).correlation()).isLessThan(1);
  }

  private static List<ExplainedText> explain(
      SequenceClassifier of, ExplainArguments arguments, int[] targets) {
    return new Explainer(of, tokenizer, OptionalInt.empty(), arguments)
        .explain(TEXTS, Optional.empty(), targets);
  }

  private static double[] sizes(ExplainedText text) {
    return text.words().stream()
        .mapToDouble(word -> Math.abs(word.score().orElseThrow()))
        .toArray();
  }
}
