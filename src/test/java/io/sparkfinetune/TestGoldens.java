package io.sparkfinetune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.SafetensorsReader;
import io.sparkfinetune.model.io.TensorSource;
import io.sparkfinetune.tokenize.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * A tiny random checkpoint of a family and what transformers computes with it, as {@code
 * tools/goldens/encoders.py} wrote them.
 *
 * @param folder the checkpoint's Hugging Face folder
 * @param json what {@code golden.json} holds
 */
public record TestGoldens(Path folder, JsonNode json) {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Path FOLDER = Path.of("src/test/resources/io/sparkfinetune/model");
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

  /** The golden of a name of {@link #families()}. */
  public static TestGoldens of(String family) throws IOException {
    Path folder = FOLDER.resolve(family + SUFFIX);
    return new TestGoldens(folder, JSON.readTree(folder.resolve("golden.json").toFile()));
  }

  /** The checkpoint's classifier. */
  public SequenceClassifier model() throws IOException {
    ModelConfig config = ModelConfig.parse(Files.readString(folder.resolve("config.json")));
    org.apache.hadoop.fs.Path weights =
        new org.apache.hadoop.fs.Path(folder.resolve("model.safetensors").toUri());
    try (TensorSource source = SafetensorsReader.open(weights, new Configuration(false))) {
      return SequenceClassifier.fromPretrained(config, source, 1);
    }
  }

  /** The padded batch. */
  public Batch batch() {
    int[] lengths = JSON.convertValue(json.get("lengths"), int[].class);
    List<int[]> rows = new ArrayList<>();
    for (int row = 0; row < lengths.length; row++) {
      int[] ids = JSON.convertValue(json.get("input_ids").get(row), int[].class);
      rows.add(Arrays.copyOf(ids, lengths[row]));
    }
    int[] labels = JSON.convertValue(json.get("labels"), int[].class);
    int[][] sets = Arrays.stream(labels).mapToObj(label -> new int[] {label}).toArray(int[][]::new);
    return Batch.of(rows, sets, 0);
  }
}
