package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;

/**
 * The wheel, installed, beside PySpark and Spark NLP: {@code src/test/python} with pytest, and its
 * types with mypy.
 */
@Tag("slow")
class PythonApiTest {
  /** What types have that Python has in other ways, or for itself. */
  private static final Set<String> SETTERS_ALONE =
      Set.of(
          "TransformerClassifierApproach",
          "TransformerClassifierModel",
          "TransformerClassifierExplainer");

  @TempDir static Path folder;

  private static InstalledPython python;

  @BeforeAll
  static void install() throws Exception {
    python = InstalledPython.in(folder);
  }

  @Test
  void pythonsTestsPass() throws Exception {
    writeBase();
    new ObjectMapper().writeValue(members().toFile(), publicMembers());
    python.run(
        Map.of(
            "SPARK_FINETUNE_TEST_BASE",
            base().toString(),
            "SPARK_FINETUNE_TEST_MEMBERS",
            members().toString()),
        "python",
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "--durations=10",
        Path.of("src/test/python").toAbsolutePath().toString());
  }

  @Test
  void typesAreStrict() throws Exception {
    python.run(
        Map.of(),
        "python",
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        cache(),
        "-p",
        "sparkfinetune");
    Path program = folder.resolve("program.py");
    Files.writeString(
        program,
        """
        from sparkfinetune import FineTuning, TransformerClassifierApproach

        rate: str = TransformerClassifierApproach(learning_rate=1e-4).getLearningRate()
        TransformerClassifierApproach(learningrate=1e-4)
        run: int = FineTuning.on().set("model.base", "minilm-l6").run().metrics()
        """);
    assertThat(
            python.output(
                "python", "-m", "mypy", "--strict", "--cache-dir", cache(), program.toString()))
        .contains("expression has type \"float\", variable has type \"str\"")
        .contains("Unexpected keyword argument \"learningrate\"")
        .contains("expression has type \"dict[str, float]\", variable has type \"int\"")
        .contains("Found 3 errors");
  }

  private static String cache() {
    return folder.resolve("mypy").toString();
  }

  private static Path base() {
    return folder.resolve("base");
  }

  private static Path members() {
    return folder.resolve("members.json");
  }

  private static void writeBase() throws IOException {
    ModelFiles files = TestModels.tiny();
    HuggingFaceFolder.write(
        files,
        ModelConfig.parse(files.config()).inputs(),
        new org.apache.hadoop.fs.Path(base().toUri()),
        new Configuration(false));
  }

  /** The public methods of public API by class: of annotators, their setters. */
  private static Map<String, Set<String>> publicMembers() throws Exception {
    Map<String, Set<String>> members = new TreeMap<>();
    Path classes = Path.of("target/classes");
    try (Stream<Path> files = Files.walk(classes.resolve("org/sparkfinetune"))) {
      for (Path file : files.filter(f -> f.toString().matches(".*/[A-Za-z]+\\.class")).toList()) {
        String name = classes.relativize(file).toString().replace('/', '.');
        Class<?> type =
            Class.forName(
                name.substring(0, name.length() - ".class".length()),
                false,
                PythonApiTest.class.getClassLoader());
        if (isPublicApi(type) && !IN_ANOTHER_FORM.contains(type.getSimpleName())) {
          members.put(type.getName(), methods(type));
        }
      }
    }
    return members;
  }

  /** Also of what it extends, an abstract class has no twin. */
  private static boolean isPublicApi(Class<?> type) {
    return type.isAnnotationPresent(PublicApi.class)
        && !type.isAnnotation()
        && (type.isInterface() || !Modifier.isAbstract(type.getModifiers()));
  }

  /** An exception of Python's own, and what prints. */
  private static final Set<String> IN_ANOTHER_FORM =
      Set.of("UserException", "Console", "PolledConsole");

  private static Set<String> methods(Class<?> type) {
    boolean settersAlone = SETTERS_ALONE.contains(type.getSimpleName());
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass().getName().startsWith("org.sparkfinetune."))
        .filter(method -> !method.isSynthetic())
        .filter(method -> !settersAlone || isSetter(method))
        .map(Method::getName)
        .filter(
            name -> !Set.of("toString", "equals", "hashCode", "values", "valueOf").contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isSetter(Method method) {
    return method.getName().startsWith("set") && !Modifier.isStatic(method.getModifiers());
  }
}
