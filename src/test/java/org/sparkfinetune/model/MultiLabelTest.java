package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;

class MultiLabelTest {
  private static final List<String> LABELS = List.of("a", "b", "c");
  private static final Schema<ModelArguments> ARGUMENTS = Schema.of("model", ModelArguments.class);

  @Test
  void theLossIsTheMeanBinaryCrossEntropy() {
    Batch batch =
        Batch.of(
            List.of(new int[] {3, 9, 4}, new int[] {7, 7}, new int[] {1}),
            new int[][] {{0, 2}, {}, {1}},
            0);
    try (SequenceClassifier model = model(Pooling.MEAN);
        PointerScope scope = new PointerScope()) {
      float[][] logits = model.logits(batch);
      double sum = 0;
      for (int row = 0; row < 3; row++) {
        double[] p = Predictions.sigmoid(logits[row]);
        for (int l = 0; l < 3; l++) {
          int label = l;
          boolean has = Arrays.stream(batch.labels()[row]).anyMatch(i -> i == label);
          sum -= Math.log(has ? p[l] : 1 - p[l]);
        }
      }
      assertThat((double) model.loss(ForwardPass.inference(), batch).item_float())
          .isCloseTo(sum / 9, within(1e-6));
    }
  }

  @Test
  void aSingleLabelModelRefusesSets() {
    Batch batch = Batch.of(List.of(new int[] {3}), new int[][] {{0, 1}}, 0);
    try (SequenceClassifier model =
            SequenceClassifier.fromScratch(TestModels.tinyConfig(50, LABELS, 0), 1);
        PointerScope scope = new PointerScope()) {
      assertThatThrownBy(() -> model.loss(ForwardPass.inference(), batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a row of single-label data has 2 labels: expected exactly 1");
    }
  }

  @Test
  void maxPoolingTakesNoNoticeOfPadding() {
    int[] shorter = {3, 9, 4};
    int[] longer = {3, 9, 4, 8, 2, 11, 5};
    try (SequenceClassifier max = model(Pooling.MAX);
        SequenceClassifier mean = model(Pooling.MEAN)) {
      float[] alone = max.logits(Batch.of(List.of(shorter), new int[1][0], 0))[0];
      float[] padded = max.logits(Batch.of(List.of(longer, shorter), new int[2][0], 0))[1];
      assertThat(padded).containsExactly(alone, within(1e-6f));
      // The weights are the same: pooling alone tells the two apart.
      assertThat(mean.logits(Batch.of(List.of(shorter), new int[1][0], 0))[0][0])
          .isNotCloseTo(alone[0], within(1e-3f));
    }
  }

  @Test
  void tokenTypesTellTheSecondTextApart() {
    List<int[]> rows = List.of(new int[] {3, 9, 4, 8}, new int[] {3, 9});
    try (SequenceClassifier model = model(Pooling.MEAN)) {
      float[][] single = model.logits(Batch.of(rows, new int[2][0], 0));
      float[][] pair = model.logits(Batch.of(rows, new int[] {2, 2}, new int[2][0], 0));
      assertThat(pair[0][0]).isNotCloseTo(single[0][0], within(1e-4f));
      assertThat(pair[1]).containsExactly(single[1], within(1e-6f));
    }
  }

  @Test
  void theHeadsSettingsAreInTheConfiguration() {
    ModelConfig pretrained = TestModels.tinyConfig(50, LABELS, 0).withThreshold(0.9);
    ModelConfig tuned =
        arguments("multi_label_classification", "auto").configure(pretrained, LABELS);
    assertThat(tuned.problemType()).isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
    assertThat(tuned.threshold()).as("of another head").isEmpty();
    ModelConfig given =
        arguments("multi_label_classification", "0.3").configure(pretrained, LABELS);
    assertThat(ModelConfig.parse(given.toJson()).threshold()).hasValue(0.3);
    assertThat(given.toJson()).contains("\"problem_type\" : \"multi_label_classification\"");
  }

  @Test
  void refusesThresholdsAndProblemTypesThatAreNone() {
    for (String threshold : List.of("0", "1", "1.5", "often", "")) {
      assertThatThrownBy(() -> arguments("multi_label_classification", threshold))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "model.threshold=%s is not allowed: expected auto, or > 0 and < 1", threshold);
    }
    assertThatThrownBy(() -> arguments("single_label_classification", "0.3"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.threshold=0.3 means nothing with model.problem_type=single_label_classification:"
                + " expected auto, or multi_label_classification");
    assertThatThrownBy(() -> arguments("regression", "auto"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.problem_type=regression is not allowed: expected one of"
                + " single_label_classification, multi_label_classification");
    assertThatThrownBy(() -> ModelConfig.parse("{\"problem_type\": \"regression\"}").problemType())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "config.json: problem_type=regression is not supported: expected"
                + " single_label_classification or multi_label_classification");
    assertThatThrownBy(() -> ModelConfig.parse("{\"threshold\": 2}").threshold())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "config.json: threshold=2 is not allowed: expected a number above 0 and below 1");
  }

  private static ModelArguments arguments(String problemType, String threshold) {
    return ARGUMENTS.create(
        Map.of("problem_type", problemType, "threshold", threshold, "max_length", 64));
  }

  private static SequenceClassifier model(Pooling pooling) {
    return SequenceClassifier.fromScratch(
        TestModels.tinyConfig(50, LABELS, 0, ProblemType.MULTI_LABEL_CLASSIFICATION, pooling), 1);
  }
}
