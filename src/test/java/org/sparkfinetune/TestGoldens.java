package org.sparkfinetune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.io.SafetensorsReader;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;

/**
 * A tiny random pretrained model of a family and what transformers computes with it, as {@code
 * tools/goldens/encoders.py} wrote them.
 *
 * @param folder the pretrained model's Hugging Face folder
 * @param json what {@code golden.json} holds
 */
public record TestGoldens(Path folder, JsonNode json) {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Path FOLDER = Path.of("src/test/resources/org/sparkfinetune/model");
  private static final String SUFFIX = "-tiny";

  /** The names of all goldens: each a {@code model_type}, or one with the name of a variant. */
  public static Stream<String> families() throws IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  /**
   * The names of all goldens of all families: {@code bert} is its single texts, {@code
   * bert/golden-pairs} its pairs of texts, {@code bert/golden-multilabel} its sets of labels.
   */
  public static Stream<String> all() throws IOException {
    List<String> names = new ArrayList<>();
    for (String family : families().toList()) {
      names.add(family);
      for (String variant : List.of("golden-pairs", "golden-multilabel")) {
        if (Files.exists(FOLDER.resolve(family + SUFFIX).resolve(variant + ".json"))) {
          names.add(family + "/" + variant);
        }
      }
    }
    return names.stream();
  }

  /** The golden of a name of {@link #families()} or {@link #all()}. */
  public static TestGoldens of(String name) throws IOException {
    String[] parts = name.split("/");
    Path folder = FOLDER.resolve(parts[0] + SUFFIX);
    String file = (parts.length > 1 ? parts[1] : "golden") + ".json";
    return new TestGoldens(folder, JSON.readTree(folder.resolve(file).toFile()));
  }

  /** The pretrained model's classifier, on {@link TestDevice}. */
  public SequenceClassifier model() throws IOException {
    return model(AdaptationConfig.NONE);
  }

  /** The pretrained model's classifier, customized, on {@link TestDevice}. */
  public SequenceClassifier model(AdaptationConfig adaptation) throws IOException {
    ModelConfig stored = ModelConfig.parse(Files.readString(folder.resolve("config.json")));
    ModelConfig config =
        stored.withHead(
            stored.labels(),
            stored.pooling(),
            json.has("label_sets")
                ? ProblemType.MULTI_LABEL_CLASSIFICATION
                : ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (TensorSource source = tensors("model.safetensors")) {
      return TestDevice.on(
          SequenceClassifier.fromPretrained(config, config.labels(), source, adaptation, 1));
    }
  }

  /** The pretrained model's classifier without dropout, on the processor. */
  public SequenceClassifier withoutDropout() throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
    // ALBERT's has a default of its own where it is not named.
    json.put("classifier_dropout_prob", 0);
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (name.contains("dropout") && json.get(name).isNumber()) {
                json.put(name, 0);
              }
            });
    ModelConfig stored = ModelConfig.parse(json.toString());
    ModelConfig config =
        stored.withHead(stored.labels(), stored.pooling(), ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (TensorSource source = tensors("model.safetensors")) {
      return SequenceClassifier.fromPretrained(config, source, 1);
    }
  }

  /** A safetensors file in the folder; the caller closes it. */
  public TensorSource tensors(String file) {
    return SafetensorsReader.open(
        new org.apache.hadoop.fs.Path(folder.resolve(file).toUri()), new Configuration(false));
  }

  /** What another script has written beside {@code golden.json}. */
  public JsonNode json(String file) throws IOException {
    return JSON.readTree(folder.resolve(file).toFile());
  }

  /** The padded batch. */
  public Batch batch() throws IOException {
    int padTokenId =
        JSON.readTree(folder.resolve("config.json").toFile()).path("pad_token_id").asInt();
    int[] lengths = JSON.convertValue(json.get("lengths"), int[].class);
    List<int[]> rows = new ArrayList<>();
    int[] secondSegmentStarts = new int[lengths.length];
    for (int row = 0; row < lengths.length; row++) {
      int[] ids = JSON.convertValue(json.get("input_ids").get(row), int[].class);
      rows.add(Arrays.copyOf(ids, lengths[row]));
      JsonNode types = json.path("token_type_ids").path(row);
      while (secondSegmentStarts[row] < lengths[row]
          && types.path(secondSegmentStarts[row]).asInt() == 0) {
        secondSegmentStarts[row]++;
      }
    }
    return Batch.of(rows, secondSegmentStarts, labels(), padTokenId);
  }

  private int[][] labels() {
    if (json.has("label_sets")) {
      return JSON.convertValue(json.get("label_sets"), int[][].class);
    }
    int[] labels = JSON.convertValue(json.get("labels"), int[].class);
    return Arrays.stream(labels).mapToObj(label -> new int[] {label}).toArray(int[][]::new);
  }
}
