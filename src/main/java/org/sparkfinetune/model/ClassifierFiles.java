package org.sparkfinetune.model;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.adapt.Lora;
import org.sparkfinetune.model.adapt.PeftAdapter;
import org.sparkfinetune.model.encoder.AdaptableLayer;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.model.encoder.ParameterSet;
import org.sparkfinetune.model.io.ModelFiles;

/** A classifier as files. */
final class ClassifierFiles {
  private ClassifierFiles() {}

  /**
   * Copies weights as they are now, adapters merged into the weights that they adapt, and, where
   * that is asked for, as files of their own too.
   *
   * @param lora null for none
   */
  static ModelFiles of(
      ModelConfig config, ParameterSet parameters, Lora lora, String tokenizerJson) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      Map<String, Tensor> weights = parameters.tensors();
      weights.keySet().removeAll(parameters.adapterWeights());
      for (AdaptableLayer layer : parameters.linears()) {
        if (layer.adapter() != null) {
          weights.computeIfPresent(
              layer.weight().name(), (name, weight) -> layer.adapter().merged(weight));
        }
      }
      ModelFiles files = ModelFiles.of(config.toJson(), tokenizerJson, weights);
      if (lora == null || !lora.keepAdapter()) {
        return files;
      }
      String prefix = EncoderFamilies.of(config.modelType()).baseModelPrefix();
      return files.withAdapter(PeftAdapter.files(lora, parameters, prefix));
    }
  }
}
