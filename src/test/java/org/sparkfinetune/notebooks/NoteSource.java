package org.sparkfinetune.notebooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one text that a note's files are made of: Markdown, with the same steps in Scala and in
 * Python behind each other.
 */
record NoteSource(String name, String text) {
  private static final Pattern CODE = Pattern.compile("(?ms)^```(scala|python)\\n(.*?)^```$");
  private static final String ENDING = ".md";

  /**
   * A paragraph, of text or of code.
   *
   * @param hasBars whether the table that it shows is to be drawn as bars
   */
  record Cell(boolean isCode, String text, boolean hasBars) {}

  static NoteSource read(Path file) throws IOException {
    String name = file.getFileName().toString();
    return new NoteSource(
        name.substring(0, name.length() - ENDING.length()), Files.readString(file));
  }

  /** The first heading. */
  String title() {
    return text.lines().findFirst().orElseThrow().replaceFirst("^# ", "");
  }

  /** The paragraphs of a notebook: what it has no code between is one paragraph of text. */
  List<Cell> cells(NotebookFormat format) {
    List<Cell> cells = new ArrayList<>();
    StringBuilder prose = new StringBuilder();
    Matcher code = CODE.matcher(text);
    int from = 0;
    while (code.find()) {
      prose.append(text, from, code.start());
      from = code.end();
      if (code.group(1).equals(format.language())) {
        addProse(cells, prose);
        cells.add(
            new Cell(true, format.code(code.group(2)), NotebookFormat.hasBars(code.group(2))));
      }
    }
    addProse(cells, prose.append(text.substring(from)));
    return cells;
  }

  private static void addProse(List<Cell> cells, StringBuilder prose) {
    String text = prose.toString().strip().replaceAll("\n{3,}", "\n\n");
    if (!text.isEmpty()) {
      cells.add(new Cell(false, text, false));
    }
    prose.setLength(0);
  }
}
