package org.sparkfinetune;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.io.TensorSource;

/** Customized models for tests, by the names of their settings. */
public final class TestAdapters {
  private TestAdapters() {}

  /** The settings of a model, by key and value in turn. */
  public static ModelArguments arguments(Object... keysAndValues) {
    Map<String, Object> values = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return Schema.of("model", ModelArguments.class).create(values);
  }

  /** What such settings do to a model. */
  public static AdaptationConfig adaptation(Object... keysAndValues) {
    return arguments(keysAndValues).adaptation();
  }

  /** The tiny BERT with the adapter that PEFT saved, by {@code tools/goldens/adapting.py}. */
  public static SequenceClassifier golden(TestGoldens golden) throws IOException {
    JsonNode lora = golden.json("customizing.json").get("lora");
    SequenceClassifier model =
        golden.model(
            adaptation(
                "lora_rank",
                lora.get("rank").intValue(),
                "lora_alpha",
                lora.get("alpha").intValue(),
                "lora_merge",
                false,
                "base",
                "bert-tiny"));
    try (TensorSource saved = golden.tensors("lora/adapter_model.safetensors");
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Parameter weight : model.parameters().trainable()) {
        weight.tensor().copy_(saved.read("base_model.model." + weight.name()));
      }
    }
    return model;
  }
}
