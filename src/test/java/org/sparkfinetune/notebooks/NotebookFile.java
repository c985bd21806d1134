package org.sparkfinetune.notebooks;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.sparkfinetune.hub.FakeHub;
import org.sparkfinetune.notebooks.NoteSource.Cell;

/**
 * A notebook as it lies in {@code notebooks/}: made of its source, with what its code has printed
 * and the hash of the code that did.
 */
record NotebookFile(NoteSource source, NotebookFormat format) {
  static final Path FOLDER = Path.of("notebooks");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DefaultPrettyPrinter PRINTER =
      new DefaultPrettyPrinter() {
        private static final long serialVersionUID = 1;

        {
          indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        }

        @Override
        public DefaultPrettyPrinter createInstance() {
          return this;
        }
      };

  /** Where the hash lies, which neither Zeppelin nor Jupyter asks for. */
  private static final String EXECUTED = "sparkfinetune_executed";

  /** What code has printed, a list for each paragraph of code, and the hash of that code. */
  record Outputs(List<JsonNode> ofCode, String hash) {
    static Outputs none() {
      return new Outputs(List.of(), "");
    }
  }

  Path path() {
    return FOLDER.resolve(source.name() + format.ending());
  }

  /** What changes when the code does. */
  String hash() {
    String code =
        source.cells(format).stream()
            .filter(Cell::isCode)
            .map(Cell::text)
            .collect(Collectors.joining("\n\n"));
    return FakeHub.sha256(code.getBytes(StandardCharsets.UTF_8));
  }

  /** What the file has kept; nothing where there is none. */
  Outputs kept() throws IOException {
    if (!Files.exists(path())) {
      return Outputs.none();
    }
    JsonNode json = JSON.readTree(path().toFile());
    List<JsonNode> outputs = new ArrayList<>();
    for (JsonNode cell : json.path(format.isZeppelin() ? "paragraphs" : "cells")) {
      if (format.isZeppelin() && cell.path("text").asText().startsWith(format.interpreter())) {
        outputs.add(cell.path("results").path("msg"));
      } else if (cell.path("cell_type").asText().equals("code")) {
        outputs.add(cell.path("outputs"));
      }
    }
    JsonNode metadata = json.path(format.isZeppelin() ? "config" : "metadata");
    return new Outputs(outputs, metadata.path(EXECUTED).asText());
  }

  /** The text of the file. */
  String text(Outputs outputs) throws IOException {
    ObjectNode json = format.isZeppelin() ? zeppelin(outputs) : jupyter(outputs);
    return JSON.writer(PRINTER).writeValueAsString(json) + "\n";
  }

  private static JsonNode output(Outputs outputs, int code) {
    return code < outputs.ofCode().size() ? outputs.ofCode().get(code) : JSON.createArrayNode();
  }

  private ObjectNode zeppelin(Outputs outputs) {
    ObjectNode note = JSON.createObjectNode();
    ArrayNode paragraphs = note.putArray("paragraphs");
    int code = 0;
    for (Cell cell : source.cells(format)) {
      ObjectNode paragraph = paragraphs.addObject();
      paragraph.put("text", (cell.isCode() ? format.interpreter() : "%md") + "\n" + cell.text());
      paragraph.put("user", "anonymous");
      ObjectNode config = paragraph.putObject("config").put("colWidth", 12.0).put("enabled", true);
      config.put("editorHide", !cell.isCode());
      config
          .putObject("editorSetting")
          .put("language", cell.isCode() ? format.language() : "markdown");
      paragraph.putObject("settings").putObject("params");
      ObjectNode results = paragraph.putObject("results").put("code", "SUCCESS");
      if (cell.isCode()) {
        JsonNode messages = output(outputs, code++);
        results.set("msg", messages);
        if (cell.hasBars()) {
          ZeppelinChart.bars(messages, config.putObject("results"));
        }
      } else {
        results.putArray("msg").add(message("HTML", Markdown.html(cell.text())));
      }
      String number = "%03d".formatted(paragraphs.size());
      paragraph.put("id", "paragraph_" + note(number));
      paragraph.put("jobName", "paragraph_" + note(number)).put("status", "FINISHED");
    }
    note.put("name", "spark-finetune/" + source.title() + inLanguage());
    note.put("id", "2" + note("").substring(0, 8).toUpperCase(java.util.Locale.ROOT));
    note.put("defaultInterpreterGroup", "spark").put("version", "0.10.1");
    note.putObject("config").put(EXECUTED, outputs.hash());
    note.putObject("info");
    return note;
  }

  private String inLanguage() {
    return format == NotebookFormat.ZEPPELIN_PYTHON ? " (Python)" : "";
  }

  /** An id that is the same each time the file is made. */
  private String note(String part) {
    return UUID.nameUUIDFromBytes((path() + part).getBytes(StandardCharsets.UTF_8))
        .toString()
        .replace("-", "");
  }

  static ObjectNode message(String type, String data) {
    return JSON.createObjectNode().put("type", type).put("data", data);
  }

  private ObjectNode jupyter(Outputs outputs) {
    ObjectNode notebook = JSON.createObjectNode();
    ArrayNode cells = notebook.putArray("cells");
    int code = 0;
    for (Cell cell : source.cells(format)) {
      ObjectNode json = cells.addObject();
      json.put("cell_type", cell.isCode() ? "code" : "markdown");
      json.put("id", "cell-" + cells.size());
      json.putObject("metadata");
      lines(json.putArray("source"), cell.text());
      if (cell.isCode()) {
        json.set("outputs", output(outputs, code++));
        json.put("execution_count", code);
      }
    }
    ObjectNode metadata = notebook.putObject("metadata");
    metadata
        .putObject("kernelspec")
        .put("display_name", "Python 3")
        .put("language", "python")
        .put("name", "python3");
    metadata.putObject("language_info").put("name", "python");
    metadata.put(EXECUTED, outputs.hash());
    notebook.put("nbformat", 4).put("nbformat_minor", 5);
    return notebook;
  }

  /** Jupyter keeps text by lines, with their ends. */
  private static void lines(ArrayNode array, String text) {
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      array.add(i < lines.length - 1 ? lines[i] + "\n" : lines[i]);
    }
  }
}
