package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.linalg.Vector;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;

/** {@link TransformerClassifierModel#temperature}. */
class TemperatureTest {
  private static final String[] TEXTS = {"where is my card", "the transfer failed", "", "why?"};

  /** Weights are fp32, and logits of a tiny model around 1. */
  private static final double TOLERANCE = 1e-6;

  private static List<double[]> probabilities(TransformerClassifierModel model) {
    return Fixtures.pipeline(Fixtures.documents(), model)
        .transform(Fixtures.texts(TEXTS))
        .select("p")
        .collectAsList()
        .stream()
        .map(row -> row.<Vector>getAs(0).toArray())
        .toList();
  }

  private static void assertScaled(List<double[]> scaled, List<double[]> plain, double inverse) {
    for (int i = 0; i < TEXTS.length; i++) {
      double[] weights = Arrays.stream(plain.get(i)).map(p -> Math.pow(p, inverse)).toArray();
      double sum = Arrays.stream(weights).sum();
      for (int j = 0; j < weights.length; j++) {
        assertThat(scaled.get(i)[j]).isCloseTo(weights[j] / sum, within(TOLERANCE));
      }
    }
  }

  @Test
  void dividesTheLogitsAndIsSavedInTheWeights(@TempDir Path folder) throws Exception {
    TransformerClassifierModel model = Fixtures.model().setProbabilityCol("p");
    List<double[]> plain = probabilities(model);
    assertThat(model.getTemperature()).isEqualTo(1);

    model.setTemperature(0.25);
    List<double[]> scaled = probabilities(model);
    assertScaled(scaled, plain, 4);
    PipelineModel pipeline = Fixtures.pipeline(Fixtures.documents(), model);
    String path = folder.resolve("pipeline").toString();
    pipeline.save(path);
    TransformerClassifierModel loaded =
        (TransformerClassifierModel) PipelineModel.load(path).stages()[1];
    assertThat(loaded.getTemperature()).isEqualTo(0.25);
    assertScaled(probabilities(loaded), scaled, 1);

    // Whoever reads the weights alone has them so, and can have them back.
    TransformerClassifierModel alone =
        TransformerClassifierModel.loadSavedModel(
                path + "/stages/1_" + model.uid(), TestSpark.session())
            .setProbabilityCol("p");
    alone.setInputCols(model.getInputCols()).setOutputCol(model.getOutputCol());
    assertThat(alone.getTemperature()).isEqualTo(0.25);
    assertScaled(probabilities(alone), scaled, 1);
    assertScaled(probabilities(alone.setTemperature(1)), plain, 1);
  }

  @Test
  void aThresholdStaysWhereItPredictsTheSameLabels() {
    TransformerClassifierModel sets = Fixtures.multiLabelModel();
    double before = sets.decisionThreshold();
    assertThat(sets.setTemperature(3).decisionThreshold())
        .isCloseTo(HeadTemperature.threshold(before, 1 / 3.0), within(1e-12));
    sets.setThreshold(0.3);
    assertThat(sets.decisionThreshold()).isEqualTo(0.3);
    // The sigmoid of a third of the logit of 0.9, which is ln 9.
    assertThat(HeadTemperature.threshold(0.9, 1 / 3.0))
        .isCloseTo(1 / (1 + Math.pow(9, -1 / 3.0)), within(1e-15));
  }

  @Test
  void theLastLayersWeightsAreDividedAndNoOthersAlsoInAnAdapter() {
    ModelFiles files = TestModels.tiny(ProblemType.MULTI_LABEL_CLASSIFICATION);
    String adapted = "base_model.model.classifier.weight";
    try (PointerScope scope = new PointerScope()) {
      files =
          files
              .withConfig(ModelConfig.parse(files.config()).withThreshold(0.4).toJson())
              .withAdapter(
                  AdapterFiles.of(
                      "{}", Map.of(adapted, torch.ones(2, 3), "lora_A.weight", torch.ones(2, 3))));
      ModelFiles scaled = HeadTemperature.of(files, 4);
      assertThat(ModelConfig.parse(scaled.config()).temperature()).isEqualTo(4);
      assertThat(ModelConfig.parse(scaled.config()).threshold().getAsDouble())
          .isCloseTo(HeadTemperature.threshold(0.4, 0.25), within(1e-15));
      try (TensorSource was = files.openWeights();
          TensorSource is = scaled.openWeights()) {
        assertThat(is.tensors().keySet()).isEqualTo(was.tensors().keySet());
        for (String name : was.tensors().keySet()) {
          double factor = name.startsWith("classifier.") ? 4 : 1;
          Tensor difference = is.read(name).mul(new Scalar(factor));
          assertThat(torch.equal(difference, was.read(name))).as(name).isTrue();
        }
      }
      try (TensorSource adapter = scaled.adapter().openWeights()) {
        assertThat(adapter.read(adapted).max().item_float()).isEqualTo(0.25f);
        assertThat(adapter.read("lora_A.weight").max().item_float()).isEqualTo(1);
      }
      assertThat(HeadTemperature.of(scaled, 4)).isSameAs(scaled);
      ModelFiles back = HeadTemperature.of(scaled, 1);
      assertThat(ModelConfig.parse(back.config()).temperature()).isEqualTo(1);
      try (TensorSource was = files.openWeights();
          TensorSource is = back.openWeights()) {
        assertThat(torch.equal(is.read("classifier.weight"), was.read("classifier.weight")))
            .isTrue();
      }
    }
  }

  @Test
  void whatIsNoTemperatureIsRefused() {
    TransformerClassifierModel model = Fixtures.model();
    assertThatThrownBy(() -> model.setTemperature(0)).isInstanceOf(IllegalArgumentException.class);
    ModelConfig wrong =
        ModelConfig.parse("{\"model_type\": \"bert\", \"calibration_temperature\": -2}");
    assertThatThrownBy(wrong::temperature)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("calibration_temperature")
        .hasMessageContaining("a number above 0");
  }
}
