package org.sparkfinetune.export;

import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.ModelNames;
import org.sparkfinetune.model.io.ModelProvenance;

/** A model card, {@code README.md}, as the Hugging Face hub reads it: YAML, then Markdown. */
final class ModelCard {
  private static final String TEXT = "print(classify(\"a text\"))";
  private static final String PAIR =
      "print(classify({\"text\": \"a text\", \"text_pair\": \"another\"}))";
  private static final String ALL_LABELS = "Pass `top_k=None` for the probability of every label";

  /** What the card's example loads the model with. */
  enum Usage {
    TRANSFORMERS(
        "transformers",
        """
        from transformers import pipeline

        classify = pipeline("text-classification", "PATH")
        """,
        TEXT,
        PAIR,
        ALL_LABELS),
    OPTIMUM(
        "optimum",
        """
        from optimum.onnxruntime import ORTModelForSequenceClassification
        from transformers import AutoTokenizer, pipeline

        classify = pipeline(
            "text-classification",
            ORTModelForSequenceClassification.from_pretrained("PATH"),
            tokenizer=AutoTokenizer.from_pretrained("PATH"),
        )
        """,
        TEXT,
        PAIR,
        ALL_LABELS),
    MLFLOW(
        "mlflow",
        """
        import mlflow
        import pandas as pd

        model = mlflow.pyfunc.load_model("PATH")
        """,
        "print(model.predict(pd.DataFrame({\"text\": [\"a text\"]})))",
        "print(model.predict(pd.DataFrame({\"text\": [\"a text\"], \"text_pair\": [\"another\"]})))",
        "`probabilities` has that of every label");

    private final String library;
    private final String example;
    private final String text;
    private final String pair;
    private final String allLabels;

    Usage(String library, String example, String text, String pair, String allLabels) {
      this.library = library;
      this.example = example;
      this.text = text;
      this.pair = pair;
      this.allLabels = allLabels;
    }
  }

  private static final int LABELS_LISTED = 100;

  private final ExportSource source;
  private final ModelConfig config;
  private final ModelProvenance training;
  private final StringBuilder out = new StringBuilder();

  private ModelCard(ExportSource source) {
    this.source = source;
    this.config = source.classifier().config();
    this.training = source.provenance().withoutPaths();
  }

  static String render(ExportSource source, Usage usage) {
    return new ModelCard(source).render(usage);
  }

  private String render(Usage usage) {
    out.append("---\n");
    frontMatter(usage);
    out.append("---\n\n");
    introduction();
    out.append("## Use\n\n```python\n").append(usage.example);
    out.append(training.pairs() ? usage.pair : usage.text).append("\n```\n");
    if (config.problemType().task().hasThreshold()) {
      out.append("\n").append(usage.allLabels).append("; predict those of at least ");
      out.append(config.decisionThreshold()).append(".\n");
    }
    labels();
    table("Data", training.data());
    table("Metrics", training.metrics());
    table("Hyper-parameters", training.settings());
    Map<String, Object> provenance = new LinkedHashMap<>();
    if (!training.finished().isEmpty()) {
      provenance.put("training finished", training.finished());
    }
    provenance.putAll(training.versions());
    table("Provenance", provenance);
    return out.toString();
  }

  private void frontMatter(Usage usage) {
    line("library_name: " + usage.library);
    line("pipeline_tag: text-classification");
    // A path means nothing to the hub, which would refuse it.
    ModelNames.hubName(source.provenance().base())
        .ifPresent(name -> line("base_model: " + quoted(name)));
    line("tags:");
    line("- " + config.modelType());
    line("- text-classification");
    if (usage != Usage.TRANSFORMERS) {
      line("- onnx");
    }
    modelIndex();
  }

  private void modelIndex() {
    Stage stage =
        Metric.headlines().stream()
                .anyMatch(metric -> training.metrics().containsKey(metric.at(Stage.TEST)))
            ? Stage.TEST
            : Stage.EVAL;
    String split = stage == Stage.TEST ? "test" : "validation";
    Map<String, Double> known = new LinkedHashMap<>();
    for (Metric metric : Metric.headlines()) {
      Double value = training.metrics().get(metric.at(stage));
      if (value != null && Double.isFinite(value)) {
        known.put(metric.key(), value);
      }
    }
    if (known.isEmpty()) {
      return;
    }
    line("metrics:");
    known.keySet().stream()
        .filter(name -> !name.equals(Metric.LOSS.key()))
        .forEach(n -> line("- " + n));
    line("model-index:");
    line("- name: " + quoted(config.modelType() + " text classifier"));
    line("  results:");
    line("  - task:");
    line("      type: text-classification");
    line("    dataset:");
    line("      name: " + quoted(datasetName(split)));
    line("      type: text");
    line("      split: " + split);
    line("    metrics:");
    known.forEach(
        (name, value) -> {
          line("    - type: " + name);
          line("      value: " + value);
        });
  }

  private String datasetName(String split) {
    return String.valueOf(training.data().getOrDefault(split, split + " rows"));
  }

  private void introduction() {
    int labels = source.classifier().labels().size();
    out.append("# Text classifier: ").append(labels).append(" labels\n\n");
    out.append("A `").append(config.modelType()).append("` encoder");
    if (!training.base().isEmpty()) {
      String base = training.base();
      out.append(", fine-tuned from ").append(code(ModelNames.hubName(base).orElse(base)));
      ModelNames.hubRevision(base)
          .ifPresent(commit -> out.append(" (revision ").append(code(commit)).append(")"));
    }
    out.append(training.pairs() ? ", of pairs of texts" : "");
    out.append(", for ").append(config.problemType().task().words());
    out.append(" (`").append(config.problemType().spelling()).append("`)");
    out.append(". Pooling: `").append(config.pooling().spelling());
    out.append("`. Weights are fp32; the longest text is ").append(config.maxTokens());
    out.append(" tokens.\n\n");
  }

  private void labels() {
    List<String> labels = source.classifier().labels();
    out.append("\n## Labels\n\n");
    out.append(
        labels.stream()
            .limit(LABELS_LISTED)
            .map(ModelCard::code)
            .collect(Collectors.joining(", ")));
    if (labels.size() > LABELS_LISTED) {
      out.append(" and ").append(labels.size() - LABELS_LISTED).append(" more");
    }
    out.append("\n");
  }

  private void table(String title, Map<String, ?> rows) {
    if (rows.isEmpty()) {
      return;
    }
    out.append("\n## ").append(title).append("\n\n| | |\n| --- | --- |\n");
    rows.forEach(
        (name, value) ->
            out.append("| ").append(name).append(" | ").append(cell(value)).append(" |\n"));
  }

  private static String cell(Object value) {
    if (value instanceof Double number) {
      return Double.isFinite(number)
          ? new BigDecimal(number).round(new MathContext(4)).stripTrailingZeros().toPlainString()
          : number.toString();
    }
    return String.valueOf(value).replace("|", "\\|").replaceAll("\\s+", " ");
  }

  private static String code(String text) {
    return text.contains("`") ? "`` " + text + " ``" : "`" + text + "`";
  }

  /** A JSON string is a YAML string too. */
  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  private void line(String text) {
    out.append(text).append('\n');
  }
}
