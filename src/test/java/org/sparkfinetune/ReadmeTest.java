package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.data.HuggingFaceParquet;
import org.sparkfinetune.hub.FakeHub;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.track.JournalReader;

/**
 * The README's commands, from its own text, one after the other in one folder, as somebody would
 * who reads it: with rows of his own, a tracking server and a hub.
 */
@Tag("slow")
class ReadmeTest {
  /** Commands that are not for here, by how they begin, and why. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "mvn verify", "it runs this test",
          "jobs/serve", "it serves until it is told to stop, as ServeJobTest does",
          "export SPARK_HOME=", "there is no Spark distribution here",
          "jobs/fine-tune --conf my.conf --conf conf/cluster/", "there is no YARN here");

  /** The folder of a base of two narrow layers, which is the hub's too. */
  private static final String SMALL = "small";

  /**
   * What makes a command short enough for a test, by how it begins; the last value of a key counts.
   * The fine-tuning that is tracked has the base of the README; QuickstartTest trains it on all of
   * the sample.
   */
  private static final Map<String, String> SHORTER =
      Map.of(
          "jobs/quickstart", "training.num_train_epochs=1 model.base=" + SMALL,
          "jobs/fine-tune", "training.num_train_epochs=1 training.save_strategy=no",
          "jobs/fine-tune data.train=train.csv data.test=", "model.base=" + SMALL,
          "jobs/tune",
              "tune.n_trials=2 training.num_train_epochs=1 data.train=train.csv model.base="
                  + SMALL,
          "jobs/audit", "audit.folds=2 training.num_train_epochs=1 model.base=" + SMALL,
          "jobs/select", "select.budget=2");

  /** Rows of each class that a reader trains on. */
  private static final int ROWS = 8;

  private static final String SERVER = "http://mlflow:5000";
  private static final String RUNS = "4f1c9f6b,a02e77d1";
  private static final int LIMIT_MINUTES = 10;

  @TempDir Path folder;

  @Test
  void eachCommandEndsWell() throws Exception {
    prepare();
    Set<String> elsewhere = new HashSet<>();
    Map<String, Integer> run = new TreeMap<>();
    try (FakeHub hub = hub();
        MlflowVersion.Server server =
            MlflowVersion.V3.trackingServer(Files.createDirectory(folder.resolve("server")))) {
      String settings =
          "set -euo pipefail\nexport HF_ENDPOINT=%s HF_HOME=%s HF_TOKEN=%s\n"
              .formatted(hub.endpoint(), folder.resolve("hf"), FakeHub.TOKEN);
      for (String command : commands(Files.readString(Path.of("README.md")))) {
        String begins =
            ELSEWHERE.keySet().stream().filter(command::startsWith).findFirst().orElse("");
        if (!begins.isEmpty()) {
          elsewhere.add(begins);
        } else if (command.startsWith("jobs/")) {
          run(settings + here(command, server));
          run.merge(command.split(" ")[0], 1, Integer::sum);
        } else {
          settings += here(command, server) + "\n";
        }
      }
    }
    assertThat(elsewhere).as("what is not run is there").isEqualTo(ELSEWHERE.keySet());
    assertThat(run.keySet())
        .containsExactly(
            "jobs/audit",
            "jobs/calibrate",
            "jobs/compare",
            "jobs/evaluate",
            "jobs/explain",
            "jobs/export",
            "jobs/fine-tune",
            "jobs/predict",
            "jobs/quickstart",
            "jobs/runs",
            "jobs/select",
            "jobs/tune");
  }

  /** The indented lines, those that end with a backslash with the next. */
  private static List<String> commands(String readme) {
    List<String> commands = new ArrayList<>();
    String open = "";
    for (String line : readme.lines().toList()) {
      if (line.matches(" {4}(jobs/|mvn |export |[A-Z]+=).*") || !open.isEmpty()) {
        String whole = open + line.strip();
        open = whole.endsWith("\\") ? whole.substring(0, whole.length() - 1) : "";
        if (open.isEmpty()) {
          commands.add(whole);
        }
      }
    }
    return commands;
  }

