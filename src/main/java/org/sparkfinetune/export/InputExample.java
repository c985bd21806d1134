package org.sparkfinetune.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/**
 * Two texts as an MLflow model takes them: a batch of token ids, the shorter row padded. They are
 * no rows of the training, which are not for everybody who sees the model.
 *
 * @param inputs a matrix an input, by the input's name
 */
record InputExample(Map<String, long[][]> inputs) {
  static final String FILE = "input_example.json";
  static final String SERVING_FILE = "serving_input_example.json";

  private static final List<String> TEXTS =
      List.of("A text.", "Another text, which is a little longer than the first.");
  private static final List<String> PAIRS = List.of("What it is paired with.", "Its pair.");

  private static final ObjectMapper JSON = new ObjectMapper();

  static InputExample of(ExportSource source, TextTokenizer tokenizer) {
    List<Encoding> rows =
        source.provenance().pairs() ? tokenizer.encodePairs(TEXTS, PAIRS) : tokenizer.encode(TEXTS);
    Batch batch =
        Batch.of(
            rows.stream().map(Encoding::inputIds).toList(),
            rows.stream().mapToInt(Encoding::secondSegmentStart).toArray(),
            new int[rows.size()][0],
            source.classifier().padTokenId());
    Map<String, long[][]> inputs = new LinkedHashMap<>();
    inputs.put(OnnxExport.INPUT_IDS, matrix(batch.inputIds(), batch.length()));
    inputs.put(OnnxExport.ATTENTION_MASK, mask(batch));
    if (source.classifier().config().hasTokenTypes()) {
      long[] types = batch.tokenTypeIds();
      inputs.put(
          OnnxExport.TOKEN_TYPE_IDS,
          matrix(types == null ? new long[batch.inputIds().length] : types, batch.length()));
    }
    return new InputExample(inputs);
  }

  /** The inputs of a classifier's graph, in their order. */
  static List<String> names(ExportSource source) {
    List<String> names = new ArrayList<>(List.of(OnnxExport.INPUT_IDS, OnnxExport.ATTENTION_MASK));
    if (source.classifier().config().hasTokenTypes()) {
      names.add(OnnxExport.TOKEN_TYPE_IDS);
    }
    return names;
  }

  private static long[][] mask(Batch batch) {
    long[][] mask = new long[batch.size()][batch.length()];
    for (int row = 0; row < mask.length; row++) {
      Arrays.fill(mask[row], 0, batch.lengths()[row], 1);
    }
    return mask;
  }

  private static long[][] matrix(long[] values, int columns) {
    long[][] matrix = new long[values.length / columns][columns];
    for (int i = 0; i < values.length; i++) {
      matrix[i / columns][i % columns] = values[i];
    }
    return matrix;
  }

  /** What {@code load_input_example} of MLflow reads. */
  String json() {
    return text(inputs);
  }

  /** The body of a request to {@code /invocations}. */
  String servingJson() {
    return text(Map.of("inputs", inputs));
  }

  private static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
