package org.sparkfinetune.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.encoder.ConfigValues;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.ModelInputs;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.OneLine;

/**
 * A model's {@code config.json}, as Hugging Face writes it. Keys that this project does not know
 * are kept, so that a pretrained model leaves with what it came with. Immutable.
 */
public final class ModelConfig extends ConfigValues {
  /** Of transformers, which does not write {@code id2label} for labels that it has named itself. */
  private static final int DEFAULT_NUM_LABELS = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of labels that have no names, which are made up. */
  static final int MAX_LABELS = 1 << 17;

  /** The threshold of a multi-label classifier that names none: a sigmoid's middle. */
  public static final double DEFAULT_THRESHOLD = 0.5;

  /**
   * What a pretrained model's configuration may say that is not so of a model trained on it, whose
   * weights are fp32, or would have transformers look for code or quantized weights.
   */
  private static final List<String> OF_THE_PRETRAINED_MODEL =
      List.of("_name_or_path", "auto_map", "dtype", "quantization_config", "transformers_version");

  private static final String PROBLEM_TYPE = "problem_type";
  private static final String THRESHOLD = "threshold";
  private static final String NUM_LABELS = "num_labels";
  private static final String TEMPERATURE = "calibration_temperature";
  private static final String SLOPES = "calibration_slopes";
  private static final String INTERCEPTS = "calibration_intercepts";
  private static final String SELECTIVE_PREDICTION = "selective_prediction";

  private ModelConfig(ObjectNode json) {
    super(json);
  }

  /**
   * Parses the text of a {@code config.json}.
   *
   * @throws UserException when it is no JSON object
   */
  public static ModelConfig parse(String text) {
    try {
      if (JSON.readTree(text) instanceof ObjectNode object) {
        return new ModelConfig(object);
      }
    } catch (JsonProcessingException e) {
      throw new UserException("config.json is not JSON: " + e.getOriginalMessage(), e);
    }
    throw new UserException("config.json is not a JSON object: it starts with " + head(text));
  }

  /**
   * This configuration of a fine-tuned classifier with what tools look for and transformers itself
   * leaves to defaults: labels that it has named itself, their ids, the problem type.
   *
   * @param name of the pretrained model, for the message
   * @throws UserException when it is no classifier's, or one that is not computed here
   */
  public ModelConfig completed(String name) {
    EncoderFamilies.checked(this);
    List<String> labels = labels();
    if (labels.isEmpty() && words("architectures").contains(classifierArchitecture())) {
      labels =
          IntStream.range(0, integer(NUM_LABELS, DEFAULT_NUM_LABELS, 1, MAX_LABELS))
              .mapToObj(id -> "LABEL_" + id)
              .toList();
    }
    if (labels.isEmpty()) {
      throw new UserException(
          name
              + ": config.json has no id2label: expected a fine-tuned classifier, as jobs/fine-tune"
              + " writes it");
    }
    ModelConfig config = withHead(labels, pooling(), problemType());
    OptionalDouble threshold = threshold();
    if (threshold.isPresent()) {
      config = config.withThreshold(threshold.getAsDouble());
    }
    if (temperature() != 1) {
      config = config.withTemperature(temperature());
    }
    Optional<LabelScaling> scaling = labelScaling();
    if (scaling.isPresent()) {
      config = config.withLabelScaling(scaling.get());
    }
    Optional<String> selective = selectivePrediction();
    return selective.isPresent() ? config.withSelectivePrediction(selective.get()) : config;
  }

  /** The text of a {@code config.json}. */
  public String toJson() {
    return json().toPrettyString();
  }

  /**
   * The label names by index, from {@code id2label}; empty when there are none.
   *
   * @throws UserException when the ids are not 0, 1, 2, ..., a name occurs twice, {@code label2id}
   *     gives one another id, or {@code num_labels} is another number
   */
  public List<String> labels() {
    JsonNode id2label = value("id2label");
    if (id2label == null) {
      return List.of();
    }
    if (!id2label.isObject()) {
      throw refused("id2label", "an object with a label's name for each id");
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int id = 0; id < id2label.size(); id++) {
      JsonNode label = id2label.get(String.valueOf(id));
      if (label == null) {
        throw new UserException(
            "config.json: id2label has " + id2label.size() + " labels, but none of id " + id);
      }
      if (!label.isValueNode() || label.isNull()) {
        throw new UserException(
            "config.json: id2label has no name at id " + id + ": expected a text in quotes");
      }
      String name = label.asText();
      Integer other = ids.putIfAbsent(name, id);
      if (other != null) {
        throw new UserException(
            "config.json: id2label has the name '%s' twice, at id %d and %d. Rename one of them"
                .formatted(OneLine.of(name), other, id));
      }
    }
    ids.forEach(this::requireSameInLabel2id);
    JsonNode count = value(NUM_LABELS);
    if (count != null && !count.asText().equals(String.valueOf(ids.size()))) {
      throw new UserException(
          "config.json: num_labels and id2label contradict each other: one is %s, the other has %d labels. Correct the wrong one"
              .formatted(OneLine.of(count.toString()), ids.size()));
    }
    return List.copyOf(ids.keySet());
  }

