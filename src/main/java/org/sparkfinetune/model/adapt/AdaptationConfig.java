package org.sparkfinetune.model.adapt;

import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.AttentionImplementation;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.ParameterSet;

/**
 * What is done to a classifier with pretrained weights before it is trained: which weights start
 * afresh, which are trained, and how attention is computed.
 *
 * @param freeze what keeps the pretrained weights
 * @param freezeLayers how many of the first layers keep them too, and with them the embeddings
 * @param reinitTopLayers how many of the last layers start afresh (Zhang et al., 2021, "Revisiting
 *     few-sample BERT fine-tuning")
 * @param lora low-rank adapters, which freeze the encoder; null for none
 * @param attention how attention is computed while training
 */
public record AdaptationConfig(
    Freeze freeze,
    int freezeLayers,
    int reinitTopLayers,
    Lora lora,
    AttentionImplementation attention) {
  /** All weights are trained from where the pretrained model left them. */
  public static final AdaptationConfig NONE =
      new AdaptationConfig(Freeze.NONE, 0, 0, null, AttentionImplementation.AUTO);

  /**
   * Checks that the parts go together.
   *
   * @throws UserException when they do not
   */
  public AdaptationConfig {
    if (lora != null && (freeze != Freeze.NONE || freezeLayers > 0)) {
      throw new UserException(
          "model.lora_rank cannot be set together with model.freeze or model.freeze_layers: LoRA"
              + " freezes the whole encoder. Leave them out");
    }
    if (reinitTopLayers > 0 && (lora != null || freeze == Freeze.ENCODER)) {
      throw new UserException(
          "model.reinit_top_layers="
              + reinitTopLayers
              + " is not allowed together with model.lora_rank or model.freeze=encoder: layers that"
              + " start afresh would never be trained");
    }
  }

  /** Whether it names layers or modules, which a model may not have. */
  public boolean namesParts() {
    return lora != null || freezeLayers > 0 || reinitTopLayers > 0;
  }

  /**
   * Decides for each weight of a model whether it is trained, and declares the adapters. Comes
   * before the weights are loaded.
   *
   * @param usualTargets the modules that LoRA adapts when the user names none
   * @throws UserException when there are not so many layers, or no such modules
   */
  public void apply(ParameterSet parameters, List<String> usualTargets) {
    int layers = parameters.layers();
    requireLayers("freeze_layers", freezeLayers, layers);
    requireLayers("reinit_top_layers", reinitTopLayers, layers);
    if (freezeLayers + reinitTopLayers > layers) {
      throw new UserException(
          "model.freeze_layers="
              + freezeLayers
              + " and model.reinit_top_layers="
              + reinitTopLayers
              + " are more than the model's "
              + layers
              + " layers together: layers that start afresh would never be trained");
    }
    int frozen =
        lora != null || freeze == Freeze.ENCODER
            ? layers
            : freezeLayers > 0 ? freezeLayers : freeze == Freeze.EMBEDDINGS ? 0 : -1;
    parameters.freezeUpTo(frozen);
    if (lora != null) {
      lora.attach(parameters, usualTargets);
    }
  }

  /**
   * The names of the encoder's weights that start afresh though the pretrained model holds them.
   */
  public List<String> reinitialized(ParameterSet parameters) {
    int layers = parameters.layers();
    return parameters.parameters().stream()
        .filter(weight -> weight.depth() > layers - reinitTopLayers && weight.depth() <= layers)
        .map(Parameter::name)
        .toList();
  }

  private static void requireLayers(String setting, int value, int layers) {
    if (value > layers) {
      throw new UserException(
          "model."
              + setting
              + "="
              + value
              + " is not allowed: the model has weights for "
              + layers
              + (layers == 1 ? " layer" : " layers"));
    }
  }
}
