package org.sparkfinetune.describe;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.tokenize.TokenizerSummary;
import org.sparkfinetune.train.Precision;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingMemory;

/**
 * A pretrained model, and the classifier that fine-tuning would make of it.
 *
 * @param name of the pretrained model: the known name or the path
 * @param config of the classifier: the pretrained model's, with the head under these settings
 * @param labels that the pretrained model's configuration names; empty for a bare encoder
 * @param problemType the pretrained model's own {@code problem_type}; empty when it has none
 * @param stored the bytes of the file's tensors by their type, as in {@code F32}; empty when all
 *     weights start afresh, and the pretrained model's are not looked at
 * @param parts embeddings, layers and head, in this order
 * @param encoderFresh the parts of the encoder that start afresh, by the names of {@code parts},
 *     and {@code adapters}; empty when all of it comes from the pretrained model
 * @param encoderUnused the file's weights in the encoder's modules that it has no use for
 * @param headLoaded the head's weights that the pretrained model holds, with their shapes
 * @param headFresh the head's weights that start afresh
 * @param headUnused the file's weights of other heads
 * @param maxLength longest text in tokens
 * @param batchSize texts a training step
 * @param precision the arithmetic, resolved for this machine
 * @param memory for a training of texts that all have {@code maxLength} tokens
 */
public record ModelDescription(
    String name,
    ModelConfig config,
    List<String> labels,
    String problemType,
    Map<String, Long> stored,
    List<ParameterCount> parts,
    List<String> encoderFresh,
    Map<String, List<Long>> encoderUnused,
    Map<String, List<Long>> headLoaded,
    Map<String, List<Long>> headFresh,
    Map<String, List<Long>> headUnused,
    TokenizerSummary tokenizer,
    int maxLength,
    int batchSize,
    Precision precision,
    TrainingMemory memory) {

  /**
   * How many labels a head is sized for when the pretrained model does not say: Hugging Face's
   * number.
   */
  static final int ASSUMED_LABELS = 2;

  /**
   * Describes a pretrained model under some settings; reads configuration, tokenizer and, unless
   * all weights start afresh, the headers of the weights.
   *
   * @throws org.sparkfinetune.UserException when fine-tuning would refuse the pretrained model
   */
  public static ModelDescription of(
      PretrainedModel pretrained, ModelArguments arguments, TrainingArguments training) {
    ModelConfig stored = ModelConfig.parse(pretrained.config());
    List<String> labels = stored.labels();
    ModelConfig config = arguments.configure(stored, labels.isEmpty() ? assumedLabels() : labels);
    TokenizerSummary tokenizer = TokenizerSummary.of(pretrained.tokenizer());
    config.requireVocabulary(tokenizer.vocabSize());
    try (SequenceClassifier model =
        SequenceClassifier.onMetaDevice(config, arguments.adaptation())) {
      WeightProvenance origins =
          arguments.fromScratch()
              ? WeightProvenance.none(model)
              : WeightProvenance.of(model, pretrained, labels, arguments);
      return new ModelDescription(
          pretrained.name(),
          config,
          labels,
          stored.string("problem_type", ""),
          origins.stored(),
          model.parameters().counts(),
          origins.encoderFresh(),
          origins.encoderUnused(),
          origins.headLoaded(),
          origins.headFresh(),
          origins.headUnused(),
          tokenizer,
          arguments.maxLength(),
          training.perDeviceTrainBatchSize(),
          training.precision().resolve(),
          TrainingMemory.of(model, training, arguments.maxLength(), 1));
    }
  }

  /** All parts together. */
  public ParameterCount whole() {
    return new ParameterCount(
        "total",
        parts.stream().mapToLong(ParameterCount::trainable).sum(),
        parts.stream().mapToLong(ParameterCount::frozen).sum());
  }

  private static List<String> assumedLabels() {
    return IntStream.range(0, ASSUMED_LABELS).mapToObj(i -> "LABEL_" + i).toList();
  }
}
