package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.apache.spark.ml.linalg.Vector;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.HeadScaling;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.LabelScaling;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;

/** {@link TransformerClassifierModel#withScaledLabels}. */
class LabelScalingTest {
  private static final String[] TEXTS = {"where is my card", "the transfer failed", "why?"};

  private static List<double[]> logits(TransformerClassifierModel model) {
    return Fixtures.pipeline(Fixtures.documents(), model)
        .transform(Fixtures.texts(TEXTS))
        .select("z")
        .collectAsList()
        .stream()
        .map(row -> row.<Vector>getAs(0).toArray())
        .toList();
  }

  /** Behind a temperature that was set, and once more behind itself. */
  @Test
  void logitsAreScaledByLabelAndWhatWasSetBeforeIsInTheFiles() {
    TransformerClassifierModel model = Fixtures.multiLabelModel().setRawPredictionCol("z");
    List<double[]> plain = logits(model);
    int labels = plain.get(0).length;
    LabelScaling scaling =
        new LabelScaling(
            DoubleStream.iterate(0.5, s -> s + 0.75).limit(labels).boxed().toList(),
            DoubleStream.iterate(-2, s -> s + 1.5).limit(labels).boxed().toList());

    TransformerClassifierModel once =
        model
            .setTemperature(2)
            .setThreshold(0.9)
            .withScaledLabels(scaling.slopes(), scaling.intercepts(), 0.25);
    assertThat(once.getTemperature()).isEqualTo(1);
    assertThat(once.decisionThreshold()).isEqualTo(0.25);
    TransformerClassifierModel twice =
        once.withScaledLabels(scaling.slopes(), scaling.intercepts(), 0.3);
    List<double[]> scaled = logits(twice);
    ModelConfig config = ModelConfig.parse(twice.files().config());
    LabelScaling all = config.labelScaling().orElseThrow();
    for (int row = 0; row < TEXTS.length; row++) {
      for (int label = 0; label < labels; label++) {
        double slope = scaling.slopes().get(label);
        double intercept = scaling.intercepts().get(label);
        double expected = slope * (slope * plain.get(row)[label] / 2 + intercept) + intercept;
        // Weights are fp32, and logits of a tiny model around 1.
        assertThat(scaled.get(row)[label]).isCloseTo(expected, within(1e-5));
        assertThat(all.slopes().get(label) * plain.get(row)[label] + all.intercepts().get(label))
            .isCloseTo(expected, within(1e-12));
      }
    }
  }

  @Test
  void anAdaptersLastLayerIsScaledToo() {
    ModelFiles files = TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION);
    int labels = ModelConfig.parse(files.config()).labels().size();
    LabelScaling scaling =
        new LabelScaling(Collections.nCopies(labels, 4.0), Collections.nCopies(labels, 1.0));
    String weight = "base_model.model.classifier.weight";
    String bias = "base_model.model.classifier.bias";
    try (PointerScope scope = new PointerScope()) {
      ModelFiles scaled =
          HeadScaling.of(
              files.withAdapter(
                  AdapterFiles.of(
                      "{}",
                      Map.of(
                          weight,
                          torch.ones(labels, 3),
                          bias,
                          torch.ones(labels),
                          "lora_A.weight",
                          torch.ones(2, 3)))),
              scaling,
              0.5);
      try (TensorSource source = scaled.adapter().openWeights()) {
        assertThat(source.read(weight).eq(new Scalar(4)).all().item_bool()).isTrue();
        assertThat(source.read(bias).eq(new Scalar(5)).all().item_bool()).isTrue();
        assertThat(source.read("lora_A.weight").eq(new Scalar(1)).all().item_bool()).isTrue();
      }
      // A temperature comes behind it.
      LabelScaling kept =
          ModelConfig.parse(HeadTemperature.of(scaled, 3).config()).labelScaling().orElseThrow();
      assertThat(kept).isEqualTo(scaling);
    }
  }

  @Test
  void damagedNumbersAreRefused() {
    String config =
        ModelConfig.parse(TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION).config())
            .toJson();
    for (String damaged :
        List.of(
            "\"calibration_slopes\": [1, 1]",
            "\"calibration_slopes\": 7, \"calibration_intercepts\": [0]",
            "\"calibration_slopes\": [0, 1, 1], \"calibration_intercepts\": [0, 0, 0]",
            "\"calibration_slopes\": [1, 1, 1], \"calibration_intercepts\": [0, \"a\", 0]")) {
      String text = config.replaceFirst("\\{", "{" + damaged + ",");
      assertThatThrownBy(() -> ModelConfig.parse(text).labelScaling())
          .as(damaged)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("calibration_slopes")
          .hasMessageContaining(
              "expected numbers above 0, and calibration_intercepts, one a label");
    }
  }
}