  /** Of names that were changed in id2label alone, label2id knows nothing. */
  private void requireSameInLabel2id(String name, int id) {
    JsonNode back = json().path("label2id").path(name);
    if (back.isNumber() && back.longValue() != id) {
      throw new UserException(
          "config.json: id2label and label2id contradict each other: '%s' is %d in one and %s in the"
                  .formatted(OneLine.of(name), id, back)
              + " other. Correct the wrong one");
    }
  }

  /** How token vectors become one; {@code classifier_pooling} is ModernBERT's name for it. */
  public Pooling pooling() {
    return switch (string("classifier_pooling", "cls")) {
      case "cls" -> Pooling.CLS;
      case "mean" -> Pooling.MEAN;
      case "max" -> Pooling.MAX;
      default -> throw refused("classifier_pooling", "cls, mean or max");
    };
  }

  /** Hugging Face's class of this family's classifier, as in BertForSequenceClassification. */
  public String classifierArchitecture() {
    return EncoderFamilies.of(modelType()).classifierArchitecture();
  }

  /** The longest text that the model has positions for, in tokens, special tokens included. */
  public int maxTokens() {
    return EncoderFamilies.of(modelType()).maxTokens(this);
  }

  /** The token id that pads a batch. */
  public int padTokenId() {
    return EncoderFamilies.of(modelType()).padTokenId(this);
  }

  /**
   * Whether the head on this pooling is the one that Hugging Face's class of the family has; else
   * that class would compute something else with the weights.
   */
  public boolean hasFamilysOwnHead() {
    return EncoderFamilies.of(modelType()).head(this).poolings().contains(pooling());
  }

  /** Whether the model tells a second text from a first by {@code token_type_ids}. */
  public boolean hasTokenTypes() {
    return EncoderFamilies.of(modelType()).hasTokenTypes(this);
  }

  /** What the model takes of a tokenizer's output. */
  public ModelInputs inputs() {
    return new ModelInputs(maxTokens(), hasTokenTypes());
  }

