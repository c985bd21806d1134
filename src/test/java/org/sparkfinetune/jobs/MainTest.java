package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main class in a JVM of its own, as the scripts run it. */
@Tag("slow")
class MainTest {
  private record Outcome(int code, String out, String err) {}

  @TempDir Path folder;

  @Test
  void unknownKeyIsOneLineAndExitCode2() throws Exception {
    Outcome outcome = main("fine-tune", "data.trian=x.csv", "output=out");

    assertThat(outcome.err())
        .isEqualTo("fine-tune: unknown key data.trian: did you mean data.train?\n");
    assertThat(outcome).extracting(Outcome::code, Outcome::out).containsExactly(2, "");
  }

  @Test
  void unknownOptionAndJobAreExitCode2() throws Exception {
    Outcome option = main("predict", "--cnof", "x.conf");
    assertThat(option.code()).isEqualTo(2);
    assertThat(option.err().lines()).hasSize(1);
    assertThat(option.err()).startsWith("predict: Unknown option: '--cnof'");

    Outcome none = main();
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err())
        .isEqualTo(
            "spark-finetune: name a job: one of quickstart, describe, fine-tune, tune, audit,"
                + " evaluate, compare, calibrate, predict, select, explain, export, serve, runs, sync; each explains itself"
                + " with --help\n");
  }

  @Test
  void helpIsExitCode0() throws Exception {
    Outcome outcome = main("evaluate", "--help");

    assertThat(outcome.code()).isZero();
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).startsWith("jobs/evaluate [--conf FILE]").contains("data.test");
  }

  @Test
  void versionTellsThisBuildAndWhatItRunsOn() throws Exception {
    Outcome ofJob = main("describe", "--version");

    assertThat(ofJob.code()).isZero();
    assertThat(ofJob.err()).isEmpty();
    assertThat(ofJob.out())
        .matches(
            "spark-finetune \\S+( \\([0-9a-f]+(-dirty)?\\))?\n"
                + "libtorch 2\\.10\\.0, JavaCPP 1\\.5\\.13\n"
                + "Spark NLP 5\\.5\\.3\n"
                + "Spark 3\\.5\\.\\d+, Scala 2\\.12\\.\\d+\n"
                + "Java \\S+\n");
    assertThat(main("--version")).isEqualTo(ofJob);
  }

  @Test
  void missingFileIsOneLineAndExitCode2() throws Exception {
    Outcome outcome =
        main("fine-tune", "data.train=none.csv", "output=out", "spark.master=local[1]");

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err())
        .startsWith("fine-tune: data.train: no such file")
        .contains("none.csv");
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(Files.readString(folder.resolve("the log"))).contains("Running Spark version");
  }

  @Test
  void failureIsExitCode1AndSaysWhereTheLogIs() throws Exception {
    Outcome outcome =
        main("predict", "model=m", "data.input=i", "output=o", "spark.master=nonsense");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines()).hasSize(2);
    assertThat(outcome.err())
        .startsWith("predict failed: SparkException: Could not parse Master URL: 'nonsense'\n")
        .endsWith("The log is " + folder.resolve("the log") + "; --debug shows the stack trace.\n");
    assertThat(Files.readString(folder.resolve("the log"))).contains("\tat org.apache.spark");
    assertThat(Files.getPosixFilePermissions(folder.resolve("the log")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void nothingSteersTheTerminalOrForgesALineOfTheLog() throws Exception {
    Outcome outcome =
        main(
            "predict",
            "model=m",
            "data.input=i",
            "output=o",
            "spark.master=x\u001B[31m\n2026-01-01 ERROR forged",
            "--debug");

    assertThat(outcome.code()).isEqualTo(1);
    String log = Files.readString(folder.resolve("the log"));
    assertThat(outcome.err() + log).doesNotContain("\u001B").doesNotContain("\n2026-01-01");
    assertThat(log).contains("ERROR forged");
  }

  private Outcome main(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Files.readAllLines(Path.of("conf/java-options")).stream()
        .filter(line -> !line.startsWith("#"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx1g",
            "-Dlog4j2.configurationFile=" + Path.of("conf/log4j2.properties").toAbsolutePath(),
            "-Dspark-finetune.log.file=" + folder.resolve("the log"),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("stdout");
    Path err = folder.resolve("stderr");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return new Outcome(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
