package io.sparkfinetune.describe;

import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.Parameter;
import io.sparkfinetune.model.ParameterCount;
import io.sparkfinetune.model.ParameterSet;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.Checkpoint;
import io.sparkfinetune.model.io.TensorInfo;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.model.io.Weights;
import io.sparkfinetune.tokenize.TokenizerSummary;
import io.sparkfinetune.train.Precision;
import io.sparkfinetune.train.TrainingArguments;
import io.sparkfinetune.train.TrainingMemory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A checkpoint, and the classifier that fine-tuning would make of it.
 *
 * @param name of the checkpoint: the known name or the path
 * @param config of the classifier: the checkpoint's, with the head under these settings
 * @param labels that the checkpoint's configuration names; empty for a bare encoder
 * @param problemType the checkpoint's own {@code problem_type}; empty when it has none
 * @param stored the bytes of the file's tensors by their type, as in {@code F32}
 * @param parts embeddings, layers and head, in this order
 * @param headLoaded the head's weights that the checkpoint holds, with their shapes
 * @param headFresh the head's weights that would start afresh
 * @param unused the file's weights that the classifier has no use for
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
    Map<String, List<Long>> headLoaded,
    Map<String, List<Long>> headFresh,
    Map<String, List<Long>> unused,
    TokenizerSummary tokenizer,
    int maxLength,
    int batchSize,
    Precision precision,
    TrainingMemory memory) {

  /**
   * How many labels a head is sized for when the checkpoint does not say: Hugging Face's number.
   */
  static final int ASSUMED_LABELS = 2;

  /**
   * Describes a checkpoint under some settings; reads configuration, tokenizer and the headers of
   * the weights.
   *
   * @throws io.sparkfinetune.UserException when fine-tuning would refuse the checkpoint
   */
  public static ModelDescription of(
      Checkpoint checkpoint, ModelArguments arguments, TrainingArguments training) {
    ModelConfig stored = ModelConfig.parse(checkpoint.config());
    List<String> labels = stored.labels();
    ModelConfig config = arguments.configure(stored, labels.isEmpty() ? assumedLabels() : labels);
    TokenizerSummary tokenizer = TokenizerSummary.of(checkpoint.tokenizer());
    config.requireVocabulary(tokenizer.vocabSize());
    try (SequenceClassifier model = SequenceClassifier.outline(config, arguments.customisation());
        TensorSource weights = checkpoint.openWeights()) {
      ParameterSet parameters = model.parameters();
      Weights.Match match = model.match(weights, labels);
      Map<String, List<Long>> loaded = new LinkedHashMap<>();
      Map<String, List<Long>> fresh = new LinkedHashMap<>();
      for (Parameter parameter : parameters.parameters()) {
        if (parameters.isHead(parameter.name())) {
          boolean isFresh = match.missing().contains(parameter.name());
          (isFresh ? fresh : loaded).put(parameter.name(), shape(parameter));
        }
      }
      Map<String, List<Long>> unused = new LinkedHashMap<>();
      Stream.concat(match.unusedEncoder().stream(), match.unusedHead().stream())
          .forEach(name -> unused.put(name, weights.tensors().get(name).shape()));
      return new ModelDescription(
          checkpoint.name(),
          config,
          labels,
          stored.string("problem_type", ""),
          bytesByType(weights),
          parameters.counts(),
          loaded,
          fresh,
          unused,
          tokenizer,
          arguments.maxLength(),
          training.perDeviceTrainBatchSize(),
          training.precision().resolve(),
          TrainingMemory.of(model, training, arguments.maxLength()));
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

  private static List<Long> shape(Parameter parameter) {
    return Arrays.stream(parameter.tensor().shape()).boxed().toList();
  }

  private static Map<String, Long> bytesByType(TensorSource weights) {
    Map<String, Long> bytes = new TreeMap<>();
    for (TensorInfo info : weights.tensors().values()) {
      bytes.merge(info.dtype().name(), info.bytes(), Long::sum);
    }
    return bytes;
  }
}
