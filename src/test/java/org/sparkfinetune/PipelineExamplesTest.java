package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.tools.nsc.MainClass;

/**
 * The examples of the libraries in docs/pipeline.md, in Java and in Scala, compiled and run as they
 * stand there, in a JVM whose {@code minilm-l6} is a {@link SmallBundle}.
 */
@Tag("slow")
class PipelineExamplesTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```(java|scala)\\n(.*?)^```$");
  private static final Pattern IMPORT = Pattern.compile("(?m)^import [^\\n]*;\\n");
  private static final String CLASS = "Example";
  private static final String SCALA = "scala";

  /** An example, and the language that it is in. */
  private record Example(String language, String text) {}

  @TempDir Path folder;

  /** Those of the chapter, in their order: what one writes a later one reads. */
  private static List<Example> examples() throws IOException {
    String text = Files.readString(Path.of("docs/pipeline.md"));
    int begin = text.indexOf("\n## The libraries\n");
    int end = text.indexOf("\n## ", begin + 1);
    assertThat(begin).isPositive();
    assertThat(end).isGreaterThan(begin);
    List<Example> examples = new ArrayList<>();
    Matcher matcher = EXAMPLE.matcher(text.substring(begin, end));
    while (matcher.find()) {
      examples.add(new Example(matcher.group(1), matcher.group(2)));
    }
    return examples;
  }

  /** An example as a class whose method does what it says. */
  private String source(Example example, int number) {
    String source =
        example.language().equals(SCALA)
            ? "object %s%d { def run(spark: org.apache.spark.sql.SparkSession): Unit = {%n%s} }%n"
                .formatted(CLASS, number, example.text())
            : javaSource(example.text(), number);
    // Its files lie where the test may write.
    return source.replaceAll("\"(runs|exports|[a-z]+\\.csv)", "\"" + folder + "/$1");
  }

  private static String javaSource(String example, int number) {
    StringBuilder source = new StringBuilder();
    source.append("import java.util.*;\n");
    source.append("import org.apache.spark.sql.*;\n");
    Matcher imports = IMPORT.matcher(example);
    while (imports.find()) {
      source.append(imports.group());
    }
    source.append("public class ").append(CLASS).append(number).append(" {\n");
    source.append("public static void run(SparkSession spark) throws Exception {\n");
    source.append(imports.replaceAll(""));
    source.append("}\n}\n");
    return source.toString();
  }

  private void compile(List<Path> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none",
              "-classpath",
              System.getProperty("java.class.path"),
              "-d",
              folder.toString());
      boolean compiled =
          compiler
              .getTask(
                  messages, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
              .call();
      assertThat(compiled).as(messages.toString()).isTrue();
    }
  }

  private void compileScala(List<Path> sources) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-deprecation",
                "-Xfatal-warnings",
                "-classpath",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString()));
    sources.forEach(source -> arguments.add(source.toString()));
    // It prints what it has to say of them.
    assertThat(new MainClass().process(arguments.toArray(String[]::new))).isTrue();
  }

  private void rows(String name, int from, int count) throws IOException {
    String[] words = {"refund my money", "my parcel is late", "password does not work"};
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = from; i < from + count; i++) {
      int label = i % words.length;
      csv.append(words[label]).append(' ').append(i).append(",label ").append(label).append('\n');
    }
    Files.writeString(folder.resolve(name), csv);
  }

  @Test
  void theExamplesCompileAndRun() throws Exception {
    rows("train.csv", 0, 60);
    rows("test.csv", 60, 9);
    rows("new.csv", 69, 6);
    List<Example> examples = examples();
    assertThat(examples).hasSizeGreaterThanOrEqualTo(10);
    Map<String, List<Path>> sources = new TreeMap<>();
    for (int i = 0; i < examples.size(); i++) {
      String language = examples.get(i).language();
      Path file = folder.resolve(CLASS + i + "." + language);
      sources
          .computeIfAbsent(language, key -> new ArrayList<>())
          .add(Files.writeString(file, source(examples.get(i), i)));
    }
    compile(sources.get("java"));
    compileScala(sources.get(SCALA));

    Path small = SmallBundle.writeEntry(folder.resolve("small"));
    ChildJvm.run(
        PipelineExamplesMain.class,
        Stream.concat(ChildJvm.SHORT_LIVED.stream(), Stream.of("-Xmx2g")).toList(),
        IntStream.range(0, examples.size()).mapToObj(i -> CLASS + i).toList(),
        Map.of(
            "CLASSPATH",
            SmallBundle.before(small) + File.pathSeparator + folder,
            "SPARK_LOCAL_IP",
            "127.0.0.1"),
        folder);

    assertThat(folder.resolve("runs/first/report.html")).exists();
    assertThat(folder.resolve("runs/second/report.html")).exists();
    assertThat(folder.resolve("runs/quickstart/data/train.csv")).exists();
    assertThat(folder.resolve("runs/study/best.conf")).exists();
    assertThat(folder.resolve("runs/objective/study.json")).exists();
    assertThat(folder.resolve("exports/onnx/model.onnx")).exists();
  }
}
