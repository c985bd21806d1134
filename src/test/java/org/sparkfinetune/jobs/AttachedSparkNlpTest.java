package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestMachine;

/**
 * Jobs in JVMs of their own, beside a Spark NLP that a cluster has attached: what the slim jar
 * holds, before and behind Spark NLP with a TensorFlow and a JavaCPP of the generation that Spark
 * NLP's own have.
 */
@Tag("slow")
class AttachedSparkNlpTest {
  private static final Path ATTACHED = Path.of("target/attached").toAbsolutePath();
  private static final List<String> OURS =
      classPath()
          .filter(entry -> !isOf(entry, "spark-nlp") && !isOf(entry, "onnxruntime"))
          .filter(entry -> !entry.contains("/org/tensorflow/"))
          .toList();
  private static final List<String> SPARK_NLP =
      classPath().filter(entry -> isOf(entry, "spark-nlp") || isOf(entry, "onnxruntime")).toList();

  @TempDir Path folder;

  @BeforeEach
  void writeRows() throws IOException {
    StringBuilder rows = new StringBuilder("text,label\n");
    for (int i = 0; i < 24; i++) {
      rows.append(i % 2 == 0 ? "where is my parcel " : "give me my money back ")
          .append(i)
          .append(i % 2 == 0 ? ",delivery\n" : ",refund\n");
    }
    Files.writeString(folder.resolve("rows.csv"), rows);
  }

  @Test
  void worksBeforeAnAttachedSparkNlp() throws Exception {
    String both = path(List.of(OURS, SPARK_NLP, tensorFlow()));
    trainsAndPredicts(both);

    // And theirs works with our JavaCPP.
    String output =
        ChildJvm.run(
            AttachedTensorFlowMain.class, List.of(), List.of(), Map.of("CLASSPATH", both), folder);
    assertThat(output).contains("libtorch 4.0, TensorFlow 2.7.0");
  }

  @Test
  void worksBehindAnAttachedSparkNlpThatBringsNoJavaCpp() throws Exception {
    trainsAndPredicts(path(List.of(SPARK_NLP, OURS)));
  }

  @Test
  void isRefusedBehindAnOlderJavaCpp() throws Exception {
    String behind = path(List.of(SPARK_NLP, tensorFlow(), OURS));
    assertThat(job(behind, "fine-tune", "data.train=rows.csv", "output=out"))
        .isEqualTo(
            """
            2: fine-tune: this process has loaded JavaCPP 1.5.6, of javacpp-1.5.6.jar, and libtorch\
             needs JavaCPP 1.5.13: put spark-finetune's slim jar before the attached Spark NLP\
             (spark.driver.extraClassPath and spark.executor.extraClassPath)
            """);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void saysThatTheSlimJarWantsASparkNlp() throws Exception {
    assertThat(job(path(List.of(OURS)), "fine-tune", "data.train=rows.csv", "output=out"))
        .isEqualTo(
            """
            2: fine-tune: there is no Spark NLP on the class path: the slim jar wants one of version\
             5.5 attached behind it; the cluster jar has it
            """);
  }

  private void trainsAndPredicts(String classPath) throws Exception {
    String base =
        Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
            .toAbsolutePath()
            .toString();
    String training =
        job(
            classPath,
            "fine-tune",
            "data.train=rows.csv",
            "model.base=" + base,
            "model.max_length=16",
            "training.num_train_epochs=1",
            "output=out");
    assertThat(training).startsWith("0: ");
    String prediction =
        job(classPath, "predict", "model=out/model", "data.input=rows.csv", "output=predictions");
    assertThat(prediction).startsWith("0: ");
    assertThat(folder.resolve("predictions")).isNotEmptyDirectory();
  }

  /** The exit code and what is printed. */
  private String job(String classPath, String... arguments) throws Exception {
    List<String> all =
        Stream.concat(Arrays.stream(arguments), Stream.of("spark.master=local[1]")).toList();
    try (ChildJvm child =
        ChildJvm.start(
            arguments[0],
            Main.class,
            List.of("-Dspark-finetune.scripts=jobs"),
            all,
            Map.of("CLASSPATH", classPath),
            folder)) {
      int code = child.awaitEnd(Duration.ofMinutes(5));
      return code + ": " + child.output();
    }
  }

  private static List<String> tensorFlow() throws IOException {
    TestMachine.require(
        Files.isDirectory(ATTACHED), ATTACHED + ": mvn -Pattached generate-test-resources");
    try (Stream<Path> jars = Files.list(ATTACHED)) {
      return jars.map(Path::toString).sorted().toList();
    }
  }

  private static Stream<String> classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
  }

  /** Whether a jar is one of an artifact that is called so. */
  private static boolean isOf(String entry, String artifact) {
    return Path.of(entry).getFileName().toString().startsWith(artifact);
  }

  private static String path(List<List<String>> parts) {
    return String.join(File.pathSeparator, parts.stream().flatMap(List::stream).toList());
  }
}
