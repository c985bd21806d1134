package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which Spark the scripts choose: Java and spark-submit are scripts that print their arguments. */
@Tag("slow")
class JobScriptsTest {
  private record Outcome(int code, String output) {}

  @TempDir Path folder;

  @BeforeEach
  void buildsNothing() throws IOException {
    FileUtils.copyDirectory(Path.of("jobs").toFile(), folder.resolve("jobs").toFile());
    write("conf/java-options", "");
    write("pom.xml", "");
    Files.createDirectories(folder.resolve("src/main"));
    write("target/classpath.txt", "a.jar:b.jar");
    write("target/spark-finetune-1-cluster.jar", "");
    java("17.0.9");
  }

  @Test
  void runsOnMavensSparkWithTheUsersJars() throws Exception {
    Outcome plain = predict(Map.of());
    assertThat(plain.code()).isZero();
    assertThat(plain.output())
        .startsWith("java -Xmx")
        .contains("-cp a.jar:b.jar:")
        .contains("/target/classes org.sparkfinetune.jobs.Main predict model=m")
        .doesNotContain("SharedArchiveFile");
    assertThat(predict(Map.of("SPARK_FINETUNE_CLASSPATH", "mine.jar:more")).output())
        .contains("/target/classes:mine.jar:more org.sparkfinetune.jobs.Main");
  }

  @Test
  void classesThatAreKeptAreUsed() throws Exception {
    write("target/classes.jsa", "");
    assertThat(predict(Map.of()).output())
        .contains("-XX:SharedArchiveFile=" + folder.toRealPath() + "/target/classes.jsa");
  }

  @Test
  void anotherSparkOnThePathIsRefusedAndCanBePassedBy() throws Exception {
    spark("spark", "2.13-4.0.0");
    Outcome refused = predict(Map.of("PATH", path("spark/bin")));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.output())
        .isEqualTo(
            "predict: "
                + folder.resolve("spark/bin/spark-submit")
                + " is of Spark 4.0.0 with Scala 2.13: expected Spark 3.5 with Scala 2.12; set"
                + " SPARK_HOME to one, or SPARK_FINETUNE_SPARK=maven to run on Maven's Spark\n");
    assertThat(predict(Map.of("SPARK_HOME", folder.resolve("spark").toString())).code())
        .isEqualTo(2);