  /**
   * What a row's labels are; single-label when {@code problem_type} does not say.
   *
   * @throws UserException when it is something that this project has no head for
   */
  public ProblemType problemType() {
    String name = string(PROBLEM_TYPE, ProblemType.SINGLE_LABEL_CLASSIFICATION.spelling());
    return Arrays.stream(ProblemType.values())
        .filter(type -> type.spelling().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "config.json: problem_type="
                        + name
                        + " is not supported: expected "
                        + Arrays.stream(ProblemType.values())
                            .map(ProblemType::spelling)
                            .collect(Collectors.joining(" or "))));
  }

  /**
   * The probability from which on a multi-label classifier predicts a label; empty when it is yet
   * to be tuned. Hugging Face has no key for it; this project's is {@code threshold}.
   *
   * @throws UserException when it is no number above 0 and below 1
   */
  public OptionalDouble threshold() {
    JsonNode value = value(THRESHOLD);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() < 1)) {
      throw refused(THRESHOLD, "a number above 0 and below 1");
    }
    return OptionalDouble.of(value.doubleValue());
  }

  /**
   * The probability from which on a label is predicted: {@link #threshold}, or else the default.
   */
  public double decisionThreshold() {
    return threshold().orElse(DEFAULT_THRESHOLD);
  }

  /**
   * What the logits that were trained have been divided by, in the weights of the last layer; 1
   * where nothing was. Hugging Face has no key for it; this project's is {@code
   * calibration_temperature}.
   *
   * @throws UserException when it is no number above 0
   */
  public double temperature() {
    JsonNode value = value(TEMPERATURE);
    if (value == null) {
      return 1;
    }
    if (!value.isNumber()
        || !(value.doubleValue() > 0)
        || value.doubleValue() == Double.POSITIVE_INFINITY) {
      throw refused(TEMPERATURE, "a number above 0");
    }
    return value.doubleValue();
  }

  /**
   * What the logits that were trained have been scaled by, label by label, in the weights of the
   * last layer and before they were divided by the {@link #temperature}; empty where they have not.
   * The keys are {@code calibration_slopes} and {@code calibration_intercepts}.
   *
   * @throws UserException when they are not a slope above 0 and an intercept for each label
   */
  public Optional<LabelScaling> labelScaling() {
    if (value(SLOPES) == null && value(INTERCEPTS) == null) {
      return Optional.empty();
    }
    try {
      LabelScaling scaling = new LabelScaling(numbers(SLOPES), numbers(INTERCEPTS));
      if (scaling.slopes().size() == labels().size()) {
        return Optional.of(scaling);
      }
    } catch (IllegalArgumentException e) {
      throw refused(SLOPES, "numbers above 0, and " + INTERCEPTS + ", one a label");
    }
    throw refused(SLOPES, "numbers above 0, and " + INTERCEPTS + ", one a label");
  }

  private List<Double> numbers(String key) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode element : json().path(key)) {
      numbers.add(element.isNumber() ? element.doubleValue() : Double.NaN);
    }
    return numbers;
  }

  /**
   * What calibration rows have said of when not to answer: JSON, which package {@code pipeline}
   * writes and reads. Empty where there is none.
   */
  public Optional<String> selectivePrediction() {
    return Optional.ofNullable(value(SELECTIVE_PREDICTION)).map(JsonNode::toString);
  }

  /**
   * Checks a length of texts.
   *
   * @param maxLength in tokens, special tokens included
   * @throws UserException when it is more than the model has positions for
   */
  public void requirePositions(int maxLength) {
    int positions = maxTokens();
    if (maxLength > positions) {
      throw new UserException(
          "model.max_length="
              + maxLength
              + " is not allowed: the model has positions for "
              + positions
              + " tokens");
    }
  }

  /**
   * Checks a tokenizer.
   *
   * @param tokens the number of token ids that it may give
   * @throws UserException when it gives ids that the model has no vectors for
   */
  public void requireVocabulary(int tokens) {
    int size = positive("vocab_size");
    if (tokens > size) {
      throw new UserException(
          "the tokenizer has "
              + tokens
              + " tokens, and the model vectors for "
              + size
              + " (config.json: vocab_size). Check that they belong together");
    }
  }

  /** This configuration with other numbers at some keys. */
  ModelConfig with(Map<String, Double> numbers) {
    ObjectNode copy = json().deepCopy();
    numbers.forEach(copy::put);
    return new ModelConfig(copy);
  }

  /**
   * This configuration for a classifier over the given labels, with fp32 weights, as transformers'
   * class of the family would save it. What was tuned or calibrated of another head is dropped, and
   * so is what says where the pretrained model came from, how it was stored and what code it
   * brought.
   */
  public ModelConfig withHead(List<String> labels, Pooling pooling, ProblemType problemType) {
    ObjectNode copy = json().deepCopy();
    copy.remove(OF_THE_PRETRAINED_MODEL);
    copy.put("torch_dtype", "float32");
    ObjectNode id2label = copy.putObject("id2label");
    ObjectNode label2id = copy.putObject("label2id");
    for (int id = 0; id < labels.size(); id++) {
      id2label.put(String.valueOf(id), labels.get(id));
      label2id.put(labels.get(id), id);
    }
    copy.put(PROBLEM_TYPE, problemType.spelling());
    copy.remove(
        List.of(THRESHOLD, TEMPERATURE, SLOPES, INTERCEPTS, NUM_LABELS, SELECTIVE_PREDICTION));
    copy.put("classifier_pooling", pooling.spelling());
    copy.putArray("architectures").add(classifierArchitecture());
    return new ModelConfig(copy);
  }

  /** This configuration with a multi-label classifier's threshold, above 0 and below 1. */
  public ModelConfig withThreshold(double threshold) {
    return new ModelConfig(json().deepCopy().put(THRESHOLD, threshold));
  }

  /** This configuration with what the logits have been divided by, above 0. */
  public ModelConfig withTemperature(double temperature) {
    return new ModelConfig(json().deepCopy().put(TEMPERATURE, temperature));
  }

  /** This configuration with what the logits have been scaled by, label by label. */
  ModelConfig withLabelScaling(LabelScaling scaling) {
    ObjectNode copy = json().deepCopy();
    ArrayNode slopes = copy.putArray(SLOPES);
    scaling.slopes().forEach(slopes::add);
    ArrayNode intercepts = copy.putArray(INTERCEPTS);
    scaling.intercepts().forEach(intercepts::add);
    return new ModelConfig(copy);
  }

  /** This configuration with what {@link #selectivePrediction} gives, JSON. */
  public ModelConfig withSelectivePrediction(String json) {
    ObjectNode copy = json().deepCopy();
    copy.set(SELECTIVE_PREDICTION, parsed(json));
    return new ModelConfig(copy);
  }

  private static JsonNode parsed(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + json, e);
    }
  }

  private static String head(String text) {
    return "'" + text.strip().substring(0, Math.min(20, text.strip().length())) + "'";
  }
}
