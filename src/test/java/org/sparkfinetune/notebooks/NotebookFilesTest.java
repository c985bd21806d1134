package org.sparkfinetune.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.notebooks.NoteSource.Cell;

/**
 * The notebooks' files are those that their sources make, and what they have kept is of today's
 * code.
 */
class NotebookFilesTest {
  private static final String VARIABLE = "SPARK_FINETUNE_NOTEBOOKS";

  /** Those whose Python Zeppelin has as well: its users read the others as Jupyter's. */
  private static final List<String> IN_PYTHON_TOO = List.of("quickstart");

  /** Whether {@code tools/notebooks} has started this. */
  static boolean isWriting() {
    return System.getenv(VARIABLE) != null;
  }

  /** What the paths of the notebooks to write have in common. */
  static String chosen() {
    return isWriting() ? System.getenv(VARIABLE) : "";
  }

  static Stream<NotebookFile> notebooks() throws IOException {
    List<NotebookFile> notebooks = new ArrayList<>();
    try (Stream<Path> sources = Files.list(NotebookFile.FOLDER.resolve("source"))) {
      for (Path path : sources.sorted().toList()) {
        NoteSource source = NoteSource.read(path);
        notebooks.add(new NotebookFile(source, NotebookFormat.ZEPPELIN_SCALA));
        notebooks.add(new NotebookFile(source, NotebookFormat.JUPYTER));
        if (IN_PYTHON_TOO.contains(source.name())) {
          notebooks.add(new NotebookFile(source, NotebookFormat.ZEPPELIN_PYTHON));
        }
      }
    }
    // A note may be in one language alone.
    return notebooks.stream()
        .filter(
            notebook -> notebook.source().cells(notebook.format()).stream().anyMatch(Cell::isCode));
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void filesAreWhatTheirSourcesMake(NotebookFile notebook) throws IOException {
    String text = notebook.text(notebook.kept());
    if (isWriting()) {
      Files.writeString(notebook.path(), text);
    }
    assertThat(notebook.path())
        .as("made of its source: run tools/notebooks --text")
        .hasContent(text);
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void whatIsKeptIsOfTodaysCode(NotebookFile notebook) throws IOException {
    NotebookFile.Outputs kept = notebook.kept();
    assertThat(kept.hash())
        .as(
            "outputs of %s have grown old: run tools/notebooks %s",
            notebook.path(), notebook.source().name())
        .isEqualTo(notebook.hash());
    assertThat(kept.ofCode()).noneMatch(outputs -> outputs.isMissingNode());
    assertThat(Files.readString(notebook.path())).doesNotContain("/tmp/", "/home/", "/root/");
  }

  @Test
  void noNotebookIsWithoutSource() throws IOException {
    List<Path> made = notebooks().map(NotebookFile::path).toList();
    try (Stream<Path> files = Files.list(NotebookFile.FOLDER)) {
      assertThat(files.filter(file -> file.toString().matches(".*\\.(zpln|ipynb)")))
          .containsExactlyInAnyOrderElementsOf(made);
    }
  }
}
