package org.sparkfinetune.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.InstalledPython;

/**
 * Every paragraph of every notebook, run from the file as it is: those of a language behind each
 * other in one process. {@code tools/notebooks} runs it too, and has what they put out kept in the
 * files.
 */
@Tag("slow")
class NotebooksTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(15);

  /** A note of both languages that does not run. */
  private static final String WRONG =
      """
      {"paragraphs": [
        {"text": "%spark\\nval one = 1\\nval two = one + none"},
        {"text": "%pyspark\\none = 1\\ntwo = one + none"}
      ]}
      """;

  @TempDir static Path folder;

  private static NotebookServers servers;

  @BeforeAll
  static void start() throws Exception {
    servers = NotebookServers.start(folder, notebooks(format -> true));
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  /** The notebooks that are run, of some formats. */
  private static List<NotebookFile> notebooks(Predicate<NotebookFormat> of) throws IOException {
    return NotebookFilesTest.notebooks()
        .filter(notebook -> notebook.path().toString().contains(NotebookFilesTest.chosen()))
        .filter(notebook -> of.test(notebook.format()))
        .toList();
  }

  @Test
  void eachParagraphOfScalaRunsAndAWrongOneIsFound() throws Exception {
    List<NotebookFile> notebooks = notebooks(NotebooksTest::isScala);
    Path outputs = folder.resolve("scala.json");
    List<String> arguments = new ArrayList<>();
    arguments.add(outputs.toString());
    arguments.add(folder.resolve("classes").toString());
    arguments.addAll(paths(notebooks));
    try (ChildJvm shell =
        ChildJvm.start(
            "shell",
            ZeppelinScala.class,
            Stream.concat(ChildJvm.SHORT_LIVED.stream(), Stream.of("-Xmx2g")).toList(),
            arguments,
            servers.environment(),
            folder)) {
      shell.awaitSuccess(LIMIT);
    }
    check(notebooks, read(outputs), "not found: value none");
  }

  @Test
  void eachParagraphOfPythonRunsAndAWrongOneIsFound() throws Exception {
    List<NotebookFile> notebooks = notebooks(format -> !isScala(format));
    Path outputs = folder.resolve("python.json");
    List<String> command = new ArrayList<>();
    command.add("python");
    command.add(Path.of("src/test/python/run_notebooks.py").toAbsolutePath().toString());
    command.add(outputs.toString());
    command.addAll(paths(notebooks));
    Map<String, String> environment = new HashMap<>(servers.environment());
    environment.put("IPYTHONDIR", folder.resolve("ipython").toString());
    // As the session of the Scala notes: few rows need no 200 partitions, and nobody looks at a
    // page.
    environment.put(
        "PYSPARK_SUBMIT_ARGS",
        "--conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 pyspark-shell");
    InstalledPython.in(folder).run(environment, command.toArray(String[]::new));
    check(notebooks, read(outputs), "name 'none' is not defined");
  }

  private static boolean isScala(NotebookFormat format) {
    return format == NotebookFormat.ZEPPELIN_SCALA;
  }

  /** Of the files, made anew where they are to be written, and of the wrong one. */
  private static List<String> paths(List<NotebookFile> notebooks) throws IOException {
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

  private static Path wrong() {
    return folder.resolve("wrong.zpln");
  }

  /** Without paths and addresses of this machine. */
  private static JsonNode read(Path outputs) throws IOException {
    String text = servers.asUsersHaveThem(Files.readString(outputs));
    for (Path path : List.of(folder.resolve("work"), folder)) {
      text = text.replace("file:" + path + "/", "").replace(path + "/", "");
    }
    return JSON.readTree(text);
  }

  private static void check(List<NotebookFile> notebooks, JsonNode results, String ofWrong)
      throws IOException {
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
    assertThat(find(results, wrong()).path("error").asText()).contains(ofWrong);
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
