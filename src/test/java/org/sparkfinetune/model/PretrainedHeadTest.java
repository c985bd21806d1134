package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.StateDictMatcher;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.tokenize.Batch;

/**
 * What a new classifier takes of a pretrained model's head: its output layer, by the labels' names.
 */
class PretrainedHeadTest {
  private static final long SEED = 7;

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert", "modernbert"})
  void sameLabelsInAnotherOrderKeepTheirRows(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    List<String> stored = labels(golden);
    List<String> rotated = new ArrayList<>(stored);
    Collections.rotate(rotated, 2);
    try (SequenceClassifier before = golden.model();
        SequenceClassifier after = pretrained(golden, rotated)) {
      assertThat(after.freshWeights()).isEmpty();
      assertThat(after.loadReport().lines()).isEmpty();
      assertThat(after.labels()).isEqualTo(rotated);
      Batch batch = golden.batch();
      float[][] expected = before.logits(batch);
      float[][] actual = after.logits(batch);
      for (int row = 0; row < expected.length; row++) {
        for (String label : stored) {
          assertThat(actual[row][rotated.indexOf(label)])
              .as(label)
              .isCloseTo(expected[row][stored.indexOf(label)], within(1e-6f));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta"})
  void otherLabelsStartTheOutputLayerAfreshAndKeepTheProjection(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    List<String> others = labels(golden).stream().map(label -> "other " + label).toList();
    String output = family.equals("bert") ? "classifier" : "classifier.out_proj";
    String projection =
        family.equals("bert") ? "bert.pooler.dense.weight" : "classifier.dense.weight";
    try (SequenceClassifier before = golden.model();
        SequenceClassifier after = pretrained(golden, others);
        TensorSource weights = golden.tensors("model.safetensors")) {
      assertThat(after.freshWeights()).containsExactly(output + ".weight", output + ".bias");
      assertThat(tensor(after, projection).equal(tensor(before, projection))).isTrue();
      assertThat(tensor(after, output + ".weight").equal(tensor(before, output + ".weight")))
          .isFalse();
      assertThat(after.loadReport().lines())
          .containsExactly(
              "Head starts fresh: " + output + ".weight, " + output + ".bias",
              "Not used, of the pretrained model's heads: "
                  + output
                  + ".bias, "
                  + output
                  + ".weight");
      StateDictMatcher.Match match = after.match(weights, labels(golden));
      assertThat(match.missing()).isEqualTo(after.freshWeights());
      assertThat(match.unusedHead()).contains(output + ".weight", output + ".bias");
      assertThat(before.match(weights, labels(golden)).missing()).isEmpty();
    }
  }

  @Test
  void headsWeightsAreToldFromTheEncoders() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    ModelConfig shallow =
        ModelConfig.parse(
            config(golden)
                .toJson()
                .replaceFirst("\"num_hidden_layers\" : \\d+", "\"num_hidden_layers\" : 2"));
    try (TensorSource source = golden.tensors("model.safetensors");
        SequenceClassifier model =
            SequenceClassifier.fromPretrained(
                shallow.withHead(List.of("a", "b"), Pooling.MEAN, shallow.problemType()),
                List.of(),
                source,
                AdaptationConfig.NONE,
                SEED)) {
      List<String> lines = model.loadReport().lines();
      assertThat(lines).hasSize(3);
      assertThat(lines.get(0)).isEqualTo("Head starts fresh: classifier.weight, classifier.bias");
      assertThat(lines.get(1))
          .startsWith("Not used, of the pretrained model's heads: ")
          .contains("bert.pooler.dense.weight", "classifier.weight");
      assertThat(lines.get(2))
          .startsWith(
              "Not used, of the pretrained model's encoder (does config.json belong to it?):"
                  + " bert.encoder.layer.2.")
          .endsWith(" and 6 more");
    }
  }

  private static Tensor tensor(SequenceClassifier model, String name) {
    return model.parameters().tensors().get(name);
  }

  private static SequenceClassifier pretrained(TestGoldens golden, List<String> labels)
      throws IOException {
    ModelConfig stored = config(golden);
    ModelConfig config = stored.withHead(labels, stored.pooling(), stored.problemType());
    try (TensorSource source = golden.tensors("model.safetensors")) {
      return SequenceClassifier.fromPretrained(
          config, stored.labels(), source, AdaptationConfig.NONE, SEED);
    }
  }

  private static List<String> labels(TestGoldens golden) throws IOException {
    return config(golden).labels();
  }

  private static ModelConfig config(TestGoldens golden) throws IOException {
    return ModelConfig.parse(Files.readString(golden.folder().resolve("config.json")));
  }
}
