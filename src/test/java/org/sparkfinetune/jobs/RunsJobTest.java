package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.text.TextWidth;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Tracker;

/** What a user sees of runs that were recorded in journals. */
class RunsJobTest {
  @TempDir static Path folder;

  private static String firstId;

  @BeforeAll
  static void record() throws Exception {
    Path matrix =
        Files.writeString(folder.resolve("confusion_matrix.csv"), "label,a,b\na,3,1\nb,0,1\n");
    try (Tracker tracker = open("first/tracking")) {
      RunHandle run =
          tracker.startRun("minilm-l6 on support messages, the first", "support", "", Map.of());
      firstId = run.id();
      run.logParams(
          Map.of(
              "model.base",
              "minilm-l6",
              "training.learning_rate",
              "2.0E-4",
              "training.seed",
              "42"));
      for (int step = 1; step <= 40; step++) {
        run.logMetrics(step, Map.of("loss", 2.0 / step));
      }
      run.logMetrics(20, Map.of("eval_accuracy", 0.95));
      run.logMetrics(40, Map.of("eval_accuracy", 0.94));
      run.logMetrics(40, Map.of("best_eval_accuracy", 0.95));
      run.logArtifact(
          "confusion_matrix.csv",
          new org.apache.hadoop.fs.Path(matrix.toUri()),
          new Configuration());
      run.end(RunStatus.FINISHED);
    }
    // Times are to the millisecond: what begins later must be seen to.
    Thread.sleep(5);
    try (Tracker tracker = open("study")) {
      RunHandle study = tracker.startRun("study \u001b[31m", "tuning", "", Map.of());
      for (int trial = 0; trial < 3; trial++) {
        RunHandle run = tracker.startChild(study, "trial " + trial, "tuning", Map.of());
        run.logParams(Map.of("training.learning_rate", trial + "e-4"));
        run.logMetrics(1, Map.of("eval_accuracy", 0.5 + trial / 10.0, "eval_loss", 0.3));
        if (trial == 1) {
          run.logMetrics(2, Map.of("eval_accuracy", 0.1));
        }
        run.end(trial == 1 ? RunStatus.FAILED : RunStatus.FINISHED);
      }
    }
  }

  private static Tracker open(String name) throws Exception {
    return Tracker.open(Files.createDirectories(folder.resolve(name)), "", Optional.empty());
  }

