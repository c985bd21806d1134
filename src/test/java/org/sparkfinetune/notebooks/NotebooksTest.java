package org.sparkfinetune.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.SmallBundle;

/**
 * Every paragraph of every notebook of a language, run from the file as it is, behind each other in
 * one process. {@code tools/notebooks} runs it too, and has what they put out kept in the files.
 */
@Tag("slow")
abstract class NotebooksTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A note of both languages that does not run. */
  private static final String WRONG =
      """
      {"paragraphs": [
        {"text": "%spark\\nval one = 1\\nval two = one + none"},
        {"text": "%pyspark\\none = 1\\ntwo = one + none"}
      ]}
      """;

  @TempDir Path folder;

  private NotebookServers servers;

  /** Whether notebooks of a format are of this language. */
  abstract boolean isOurs(NotebookFormat format);

  /**
   * Runs notebooks.
   *
   * @param paths of the notebooks
   * @param outputs the file to write: of each notebook its outputs, or its error
   * @param environment says where the servers are
   * @param small the {@link SmallBundle} that comes first on the class path; empty for the real
   *     model
   */
  abstract void run(
      List<String> paths, Path outputs, Map<String, String> environment, Optional<Path> small)
      throws Exception;

  /** What is said of {@link #WRONG}. */
  abstract String errorOfWrong();

  @Test
  void eachParagraphRunsAndAWrongOneIsFound() throws Exception {
    List<NotebookFile> notebooks =
        NotebookFilesTest.notebooks()
            .filter(notebook -> notebook.path().toString().contains(NotebookFilesTest.chosen()))
            .filter(notebook -> isOurs(notebook.format()))
            .toList();
    Path outputs = folder.resolve("outputs.json");
    try (NotebookServers started = NotebookServers.start(folder, notebooks)) {
      servers = started;
      run(paths(notebooks), outputs, servers.environment(), small());
    }
    check(notebooks, read(outputs));
  }

  /** Outputs that are kept are those of the real model. */
  private Optional<Path> small() throws IOException {
    return NotebookFilesTest.isWriting()
        ? Optional.empty()
        : Optional.of(SmallBundle.writeEntry(folder.resolve("small")));
  }

  /** Of the files, made anew where they are to be written, and of the wrong one. */
  private List<String> paths(List<NotebookFile> notebooks) throws IOException {
    List<String> paths = new ArrayList<>();
    for (NotebookFile notebook : notebooks) {
      if (NotebookFilesTest.isWriting()) {
        Files.writeString(notebook.path(), notebook.text(notebook.kept()));
      }
      paths.add(notebook.path().toAbsolutePath().toString());
    }
    paths.add(Files.writeString(wrong(), WRONG).toString());
    return paths;
  }

  private Path wrong() {
    return folder.resolve("wrong.zpln");
  }

  /** Without paths and addresses of this machine. */
  private JsonNode read(Path outputs) throws IOException {
    String text = servers.asUsersHaveThem(Files.readString(outputs));
    for (Path path : List.of(folder.resolve("work"), folder)) {
      text = text.replace("file:" + path + "/", "").replace(path + "/", "");
    }
    return JSON.readTree(text);
  }

  private void check(List<NotebookFile> notebooks, JsonNode results) throws IOException {
    Map<Path, String> errors = new TreeMap<>();
    for (NotebookFile notebook : notebooks) {
      JsonNode result = find(results, notebook.path());
      if (result.has("error")) {
        errors.put(notebook.path(), result.path("error").asText());
        continue;
      }
      List<JsonNode> outputs = new ArrayList<>();
      for (JsonNode of : result.path("outputs")) {
        outputs.add(of.isTextual() ? ZeppelinOutput.messages(of.asText()) : of);
      }
      if (NotebookFilesTest.isWriting()) {
        Files.writeString(
            notebook.path(), notebook.text(new NotebookFile.Outputs(outputs, notebook.hash())));
      } else {
        List<?> now = outputs.stream().map(NotebooksTest::kinds).toList();
        List<?> kept = notebook.kept().ofCode().stream().map(NotebooksTest::kinds).toList();
        if (!now.equals(kept)) {
          errors.put(notebook.path(), "has kept outputs %s, and puts out %s".formatted(kept, now));
        }
      }
    }
    assertThat(errors).isEmpty();
    assertThat(find(results, wrong()).path("error").asText()).contains(errorOfWrong());
  }

  private static JsonNode find(JsonNode results, Path notebook) {
    List<JsonNode> found = new ArrayList<>();
    results
        .fields()
        .forEachRemaining(
            field -> {
              if (Path.of(field.getKey()).getFileName().equals(notebook.getFileName())) {
                found.add(field.getValue());
              }
            });
    assertThat(found).as("results of %s", notebook).hasSize(1);
    return found.get(0);
  }

  /**
   * Of outputs, whether they are text, tables, ...; pages of Zeppelin behind each other count once,
   * as a bar is one each time it is shown, more often where a training takes longer.
   */
  private static List<String> kinds(JsonNode outputs) {
    List<String> kinds = new ArrayList<>();
    for (JsonNode output : (ArrayNode) outputs) {
      String kind = output.path("output_type").asText() + output.path("type").asText();
      output.path("data").fieldNames().forEachRemaining(type -> kinds.add(kind + " " + type));
      boolean again =
          kind.equals("HTML") && !kinds.isEmpty() && kinds.get(kinds.size() - 1).equals(kind);
      if (!output.path("data").isObject() && !again) {
        kinds.add(kind);
      }
    }
    return kinds;
  }
}