    Outcome maven = predict(Map.of("PATH", path("spark/bin"), "SPARK_FINETUNE_SPARK", "maven"));
    assertThat(maven.code()).isZero();
    assertThat(maven.output()).startsWith("java -Xmx");
  }

  @Test
  void sparkAsPipInstallsItIsLookedAtToo() throws Exception {
    write("venv/lib/python3.11/site-packages/pyspark/jars/spark-core_2.13-4.0.1.jar", "");
    script("venv/bin/spark-submit", "echo spark-submit \"$@\"");
    assertThat(predict(Map.of("PATH", path("venv/bin"))).output())
        .contains("is of Spark 4.0.1 with Scala 2.13: expected Spark 3.5");
  }

  @Test
  void runsOnASparkThatFits() throws Exception {
    spark("spark", "2.12-3.5.1-amzn-0");
    Outcome outcome = predict(Map.of("SPARK_HOME", folder.resolve("spark").toString()));
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output())
        .startsWith("spark-submit ")
        .contains("cluster.jar predict model=m");
  }

  @Test
  void anUnpackedBundleRunsOnWhatItHas() throws Exception {
    Files.delete(folder.resolve("pom.xml"));
    FileUtils.deleteDirectory(folder.resolve("src").toFile());
    FileUtils.deleteDirectory(folder.resolve("target").toFile());
    write("lib/spark-finetune-1-cluster.jar", "");
    script("java/bin/java", "[[ $1 = -version ]] || echo packed java \"$@\"");
    Map<String, String> noJava = Map.of("JAVA_HOME", "");

    Outcome none = predict(noJava);
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.output()).startsWith("predict: this bundle has no Spark: set SPARK_HOME");

    write("spark/jars/spark-core_2.12-3.5.7.jar", "");
    assertThat(predict(noJava).output())
        .startsWith("packed java -Xmx")
        .contains(
            "-cp "
                + folder.resolve("lib/spark-finetune-1-cluster.jar")
                + ":"
                + folder.resolve("spark/jars/*")
                + " org.sparkfinetune.jobs.Main predict model=m");

    spark("spark", "2.12-3.5.7");
    assertThat(predict(noJava).output())
        .startsWith("spark-submit ")
        .contains("lib/spark-finetune-1-cluster.jar predict model=m");
  }

  @Test
  void runsThroughLinks() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("my bin"));
    Files.createSymbolicLink(bin.resolve("direct"), folder.resolve("jobs/predict"));
    Files.createSymbolicLink(bin.resolve("relative"), Path.of("../jobs/predict"));
    Files.createSymbolicLink(folder.resolve("twice"), Path.of("my bin/relative"));
    for (String link : new String[] {"my bin/direct", "my bin/relative", "twice"}) {
      Outcome outcome = run(folder.resolve(link), Map.of());
      assertThat(outcome.output())
          .contains("/target/classes org.sparkfinetune.jobs.Main")
          .contains(" predict model=m");
      assertThat(outcome.code()).isZero();
    }
  }

  @Test
  void readsNamesAsUtf8InTheLocaleOfContainers() throws Exception {
    script("jdk/bin/java", "[[ $1 = -version ]] || echo \"LC_ALL=$LC_ALL\"");
    assertThat(predict(Map.of("LC_ALL", "C")).output()).matches("LC_ALL=.*(UTF-8|utf8)\n");
    assertThat(predict(Map.of("LC_ALL", "C.UTF-8")).output()).isEqualTo("LC_ALL=C.UTF-8\n");
  }

  @Test
  void logsAreTheUsersAlone() throws Exception {
    Path logs = folder.resolve("logs of mine");
    Outcome outcome = predict(Map.of("SPARK_FINETUNE_LOGS", logs.toString()));
    assertThat(outcome.output())
        .contains("-Dspark-finetune.log.file=" + logs + "/predict-")
        .contains("-Dspark-finetune.log.permissions=rw-------");
    assertThat(Files.getPosixFilePermissions(logs))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    Path file = Files.createFile(folder.resolve("a file"));
    Outcome refused = predict(Map.of("SPARK_FINETUNE_LOGS", file.resolve("x").toString()));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.output())
        .isEqualTo(
            "predict: SPARK_FINETUNE_LOGS="
                + file
                + "/x cannot be written to: name another folder\n");
  }

  @Test
  void saysWhichJavaItTakes() throws Exception {
    java("11.0.2");
    assertThat(predict(Map.of()))
        .isEqualTo(
            new Outcome(
                2,
                "predict: "
                    + folder.resolve("jdk/bin/java")
                    + " is Java 11: expected 17 or later; set JAVA_HOME to a JDK 17\n"));
    java("1.8.0_292");
    assertThat(predict(Map.of()).output()).contains(" is Java 8: ");
    Outcome none = predict(Map.of("JAVA_HOME", folder.resolve("none").toString()));
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.output()).contains("there is no " + folder.resolve("none/bin/java"));
  }

  @Test
  void aSparkThatNamesItsJavaNeedsNoneOfOurs() throws Exception {
    spark("spark", "2.12-3.5.1");
    Map<String, String> onSpark = Map.of("SPARK_HOME", folder.resolve("spark").toString());
    java("11.0.2");
    assertThat(predict(onSpark).output()).contains(" is Java 11: expected 17 or later");
    write("spark/conf/spark-env.sh", "export JAVA_HOME=/usr/lib/jvm/17\n");
    assertThat(predict(onSpark).output()).startsWith("spark-submit ");
  }

  @Test
  void refusesASparkThatItDoesNotKnow() throws Exception {
    Outcome outcome = predict(Map.of("SPARK_FINETUNE_SPARK", "pip"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output())
        .isEqualTo(
            "predict: SPARK_FINETUNE_SPARK=pip is not allowed: expected maven; for another Spark,"
                + " set SPARK_HOME\n");
  }

  private Outcome predict(Map<String, String> environment) throws Exception {
    return run(folder.resolve("jobs/predict"), environment);
  }

  private Outcome run(Path script, Map<String, String> environment) throws Exception {
    ProcessBuilder process =
        new ProcessBuilder(script.toString(), "model=m").redirectErrorStream(true);
    process.environment().keySet().removeIf(key -> key.startsWith("SPARK_"));
    process.environment().put("PATH", "/usr/bin:/bin");
    process.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    process.environment().putAll(environment);
    Process started = process.start();
    String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(started.waitFor(), output);
  }

  private String path(String bin) {
    return folder.resolve(bin) + ":/usr/bin:/bin";
  }

  private void spark(String home, String version) throws IOException {
    write(home + "/jars/spark-core_" + version + ".jar", "");
    script(home + "/bin/spark-submit", "echo spark-submit \"$@\"");
  }

  private void java(String version) throws IOException {
    script(
        "jdk/bin/java",
        "if [[ $1 = -version ]]; then echo 'openjdk version \"%s\" 2024-01-01' >&2; else echo java \"$@\"; fi"
            .formatted(version));
  }

  private void script(String name, String line) throws IOException {
    write(name, "#!/usr/bin/env bash\n" + line + "\n");
    assertThat(folder.resolve(name).toFile().setExecutable(true)).isTrue();
  }

  private void write(String name, String text) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.writeString(folder.resolve(name), text);
  }
}
