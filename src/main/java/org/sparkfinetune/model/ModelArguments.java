package org.sparkfinetune.model;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.adapt.Freeze;
import org.sparkfinetune.model.adapt.Lora;
import org.sparkfinetune.model.compute.AttentionImplementation;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.task.ProblemType;

/** What to build: the pretrained model and the head on it. */
public record ModelArguments(
    @Key(
            doc =
                "The pretrained model to start from: minilm-l6 (in the jar), a path on any "
                    + "Hadoop file system (a Hugging Face folder with safetensors, pytorch_model.bin "
                    + "or ONNX; an ONNX file; a saved annotator of Spark NLP with ONNX in it; an "
                    + "MLflow model; a model that a job has saved), ORG/NAME or hf://ORG/NAME@REVISION"
                    + " of the Hugging Face hub, or models:/NAME@ALIAS, models:/NAME/VERSION or"
                    + " runs:/ID/PATH of an MLflow server.",
            defaultValue = "minilm-l6")
        String base,
    @Key(
            doc =
                "How token vectors become one vector a text: cls (the family's own pooler on the"
                    + " first token), mean, max, or auto (mean for minilm-l6 and other sentence"
                    + " encoders, else cls).",
            defaultValue = "auto",
            choices = {"auto", "cls", "mean", "max"})
        String pooling,
    @Key(
            doc = "Longest text in tokens, special tokens included; longer texts are truncated.",
            defaultValue = "128",
            min = 3)
        int maxLength,
    @Key(
            doc =
                "What a row's labels are: one (single_label_classification), or a set of any size"
                    + " (multi_label_classification).",
            defaultValue = "single_label_classification")
        ProblemType problemType,
    @Key(
            doc =
                "Multi-label: the probability from which on a label is predicted; auto is the one of"
                    + " the best micro-F1 on the validation rows, 0.5 without any.",
            defaultValue = "auto",
            auto = true,
            min = 0,
            minExclusive = true,
            max = 1,
            maxExclusive = true)
        double threshold,
    @Key(
            doc =
                "Dropout of embeddings and of what leaves attention and feed-forward; auto is the"
                    + " pretrained model's.",
            defaultValue = "auto",
            auto = true,
            min = 0,
            max = 1,
            maxExclusive = true)
        double hiddenDropout,
    @Key(
            doc = "Dropout of attention weights; auto is the pretrained model's.",
            defaultValue = "auto",
            auto = true,
            min = 0,
            max = 1,
            maxExclusive = true)
        double attentionDropout,
    @Key(
            doc =
                "Dropout in the head; auto is the pretrained model's, which for many is that of"
                    + " hidden_dropout.",
            defaultValue = "auto",
            auto = true,
            min = 0,
            max = 1,
            maxExclusive = true)
        double classifierDropout,
    @Key(
            doc =
                "What keeps the pretrained weights: none, embeddings, or encoder (all but the head).",
            defaultValue = "none")
        Freeze freeze,
    @Key(
            doc =
                "How many of the first layers keep the pretrained weights, and with them the"
                    + " embeddings.",
            defaultValue = "0",
            min = 0)
        int freezeLayers,
    @Key(
            doc = "How many of the last layers start afresh instead of from the pretrained model.",
            defaultValue = "0",
            min = 0)
        int reinitTopLayers,
    @Key(
            doc =
                "Rank of LoRA's adapters: the encoder stays frozen, small matrices beside its linear"
                    + " layers are trained, and the head. 0 trains without LoRA.",
            defaultValue = "0",
            min = 0)
        int loraRank,
    @Key(doc = "LoRA's adapters are scaled by lora_alpha / lora_rank.", defaultValue = "8", min = 1)
        int loraAlpha,
    @Key(
            doc = "Dropout on the input of LoRA's adapters.",
            defaultValue = "0",
            min = 0,
            max = 1,
            maxExclusive = true)
        double loraDropout,
    @Key(
            doc =
                "Which linear layers LoRA adapts: names or ends of names with commas between them,"
                    + " as in query,value; all-linear for all of the encoder; auto for those that"
                    + " PEFT adapts in the family.",
            defaultValue = "auto")
        String loraTargetModules,
    @Key(
            doc =
                "Whether LoRA's adapters end in the saved weights alone. With false they are kept"
                    + " as well in a folder adapter that Python's peft loads on the base.",
            defaultValue = "true")
        boolean loraMerge,
    @Key(
            doc =
                "How attention is computed in training: eager (plain operations), sdpa (libtorch's"
                    + " fused kernel where no attention weight is dropped), or auto (the faster).",
            defaultValue = "auto")
        AttentionImplementation attnImplementation,
    @Key(
            doc =
                "Whether to start from random weights: of the base, only its configuration and"
                    + " tokenizer are read.",
            defaultValue = "false")
        boolean fromScratch)
    implements Serializable {
  private static final String AUTO = "auto";

  /**
   * Checks what a key alone does not show.
   *
   * @throws UserException when {@code threshold} is set where no label needs one, and for settings
   *     that exclude each other
   */
  public ModelArguments {
    if (!Double.isNaN(threshold) && !problemType.task().hasThreshold()) {
      throw new UserException(
          "model.threshold="
              + threshold
              + " means nothing with model.problem_type="
              + problemType.spelling()
              + ": expected auto, or multi_label_classification");
    }
    if (fromScratch && (loraRank > 0 || reinitTopLayers > 0)) {
      throw new UserException(
          "model.from_scratch=true is not allowed together with model."
              + (loraRank > 0
                  ? "lora_rank: LoRA would keep the random weights frozen"
                  : "reinit_top_layers: all layers start afresh"));
    }
  }

  /**
   * What is done to the pretrained model's classifier before it is trained.
   *
   * @throws UserException for settings that exclude each other
   */
  public AdaptationConfig adaptation() {
    Lora lora =
        loraRank == 0
            ? null
            : new Lora(
                loraRank,
                loraAlpha,
                loraDropout,
                List.of(loraTargetModules.strip().split("\\s*,\\s*", -1)),
                !loraMerge,
                base);
    return new AdaptationConfig(freeze, freezeLayers, reinitTopLayers, lora, attnImplementation);
  }

  /**
   * The configuration of a classifier over {@code labels} on a pretrained model.
   *
   * @throws UserException when {@code max_length} is more than the model has positions for, the
   *     family has not a dropout that is set, or an adapter is to be kept that peft would compute
   *     otherwise
   */
  public ModelConfig configure(ModelConfig pretrained, List<String> labels) {
    EncoderFamilies.checked(pretrained);
    pretrained.requirePositions(maxLength);
    Pooling chosen =
        pooling.equals(AUTO)
            ? pretrained.pooling()
            : Pooling.valueOf(pooling.toUpperCase(Locale.ROOT));
    Map<String, Double> dropouts =
        EncoderFamilies.of(pretrained.modelType())
            .dropouts()
            .entries(hiddenDropout, attentionDropout, classifierDropout, pretrained.modelType());
    ModelConfig config = pretrained.with(dropouts).withHead(labels, chosen, problemType);
    if (loraRank > 0 && !loraMerge && !config.hasFamilysOwnHead()) {
      throw new UserException(
          "model.lora_merge=false is not allowed together with model.pooling="
              + chosen.spelling()
              + ": peft puts the adapter on "
              + config.classifierArchitecture()
              + ", which pools otherwise. Set model.pooling=cls, or model.lora_merge=true");
    }
    return Double.isNaN(threshold) ? config : config.withThreshold(threshold);
  }
}
