package org.sparkfinetune.notebooks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.repl.SparkILoop;
import org.apache.spark.sql.SparkSession;
import scala.Console;
import scala.Option;
import scala.collection.immutable.List$;
import scala.tools.nsc.Settings;
import scala.tools.nsc.interpreter.IMain;

/**
 * Runs the Scala paragraphs of Zeppelin notes in Spark's own shell, as Zeppelin's Spark interpreter
 * does: line by line, where one that begins with a dot belongs to that before.
 */
public final class ZeppelinScala implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String INTERPRETER = "%spark\n";

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
  private final IMain shell;

  private ZeppelinScala(Path classes) {
    Settings settings = new Settings();
    settings.processArgumentString("-usejavacp -Yrepl-class-based -Yrepl-outdir " + classes);
    SparkILoop loop =
        new SparkILoop(Option.empty(), new PrintWriter(out, true, StandardCharsets.UTF_8));
    loop.settings_$eq(settings);
    loop.createInterpreter();
    shell = loop.intp();
    shell.initializeSynchronous();
  }

  /**
   * Runs notes behind each other, in one session, and writes what each of their Scala paragraphs
   * printed; of a note that fails, why.
   *
   * @param arguments the file to write, a folder for classes, and the notes
   */
  public static void main(String[] arguments) {
    int code = 0;
    try {
      run(
          Path.of(arguments[0]),
          Files.createDirectories(Path.of(arguments[1])),
          List.of(arguments).subList(2, arguments.length));
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      code = 1;
    }
    // Spark's timer of barrier stages would keep the process.
    System.exit(code);
  }

  private static void run(Path outputs, Path classes, List<String> notes) throws IOException {
    ObjectNode results = JSON.createObjectNode();
    try (SparkSession spark =
            SparkSession.builder()
                .master("local[2]")
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.repl.class.outputDir", classes.toString())
                .getOrCreate();
        ZeppelinScala interpreter = new ZeppelinScala(classes)) {
      for (String note : notes) {
        interpreter.begin(results.size(), spark);
        ObjectNode result = results.putObject(note);
        ArrayNode printed = result.putArray("outputs");
        try {
          for (JsonNode paragraph : JSON.readTree(Path.of(note).toFile()).path("paragraphs")) {
            String text = paragraph.path("text").asText();
            if (text.startsWith(INTERPRETER)) {
              printed.add(interpreter.run(text.substring(INTERPRETER.length())));
            }
          }
        } catch (IllegalStateException e) {
          result.put("error", e.getMessage());
        }
      }
    }
    JSON.writeValue(outputs.toFile(), results);
  }

  /** Forgets what earlier notes have defined: each must do without. */
  private void begin(int note, SparkSession spark) {
    // Executors keep classes by their names, which begin anew after a reset.
    System.setProperty("scala.repl.name.line", "$line" + note + "_");
    shell.reset();
    bind("spark", "org.apache.spark.sql.SparkSession", spark);
    bind("z", ZeppelinContext.class.getName(), new ZeppelinContext());
  }

  private void bind(String name, String type, Object value) {
    shell.beQuietDuring(() -> shell.bind(name, type, value, List$.MODULE$.<String>empty()));
  }

  private JsonNode run(String paragraph) {
    printed.reset();
    PrintStream before = System.out;
    System.setOut(out);
    try {
      Console.withOut(out, () -> runLines(paragraph));
    } finally {
      System.setOut(before);
    }
    return ZeppelinOutput.messages(printed.toString(StandardCharsets.UTF_8));
  }

  private boolean runLines(String paragraph) {
    String[] lines = paragraph.split("\n");
    String open = "";
    for (int i = 0; i < lines.length; i++) {
      open = open.isEmpty() ? lines[i] : open + "\n" + lines[i];
      boolean goesOn = i + 1 < lines.length && lines[i + 1].strip().startsWith(".");
      if (!open.isBlank() && !goesOn) {
        String how = shell.interpret(open).toString();
        if (how.equals("Error")) {
          throw new IllegalStateException("%s%n%s".formatted(open, printedSoFar()));
        }
        open = how.equals("Incomplete") ? open : "";
      }
    }
    if (!open.isBlank()) {
      throw new IllegalStateException("this does not end:%n%s".formatted(open));
    }
    return true;
  }

  private String printedSoFar() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    shell.close();
  }
}