  private String here(String command, MlflowVersion.Server server) {
    String shorter =
        SHORTER.entrySet().stream()
            .filter(job -> command.startsWith(job.getKey()))
            .map(job -> " " + job.getValue())
            .collect(Collectors.joining());
    return command.replace(SERVER, server.uri().toString()).replace(RUNS, twoRuns()) + shorter;
  }

  /** The ids of the first two runs, of which there are none before the first command. */
  private String twoRuns() {
    return JournalReader.runs(
            new org.apache.hadoop.fs.Path(folder.resolve("runs").toUri()), new Configuration(false))
        .stream()
        .map(run -> run.id().substring(0, 8))
        .limit(2)
        .collect(Collectors.joining(","));
  }

  private void run(String script) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", script);
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("SPARK_FINETUNE_SPARK", "maven");
    builder.environment().put("SPARK_DRIVER_MEMORY", "2g");
    Process process =
        builder
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)).as(script).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    String printed = Files.readString(output);
    assertThat(process.exitValue()).as("%s%n%s", script, printed).isZero();
    assertThat(printed).as(script).doesNotContainPattern("(?m)^(warning: |\\s+at )");
  }

  /** The checkout as its scripts see it, built already, and what a reader has beside it. */
  private void prepare() throws IOException {
    for (String name : new String[] {"jobs", "conf", "src", "pom.xml"}) {
      Files.createSymbolicLink(folder.resolve(name), Path.of(name).toAbsolutePath());
    }
    Path target = Files.createDirectory(folder.resolve("target"));
    Files.createSymbolicLink(target.resolve("classes"), Path.of("target/classes").toAbsolutePath());
    Files.writeString(
        target.resolve("classpath.txt"),
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.endsWith(".jar"))
            .collect(Collectors.joining(File.pathSeparator)));
    Optional<Path> archive = ClassArchive.file();
    if (archive.isPresent()) {
      Files.createSymbolicLink(target.resolve("classes.jsa"), archive.get());
    }
    Path sample = Path.of("src/main/resources/org/sparkfinetune/sample");
    Files.write(folder.resolve("train.csv"), someRows(sample.resolve("test.csv")));
    for (String name : new String[] {"test.csv", "other.csv", "new.csv"}) {
      Files.copy(sample.resolve("validation.csv"), folder.resolve(name));
    }
    Files.writeString(
        folder.resolve("unlabeled.csv"),
        "text\nmy parcel has not come\nI was charged twice\nhow do I change my password\n");
    Files.writeString(
        folder.resolve("my.conf"), "data.train = train.csv\ntraining.lr_scheduler_type = cosine\n");
  }

  /** The header and the first rows of each class that take a line and no quotes. */
  private static List<String> someRows(Path csv) throws IOException {
    Map<String, Integer> taken = new TreeMap<>();
    return Files.readAllLines(csv).stream()
        .filter(line -> line.matches("[^\"]*,[a-z_]+"))
        .filter(line -> taken.merge(line.substring(line.lastIndexOf(',')), 1, Integer::sum) <= ROWS)
        .toList();
  }

  /** With the base and the rows that the README names. */
  private FakeHub hub() throws IOException {
    Path base = folder.resolve(SMALL);
    TestModels.guessing(base, ProblemType.SINGLE_LABEL_CLASSIFICATION, 42, "a", "b");
    Path rows = folder.resolve("of-the-hub.parquet");
    HuggingFaceParquet.write(
        rows,
        HuggingFaceParquet.feature(HuggingFaceParquet.classLabel("card", "refund")),
        LongStream.range(0, 60).map(i -> i % 2).boxed().toArray(Long[]::new));
    FakeHub hub = FakeHub.start();
    hub.commit("google-bert/bert-base-uncased", base);
    hub.commit(
        "datasets/org/texts",
        "refs/convert/parquet",
        Map.of("default/train/0000.parquet", Files.readAllBytes(rows)));
    return hub;
  }
}
