package org.sparkfinetune.python;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.sparkfinetune.BuildInfo;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierApproach;
import org.sparkfinetune.annotator.TransformerClassifierExplainer;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.PolledConsole;

/**
 * Writes the wheel: {@code PythonPackage ROOT CLASSES OUTPUT}, with the folder of the project, that
 * of its compiled classes, and that which the wheel goes to.
 */
public final class PythonPackage {
  private static final String ROOT = "org.sparkfinetune";
  private static final String NAME = "sparkfinetune";

  /** What Python has in another form, and so no twin of. */
  private static final Set<Class<?>> OTHERWISE =
      Set.of(
          TransformerClassifierApproach.class,
          TransformerClassifierModel.class,
          TransformerClassifierExplainer.class,
          UserException.class,
          Console.class,
          PolledConsole.class);

  private final Path root;
  private final List<Class<?>> classes;
  private final Set<Class<?>> known;
  private final JavaDocs docs;

  private PythonPackage(Path root, Path compiled) throws IOException {
    this.root = root;
    this.classes = publicApi(compiled);
    this.known = new HashSet<>(classes);
    known.add(TransformerClassifierApproach.class);
    known.add(TransformerClassifierModel.class);
    known.add(TransformerClassifierExplainer.class);
    List<Class<?>> documented = new ArrayList<>(classes);
    classes.stream().flatMap(PythonPackage::above).distinct().forEach(documented::add);
    documented.addAll(OTHERWISE);
    this.docs = JavaDocs.of(root.resolve("src/main/java"), documented);
  }

