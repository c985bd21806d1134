package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;

class PredictorTest {
  private static final List<String> TEXTS =
      List.of(
          "where is my new card, it should have been here last week",
          "",
          "no",
          "how do i pay back a loan early and what will that cost me in the end",
          "transfer failed twice",
          "hello there");

  private final Predictor classifier = Predictor.load(TestModels.tiny(), 32);

  @AfterEach
  void close() {
    classifier.close();
  }

  private double[][] probabilities(
      List<String> texts,
      Optional<List<String>> pairs,
      double factor,
      int batchSize,
      Consumer<UnknownTokens> unknown) {
    return Arrays.stream(
            classifier
                .outputs(texts, pairs, factor, ScalarType.Float, batchSize, false, unknown)
                .logits())
        .map(classifier.problemType().task()::probabilities)
        .toArray(double[][]::new);
  }

  @Test
  void aTextsProbabilitiesDependOnThatTextAlone() {
    double[][] together = probabilities(TEXTS, Optional.empty(), 1, 4, n -> {});
    for (int i = 0; i < TEXTS.size(); i++) {
      double[] alone = probabilities(TEXTS.subList(i, i + 1), Optional.empty(), 1, 4, n -> {})[0];
      assertThat(together[i]).containsExactly(alone, within(1e-5));
    }
    assertThat(together[0]).isNotEqualTo(together[3]);
  }

  @Test
  void probabilitiesOfATextSumToOne() {
    for (double[] row : probabilities(TEXTS, Optional.empty(), 1, 2, n -> {})) {
      assertThat(row).hasSize(classifier.labels().size());
      double sum = 0;
      for (double probability : row) {
        assertThat(probability).isBetween(0.0, 1.0);
        sum += probability;
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
    }
  }

  /** A word in runes is one unknown token, beside it are the two special ones. */
  @Test
  void tellsHowManyTokensItsTokenizerDoesNotKnow() {
    List<UnknownTokens> found = new ArrayList<>();
    probabilities(List.of("\u16A0\u16A2", "hello"), Optional.empty(), 1, 8, found::add);
    assertThat(found).hasSize(1);
    assertThat(found.get(0).unknown()).isBetween(1L, 2L);
    assertThat(found.get(0).tokens()).isGreaterThanOrEqualTo(6);
  }

  @Test
  void noTextsHaveNoProbabilities() {
    assertThat(probabilities(List.of(), Optional.empty(), 1, 8, n -> {})).isEmpty();
  }

  @Test
  void threadsClassifySideBySide() throws Exception {
    double[][] expected = probabilities(TEXTS, Optional.empty(), 1, 3, n -> {});
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<double[][]>> results =
          threads.invokeAll(
              Collections.nCopies(16, () -> probabilities(TEXTS, Optional.empty(), 1, 3, n -> {})));
      List<double[][]> all = new ArrayList<>();
      for (Future<double[][]> result : results) {
        all.add(result.get());
      }
      assertThat(all).hasSize(16);
      for (double[][] result : all) {
        for (int row = 0; row < expected.length; row++) {
          // A product rounds as the number of threads has it, which each thread has of its own.
          assertThat(result[row]).containsExactly(expected[row], within(1e-6));
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void bf16GivesTheSameLabelsAndNearlyTheSameProbabilities() {
    List<String> many = Collections.nCopies(3, TEXTS).stream().flatMap(List::stream).toList();
    float[][] fp32 = logits(many, ScalarType.Float);
    float[][] bf16 = logits(many, ScalarType.BFloat16);
    assertThat(Arrays.deepEquals(bf16, fp32)).isFalse();
    for (int i = 0; i < many.size(); i++) {
      // A bf16 number has 8 bits, and the two layers of the tiny model round a few times.
      assertThat(classifier.problemType().task().probabilities(bf16[i]))
          .containsExactly(classifier.problemType().task().probabilities(fp32[i]), within(0x1p-6));
    }
    assertThat(logits(many, ScalarType.Float)).as("weights stay fp32").isDeepEqualTo(fp32);
  }

  @Test
  void theNumbersDoNotDependOnWhatElseIsComputed() {
    List<String> many = Collections.nCopies(9, TEXTS).stream().flatMap(List::stream).toList();
    float[][] once = logits(many, ScalarType.Float);
    for (int i = 0; i < 5; i++) {
      assertThat(logits(many, ScalarType.Float)).isDeepEqualTo(once);
    }
  }

  private float[][] logits(List<String> texts, ScalarType dtype) {
    return classifier.outputs(texts, Optional.empty(), 1, dtype, 2, false, n -> {}).logits();
  }
}
