package org.sparkfinetune.finetune;

import java.util.Map;
import org.sparkfinetune.config.SettingsBuilder;

/**
 * Settings that suit a pretrained model better than the schemas' defaults, which are Hugging Face's
 * and meant for BERT-base. A user's own value goes before a preset.
 */
public final class Presets {
  /** The key that names the pretrained model. */
  public static final String BASE = "model.base";

  // MiniLM's 22 M parameters bear, and need, a higher rate than BERT-base's 110 M: with 5e-5 three
  // epochs leave it under-trained.
  private static final Map<String, Map<String, String>> BY_BASE =
      Map.of("minilm-l6", Map.of("training.learning_rate", "2e-4"));

  private Presets() {}

  /** Values by whole key; empty for a model that is not known by name. */
  public static Map<String, String> of(String base) {
    return BY_BASE.getOrDefault(base, Map.of());
  }

  /** Fills in what suits the base that is named, where there is a key for one. */
  public static void fill(SettingsBuilder settings) {
    if (settings.keys().has(BASE)) {
      settings.preset(of(settings.value(BASE).toString()));
    }
  }
}
