package org.sparkfinetune.describe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.tokenize.TokenizerSummary;
import org.sparkfinetune.train.TrainingMemory;

/** Lays a {@link ModelDescription} out for a terminal: sections of two aligned columns. */
public final class DescriptionText {
  private static final int LISTED = 8;

  private final StringBuilder out = new StringBuilder();

  private DescriptionText() {}

  /** The whole description. */
  public static String render(ModelDescription model) {
    DescriptionText text = new DescriptionText();
    text.section(model.name(), about(model));
    text.parameters(model);
    text.section("Encoder", encoder(model));
    text.section("Head", head(model));
    text.section("Tokenizer", tokenizer(model));
    text.section(
        String.format(
            Locale.ROOT,
            "Memory to train, batches of %,d texts of %,d tokens, %s",
            model.batchSize(),
            model.maxLength(),
            Setting.spelling(model.precision())),
        memory(model));
    return text.out.toString();
  }

  private static Map<String, String> about(ModelDescription model) {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("family", model.config().modelType());
    rows.put("class", model.config().classifierArchitecture());
    rows.put(
        "stored as",
        model.stored().isEmpty()
            ? "not looked at"
            : model.stored().entrySet().stream()
                .map(entry -> entry.getKey() + ", " + mebibytes(entry.getValue()))
                .collect(Collectors.joining("; ")));
    rows.put("longest text", String.format(Locale.ROOT, "%,d tokens", model.config().maxTokens()));
    rows.put(
        "labels",
        model.labels().isEmpty()
            ? "none: an encoder; the head is shown for "
                + ModelDescription.ASSUMED_LABELS
                + ", training makes one for the data's"
            : model.labels().size() + ": " + listed(model.labels(), ", "));
    String problemType = model.config().problemType().spelling();
    rows.put(
        "problem_type",
        (model.problemType().isEmpty() ? "not set" : model.problemType())
            + (model.problemType().equals(problemType)
                ? ""
                : "; fine-tuning makes it " + problemType + ", from model.problem_type"));
    return rows;
  }

  /** Layers of equal size are one line. */
  private void parameters(ModelDescription model) {
    List<ParameterCount> lines = new ArrayList<>();
    int first = -1;
    for (int i = 0; i < model.parts().size(); i++) {
      ParameterCount part = model.parts().get(i);
      ParameterCount before = lines.isEmpty() ? null : lines.get(lines.size() - 1);
      boolean layer = i > 0 && i < model.parts().size() - 1;
      if (layer
          && first > 0
          && before.frozen() == part.frozen()
          && before.trainable() == part.trainable()) {
        String name = "layers " + first + "-" + i + ", each";
        lines.set(lines.size() - 1, new ParameterCount(name, part.trainable(), part.frozen()));
      } else {
        lines.add(part);
        first = layer ? i : -1;
      }
    }
    lines.add(model.whole());
    String format = "%-22s %15s %15s %15s%n";
    out.append('\n')
        .append(String.format(Locale.ROOT, format, "Parameters", "total", "trainable", "frozen"));
    for (ParameterCount line : lines) {
      out.append(
          String.format(
              Locale.ROOT,
              format,
              "  " + line.part(),
              count(line.total()),
              count(line.trainable()),
              count(line.frozen())));
    }
  }

  private static Map<String, String> encoder(ModelDescription model) {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("starts afresh", listed(model.encoderFresh(), ", "));
    rows.put("not used", weights(model.encoderUnused()));
    return rows;
  }

  private static Map<String, String> head(ModelDescription model) {
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("pooling", model.config().pooling().spelling());
    rows.put("pretrained", weights(model.headLoaded()));
    rows.put("starts afresh", weights(model.headFresh()));
    rows.put("not used", weights(model.headUnused()));
    return rows;
  }

  private static Map<String, String> tokenizer(ModelDescription model) {
    TokenizerSummary tokenizer = model.tokenizer();
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("kind", (tokenizer.byteLevel() ? "byte-level " : "") + tokenizer.model());
    rows.put("vocabulary", String.format(Locale.ROOT, "%,d tokens", tokenizer.vocabSize()));
    rows.put("lower-cases", tokenizer.lowerCases() ? "yes" : "no");
    rows.put(
        "special tokens",
        listed(
            tokenizer.specialTokens().entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .toList(),
            ", "));
    rows.put(
        "max_length",
        String.format(
            Locale.ROOT,
            "%,d tokens, special tokens included; longer texts are truncated",
            model.maxLength()));
    return rows;
  }

  private static Map<String, String> memory(ModelDescription model) {
    Map<String, String> rows = new LinkedHashMap<>();
    TrainingMemory memory = model.memory();
    rows.put("weights", aligned(memory.weights()));
    rows.put("gradients", aligned(memory.gradients()));
    rows.put("optimizer state", aligned(memory.optimizerState()));
    rows.put("best weights", aligned(memory.bestWeights()));
    rows.put("activations", aligned(memory.activations()));
    rows.put(
        "total",
        aligned(memory.total())
            + " at the height; the C library's allocator adds 10 to 40 %, and the JVM with its heap"
            + " comes on top");
    return rows;
  }

  private void section(String title, Map<String, String> rows) {
    out.append(out.length() == 0 ? "" : "\n").append(title).append('\n');
    rows.forEach(
        (name, value) -> out.append(String.format(Locale.ROOT, "  %-20s %s%n", name, value)));
  }

  private static String weights(Map<String, List<Long>> shapes) {
    return listed(
        shapes.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue()).toList(),
        ", ");
  }

  private static String listed(List<String> items, String separator) {
    if (items.isEmpty()) {
      return "nothing";
    }
    String first = items.stream().limit(LISTED).collect(Collectors.joining(separator));
    return items.size() <= LISTED ? first : first + " and " + (items.size() - LISTED) + " more";
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String aligned(long bytes) {
    return String.format(Locale.ROOT, "%14s", mebibytes(bytes));
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / (double) (1 << 20));
  }
}
