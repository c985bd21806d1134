package org.sparkfinetune.annotator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.ExplainedText;
import org.sparkfinetune.explain.Explainer;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.train.Precision;

/** What bench/explain.py asks of this project: texts explained, and how long that took. */
final class MeasureExplainMain {
  /** As the annotator takes rows. */
  private static final int BATCH = 256;

  private static final int WARM_UP = 32;

  private MeasureExplainMain() {}

  /** Takes a file that says what to do, and one to write. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode asked = json.readTree(new File(args[0]));
    ModelFiles files =
        HuggingFaceFolder.open(new Path(asked.path("model").asText()), new Configuration(false))
            .read();
    List<String> texts = new ArrayList<>();
    asked.path("texts").forEach(text -> texts.add(text.asText()));
    ExplainArguments arguments =
        ExplainArguments.SCHEMA.create(
            Map.of(
                "steps",
                asked.path("steps").asInt(),
                "precision",
                Precision.valueOf(asked.path("precision").asText().toUpperCase(Locale.ROOT))));
    ObjectNode result = json.createObjectNode();
    ArrayNode sums = result.putArray("sums");
    ArrayNode deltas = result.putArray("deltas");
    try (Predictor classifier = Predictor.load(files, asked.path("max_length").asInt())) {
      Explainer explainer = classifier.explainer(arguments);
      explainer.explain(texts.subList(0, Math.min(WARM_UP, texts.size())), Optional.empty());
      List<ExplainedText> explained = new ArrayList<>();
      long start = System.nanoTime();
      for (int from = 0; from < texts.size(); from += BATCH) {
        explained.addAll(
            explainer.explain(
                texts.subList(from, Math.min(from + BATCH, texts.size())), Optional.empty()));
      }
      result.put("seconds", (System.nanoTime() - start) / 1e9);
      for (ExplainedText text : explained) {
        double words = text.words().stream().mapToDouble(word -> word.score().orElse(0)).sum();
        sums.add(words + text.special());
        deltas.add(text.completenessDelta().orElseThrow());
      }
    }
    json.writeValue(new File(args[1]), result);
  }
}
