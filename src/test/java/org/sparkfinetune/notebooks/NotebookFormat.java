package org.sparkfinetune.notebooks;

/** The kinds of file that a note's source is written as: what the lines of the source become. */
enum NotebookFormat {
  /** Zeppelin's, with paragraphs of its Spark interpreter. */
  ZEPPELIN_SCALA(".zpln", "scala", "%spark", "z.show(%s)", "println(\"%%html \" + %s)"),

  /** Zeppelin's, with paragraphs of PySpark. */
  ZEPPELIN_PYTHON(
      "_python.zpln", "python", "%pyspark", "z.show(%s)", "print(\"%%html \" + %s._repr_html_())"),

  /** Jupyter's, which Databricks imports. */
  JUPYTER(".ipynb", "python", "", "display(%s)", "display(%s)");

  private static final String TABLE = "@table ";
  private static final String BARS = "@bars ";
  private static final String HTML = "@html ";

  private final String ending;
  private final String language;
  private final String interpreter;
  private final String table;
  private final String html;

  NotebookFormat(String ending, String language, String interpreter, String table, String html) {
    this.ending = ending;
    this.language = language;
    this.interpreter = interpreter;
    this.table = table;
    this.html = html;
  }

  /** What its files' names end with. */
  String ending() {
    return ending;
  }

  /** The name of the language in the fences of a source. */
  String language() {
    return language;
  }

  /** The line in front of a paragraph of code; empty where there is none. */
  String interpreter() {
    return interpreter;
  }

  boolean isZeppelin() {
    return !interpreter.isEmpty();
  }

  /** Whether code shows a table that Zeppelin is to draw as bars. */
  static boolean hasBars(String source) {
    return source.lines().anyMatch(line -> line.startsWith(BARS));
  }

  /**
   * Code with each {@code @table}, {@code @bars} and {@code @html} as this kind of notebook has it.
   */
  String code(String source) {
    StringBuilder code = new StringBuilder();
    for (String line : source.split("\n", -1)) {
      if (line.startsWith(TABLE)) {
        code.append(table.formatted(line.substring(TABLE.length())));
      } else if (line.startsWith(BARS)) {
        code.append(table.formatted(line.substring(BARS.length())));
      } else if (line.startsWith(HTML)) {
        code.append(html.formatted(line.substring(HTML.length())));
      } else {
        code.append(line);
      }
      code.append('\n');
    }
    return code.toString().strip();
  }
}