  public static void main(String[] args) throws IOException {
    write(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]));
  }

  /**
   * Writes the wheel in the place of others.
   *
   * @param root the folder of the project, whose sources are read
   * @param compiled the folder of its classes
   * @return the file
   */
  public static Path write(Path root, Path compiled, Path output) throws IOException {
    Wheel wheel = new PythonPackage(root, compiled).wheel();
    Files.createDirectories(output);
    try (Stream<Path> others = Files.list(output)) {
      for (Path other : others.filter(file -> file.toString().endsWith(".whl")).toList()) {
        Files.delete(other);
      }
    }
    return Files.write(output.resolve(wheel.fileName()), wheel.bytes());
  }

  private static List<Class<?>> publicApi(Path compiled) throws IOException {
    List<Class<?>> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(compiled.resolve(ROOT.replace('.', '/')))) {
      for (Path file : files.sorted().toList()) {
        String name = compiled.relativize(file).toString();
        if (!name.matches(".*/[A-Za-z]+\\.class")) {
          continue;
        }
        Class<?> type = load(name.replace('/', '.').replaceFirst("\\.class$", ""));
        // What an abstract class has, its subclasses have in Python.
        boolean isBase = Modifier.isAbstract(type.getModifiers()) && !type.isInterface();
        if (!isBase && !type.isAnnotation() && hasPublicApi(type) && !OTHERWISE.contains(type)) {
          found.add(type);
        }
      }
    }
    return found;
  }

  /** Those of this project's classes that a class extends. */
  private static Stream<Class<?>> above(Class<?> type) {
    return Stream.<Class<?>>iterate(
        type.getSuperclass(),
        above -> above != null && above.getName().startsWith(ROOT),
        Class::getSuperclass);
  }

  /** Whether a class is public API, or has some in it. */
  private static boolean hasPublicApi(Class<?> type) {
    return PythonTypes.isPublicApi(type)
        || Stream.of(type.getDeclaredClasses()).anyMatch(PythonTypes::isPublicApi);
  }

  private static Class<?> load(String name) {
    try {
      // Natives and Spark are not asked for.
      return Class.forName(name, false, PythonPackage.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private Wheel wheel() throws IOException {
    String version = BuildInfo.read().version();
    Wheel wheel = new Wheel(NAME, version.replace("-SNAPSHOT", ".dev0"), metadata());
    Path byHand = root.resolve("src/main/python");
    try (Stream<Path> files = Files.walk(byHand)) {
      for (Path file : files.filter(f -> f.toString().matches(".*(\\.py|py\\.typed)")).toList()) {
        wheel.add(byHand.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    wheel.add(wheel.info("LICENSE"), Files.readAllBytes(root.resolve("LICENSE")));
    wheel.add(NAME + "/java-options", Files.readAllBytes(root.resolve("conf/java-options")));
    wheel.add(
        NAME + "/_version.py",
        "JAVA_VERSION = %s\n__version__ = %s\n"
            .formatted(
                PythonNames.quoted(version),
                PythonNames.quoted(version.replace("-SNAPSHOT", ".dev0"))));
    modules().forEach(wheel::add);
    return wheel;
  }

  /** PySpark's pipelines need NumPy, which PySpark itself does not ask for. */
  private String metadata() throws IOException {
    return """
        Summary: Fine-tunes BERT-family text classifiers on Apache Spark, on the JVM alone
        License: Apache-2.0
        Requires-Python: >=3.8
        Requires-Dist: spark-nlp==%s
        Requires-Dist: numpy>=1.15
        Provides-Extra: spark
        Requires-Dist: pyspark<3.6,>=3.5; extra == "spark"
        Description-Content-Type: text/markdown

        %s"""
        .formatted(sparkNlpVersion(), Files.readString(root.resolve("docs/python.md")));
  }

  /** That of the jar, as the project names it. */
  private String sparkNlpVersion() throws IOException {
    String pom = Files.readString(root.resolve("pom.xml"));
    Matcher version = Pattern.compile("<spark-nlp.version>(.+?)</spark-nlp.version>").matcher(pom);
    if (!version.find()) {
      throw new IllegalStateException("pom.xml has no spark-nlp.version");
    }
    return version.group(1);
  }

  /** The generated modules by path. */
  private SortedMap<String, String> modules() {
    SortedMap<String, List<Class<?>>> byPackage = new TreeMap<>();
    classes.forEach(
        type ->
            byPackage.computeIfAbsent(type.getPackageName(), name -> new ArrayList<>()).add(type));
    SortedMap<String, String> modules = new TreeMap<>();
    byPackage.forEach(
        (name, types) -> {
          PythonTypes hints = new PythonTypes(known);
          LibraryModule library = new LibraryModule(types, hints, docs);
          boolean isAnnotator = name.endsWith(".annotator");
          modules.put(
              path(name, byPackage),
              isAnnotator
                  ? annotators(library, hints, types)
                  : library.module("``" + name + "`` of Java."));
        });
    // A folder of modules is a package by its __init__.py alone.
    Set<String> folders = new HashSet<>();
    modules.keySet().forEach(path -> folders.add(path.substring(0, path.lastIndexOf('/'))));
    folders.remove(NAME);
    folders.forEach(folder -> modules.putIfAbsent(folder + "/__init__.py", ""));
    return modules;
  }

  private static String path(String name, Map<String, ?> all) {
    String path = name.replace(ROOT, NAME).replace('.', '/');
    boolean isFolder = all.keySet().stream().anyMatch(other -> other.startsWith(name + "."));
    return path + (isFolder ? "/__init__.py" : ".py");
  }

  private String annotators(LibraryModule library, PythonTypes hints, List<Class<?>> types) {
    TransformerClassifierApproach approach = new TransformerClassifierApproach("uid");
    TransformerClassifierModel model = new TransformerClassifierModel("uid");
    TransformerClassifierExplainer explainer = new TransformerClassifierExplainer("uid");
    List<Class<?>> own = new ArrayList<>(types);
    own.add(TransformerClassifierApproach.class);
    own.add(TransformerClassifierModel.class);
    own.add(TransformerClassifierExplainer.class);
    return "# Generated from the Params of Java: see src/main/python/README.md\n"
        + "\"\"\"The annotators of spark-finetune.\"\"\"\n"
        + LibraryModule.imports(hints, own, Set.of())
        + """
        from pyspark.ml.param import Param, Params, TypeConverters

        from sparkfinetune._stages import ApproachBase, ExplainerBase, ModelBase, to_float_or_auto
        """
        + library.body()
        + new StageModule(approach, docs).body("ApproachBase")
        + new StageModule(model, docs).body("ModelBase")
        + new StageModule(explainer, docs).body("ExplainerBase");
  }
}
