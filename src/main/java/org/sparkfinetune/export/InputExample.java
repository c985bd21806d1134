package org.sparkfinetune.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * Two rows as an MLflow model takes them. They are none of the training, which are not for
 * everybody who sees the model.
 *
 * @param columns of the texts
 */
record InputExample(List<String> columns) {
  static final String FILE = "input_example.json";
  static final String SERVING_FILE = "serving_input_example.json";

  /** By row; of single texts the first alone. */
  private static final List<List<String>> TEXTS =
      List.of(
          List.of("A text.", "What it is paired with."),
          List.of("Another text, which is a little longer than the first.", "Its pair."));

  private static final ObjectMapper JSON = new ObjectMapper();

  static InputExample of(ExportSource source) {
    return new InputExample(
        source.provenance().pairs() ? List.of("text", "text_pair") : List.of("text"));
  }

  private Map<String, Object> split() {
    List<List<String>> rows = TEXTS.stream().map(row -> row.subList(0, columns.size())).toList();
    return Map.of("columns", columns, "data", rows);
  }

  /** What {@code load_input_example} of MLflow reads. */
  String json() {
    return text(split());
  }

  /** The body of a request to {@code /invocations}. */
  String servingJson() {
    return text(Map.of("dataframe_split", split()));
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