  private static String runs(int columns, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("source=" + folder));
    all.addAll(Arrays.asList(arguments));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RunsJob job = new RunsJob();
    try (PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      OptionalInt width = columns == 0 ? OptionalInt.empty() : OptionalInt.of(columns);
      job.run(
          ConfigLayers.read(job, List.of(), all), new Configuration(), new Console(print, width));
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> names(String table) {
    return table.lines().skip(1).map(line -> line.replaceAll("\\s{2,}[0-9a-f]{8} .*", "")).toList();
  }

  @Test
  void childrenStandBelowTheirParents() throws Exception {
    assertThat(names(runs(0, "sort_by=eval_accuracy")))
        .containsExactly(
            "minilm-l6 on support messages, the first",
            "study \uFFFD[31m",
            "  trial 2",
            "  trial 1",
            "  trial 0");
    assertThat(names(runs(0, "sort_by=name", "experiment=tuning")))
        .containsExactly("study \uFFFD[31m", "  trial 0", "  trial 1", "  trial 2");
    assertThat(names(runs(0)).get(0)).isEqualTo("study \uFFFD[31m");
  }

  @Test
  void ofEvaluationsTheBestCounts() throws Exception {
    assertThat(runs(0, "sort_by=eval_accuracy").lines())
        .satisfiesExactly(
            head -> assertThat(head).matches("name .* best_eval_accuracy +eval_loss +.*"),
            first -> assertThat(first).matches("minilm.* 0.9500 .*").doesNotContain("0.9400"),
            study -> assertThat(study).startsWith("study"),
            best -> assertThat(best).matches("  trial 2 .* 0.7000 .*"),
            // It was ended before it could tell.
            ended -> assertThat(ended).matches("  trial 1 .* 0.6000 .*").doesNotContain("0.1000"),
            worst -> assertThat(worst).matches("  trial 0 .* 0.5000 .*"));
    assertThat(runs(0, "columns=eval_accuracy", "status=failed")).contains("0.1000");
  }

  @Test
  void aTerminalIsNeverTooNarrow() throws Exception {
    for (int columns : new int[] {60, 80, 100, 140}) {
      String table = runs(columns, "sort_by=eval_accuracy");
      assertThat(table.lines().takeWhile(line -> !line.isEmpty()))
          .hasSize(6)
          .allMatch(line -> TextWidth.width(line) <= columns);
      assertThat(table.lines().findFirst().orElseThrow()).startsWith("name ").contains(" status");
    }
    assertThat(runs(80, "sort_by=eval_accuracy"))
        .contains("eval_accuracy")
        .contains("minilm-l6 on sup…sages, the first ")
        .containsPattern("\nFor want of room without .*eval_loss");
    assertThat(runs(140, "sort_by=eval_accuracy"))
        .containsPattern("name .* started +took +best_eval_accuracy +eval_loss +learning_rate\n")
        .contains(
            "minilm-l6 on support messages, the first  " + firstId.substring(0, 8) + "  finished");
  }

  @Test
  void columnsAreThoseAskedFor() throws Exception {
    assertThat(runs(0, "columns=training.learning_rate,eval_loss", "status=failed").lines())
        .satisfiesExactly(
            head -> assertThat(head).matches(".* took +eval_loss  learning_rate"),
            trial -> assertThat(trial).matches("trial 1  .*  failed  .*     0.3000  1e-4"));
  }

  @Test
  void theListEnds() throws Exception {
    assertThat(runs(0, "max=2").lines().toList())
        .hasSize(5)
        .endsWith("", "Only 2 are listed; max=20 lists more");
  }

  @Test
  void oneRun() throws Exception {
    String text = runs(80, "show=" + firstId.substring(0, 6));

    assertThat(text)
        .startsWith("minilm-l6 on support messages, the first\n  id          " + firstId + "\n")
        .contains("  status      finished\n")
        .contains("\nLoss  2 to 0.0500 in 40 steps\n  █▄")
        .containsPattern("\n  eval_accuracy +0.9400 +0.9500 +20\n")
        .contains("\nParameters (2 more have their defaults)\n  training.learning_rate  2e-4\n")
        .containsPattern("\n  confusion_matrix.csv  \\d+ B\n");
    assertThat(runs(0, "show=" + firstId)).doesNotContain("█");
  }

  @Test
  void runsBesideEachOther() throws Exception {
    String text = runs(80, "compare=trial 0,trial 2," + firstId);

    assertThat(text.lines()).allMatch(line -> TextWidth.width(line) <= 80);
    assertThat(text)
        .containsPattern("\n +trial 0 +trial 2\n|^ +trial 0 +trial 2\n")
        .containsPattern("\neval_accuracy +0.5000 +0.7000\n")
        .containsPattern("\ntraining.learning_rate +0e-4 +2e-4\n")
        .containsPattern("\neval_accuracy +0.9400\n");
  }

  @Test
  void pagesAreWritten() throws Exception {
    Path page = folder.resolve("pages/run.html");

    assertThat(runs(0, "show=" + firstId, "html=" + page)).endsWith("\nThe page is " + page + "\n");
    assertThat(Files.readString(page))
        .startsWith("<!DOCTYPE html>")
        .contains("<h2>Confusions</h2>", "a → b: 1 of 4 rows (25.0 %)", "2e-4  (default 5e-5)");
    assertThatThrownBy(() -> runs(0, "show=" + firstId, "html=" + page))
        .isInstanceOf(UserException.class)
        .hasMessage("html=" + page + " exists: choose another, or set overwrite=true");
    runs(0, "compare=trial 0,trial 1", "html=" + page, "overwrite=true");
    assertThat(Files.readString(page)).contains("Comparison of 2 runs");
    assertThatThrownBy(() -> runs(0, "show=" + firstId, "html=" + folder))
        .hasMessage("html=" + folder + " is a folder: expected a file to write");
  }

  @Test
  void nothingFoundSaysWhatToDo() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("pages/empty"));

    assertThat(runs(0, "source=" + empty))
        .startsWith(
            "No run in " + empty + ". A training records itself:\n  jobs/fine-tune data.train=");
    assertThat(runs(0, "experiment=none"))
        .isEqualTo(
            "No such run in " + folder + ": without experiment and status all are listed.\n");
  }

  @Test
  void mistakesAreSaidInALine() {
    assertThatThrownBy(() -> runs(0, "source=" + folder + "/none"))
        .isInstanceOf(UserException.class)
        .hasMessage("source=" + folder + "/none: no such folder");
    assertThatThrownBy(() -> runs(0, "show=zzz"))
        .isInstanceOf(UserException.class)
        .hasMessage("no run zzz in " + folder + ": see jobs/runs source=" + folder);
    assertThatThrownBy(() -> runs(0, "compare=,trial 1,"))
        .isInstanceOf(UserException.class)
        .hasMessage("compare=,trial 1, is one run: expected two or more, or show=ID");
  }

  @Test
  void keysThatDoNotGoTogether() {
    assertThatThrownBy(() -> runs(0, "html=x.html"))
        .isInstanceOf(UserException.class)
        .hasMessage("html=x.html: expected show=ID or compare=ID,ID beside it");
    assertThatThrownBy(() -> runs(0, "show=a", "compare=b,c"))
        .isInstanceOf(UserException.class)
        .hasMessage("show and compare are both set: expected one of them");
    assertThatThrownBy(() -> runs(0, "compare=" + firstId + "," + firstId))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(" is one run: expected two or more, or show=ID");
    assertThatThrownBy(() -> runs(0, "sort_by=eval_acuracy"))
        .isInstanceOf(UserException.class)
        .hasMessage("sort_by=eval_acuracy: no run has that metric; did you mean eval_accuracy?");
  }
}
