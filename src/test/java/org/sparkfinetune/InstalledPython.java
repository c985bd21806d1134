package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sparkfinetune.python.PythonPackage;

/** The wheel, installed beside PySpark and Spark NLP, and a jar for its sessions. */
public final class InstalledPython {
  private static final String ENVIRONMENT = "pyspark";
  private static final Duration LIMIT = Duration.ofMinutes(20);

  private final Path folder;

  private InstalledPython(Path folder) {
    this.folder = folder;
  }

  /** Makes the wheel and installs it below a folder, or has the test not run without Python. */
  public static InstalledPython in(Path folder) throws Exception {
    return in(folder, List.of());
  }

  /**
   * As {@link #in(Path)}.
   *
   * @param first folders that come before the tests' class path in that of the sessions
   */
  public static InstalledPython in(Path folder, List<Path> first) throws Exception {
    InstalledPython python = new InstalledPython(folder);
    Path wheel =
        PythonPackage.write(Path.of("."), Path.of("target/classes"), folder.resolve("wheel"));
    python.run(
        Map.of(),
        "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        python.site(),
        wheel.toString());
    python.writeClassPath(first);
    return python;
  }

  /** Runs a program of the environment, which must end well, and prints what it did. */
  public void run(Map<String, String> variables, String... command) throws Exception {
    Path output = folder.resolve("output.txt");
    assertThat(start(variables, output, command))
        .as("%s%n%s", String.join(" ", command), Files.readString(output))
        .isZero();
    System.out.println(Files.readString(output));
  }

  /** What a program prints, however it ends. */
  public String output(String... command) throws Exception {
    Path output = folder.resolve("output.txt");
    start(Map.of(), output, command);
    return Files.readString(output);
  }

  /** Where its programs run. */
  public Path work() throws IOException {
    return Files.createDirectories(folder.resolve("work"));
  }

  private int start(Map<String, String> more, Path output, String... command) throws Exception {
    return ServerEnvironment.run(
        ENVIRONMENT,
        work(),
        output,
        List.of(command),
        LIMIT,
        variables -> {
          set(variables);
          variables.putAll(more);
        });
  }

  private String site() {
    return folder.resolve("site").toString();
  }

  private void set(Map<String, String> variables) {
    variables.remove("SPARK_HOME");
    variables.remove("SPARK_CONF_DIR");
    variables.put("JAVA_HOME", System.getProperty("java.home"));
    variables.put("PYTHONPATH", site());
    variables.put("MYPYPATH", site());
    variables.put("PYTHONDONTWRITEBYTECODE", "1");
    variables.put("SPARK_LOCAL_IP", "127.0.0.1");
    // Of drivers, and of executors, which PySpark leaves to the second compiler.
    variables.put("JDK_JAVA_OPTIONS", String.join(" ", ChildJvm.SHORT_LIVED));
    variables.put("SPARK_FINETUNE_JAR", classPath().toString());
  }

  private Path classPath() {
    return folder.resolve("class-path.jar");
  }

  /**
   * A jar that names the class path, in the place of one of 500 MB that has it: without what
   * PySpark brings, as that is.
   */
  private void writeClassPath(List<Path> first) throws Exception {
    String pyspark = output("python", "-c", "import pyspark; print(pyspark.__path__[0])").strip();
    Set<String> ofSpark;
    try (Stream<Path> jars = Files.list(Path.of(pyspark, "jars"))) {
      ofSpark = jars.map(InstalledPython::artifact).collect(Collectors.toSet());
    }
    List<URL> entries =
        Stream.concat(
                first.stream(),
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(Path::of))
            .filter(entry -> !entry.endsWith("test-classes") && !ofSpark.contains(artifact(entry)))
            .map(InstalledPython::url)
            .toList();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            entries.stream().map(URL::toString).collect(Collectors.joining(" ")));
    try (OutputStream out = Files.newOutputStream(classPath())) {
      new JarOutputStream(out, manifest).close();
    }
  }

  /** A jar's name without its version. */
  private static String artifact(Path jar) {
    return jar.getFileName().toString().replaceFirst("-[0-9][^/]*\\.jar$", "");
  }

  private static URL url(Path entry) {
    try {
      return entry.toAbsolutePath().toUri().toURL();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
