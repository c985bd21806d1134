package org.sparkfinetune.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.sampler.GridSampler;
import org.sparkfinetune.tune.sampler.RandomSampler;

/** A study on a real disk. */
class StudyTest {
  private static final Pruner NONE = (history, trial) -> false;

  @TempDir Path folder;

  private static SearchSpace space() {
    Map<String, Distribution> space = new LinkedHashMap<>();
    space.put("rate", new FloatDistribution(1e-5, 1e-3, true, 0));
    space.put("batch", new CategoricalDistribution(List.of(16L, 32L)));
    space.put("epochs", new IntDistribution(1, 4, false, 1));
    return SearchSpace.of(space);
  }

  private static StudyDefinition plan(Pruner pruner, int trials) {
    return new StudyDefinition(
        "test",
        List.of("eval_accuracy"),
        List.of(Direction.MAXIMIZE),
        space(),
        new RandomSampler(1),
        pruner,
        trials);
  }

  private StudyStorage file() throws IOException {
    return StudyStorage.open(
        new org.apache.hadoop.fs.Path(folder.resolve("study.json").toUri()), new Configuration());
  }

  private static Objective.Result result(double value) {
    return new Objective.Result(List.of(value), List.of(), Map.of());
  }

  @Test
  void asksTellsAndFindsTheBest() throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 3), List.of(), file);
      for (double value : new double[] {0.5, 0.9, 0.7}) {
        Trial trial = study.ask(0).orElseThrow();
        assertThat(space().distributions(trial.params()).keySet())
            .isEqualTo(trial.params().keySet());
        study.complete(trial.number(), result(value));
      }

      assertThat(study.ask(0)).as("of three trials").isEmpty();
      assertThat(study.history().best().orElseThrow().number()).isEqualTo(1);
      assertThat(study.trialsSinceBest()).hasValue(1);
    }
  }

  @Test
  void aFileHoldsWhatAProcessAfterNeeds() throws IOException {
    History left;
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 6), List.of(Map.of("epochs", 3L)), file);
      assertThat(study.ask(0).orElseThrow().params()).containsEntry("epochs", 3L);
      study.complete(0, result(0.25));
      study.ask(0);
      study.report(1, 1, 0.1);
      study.report(1, 2, Double.NaN);
      study.prune(1);
      study.ask(1);
      study.fail(2, "no memory");
      study.ask(1);
      study.report(3, 1, Double.NEGATIVE_INFINITY);
      left = study.history();
    }

    try (StudyStorage file = file()) {
      Study study = Study.resume(plan(NONE, 6), file);
      List<FrozenTrial> trials = study.history().trials();

      assertThat(trials.subList(0, 3)).isEqualTo(left.trials().subList(0, 3));
      assertThat(trials.get(3).state()).isEqualTo(TrialState.WAITING);
      Trial again = study.ask(0).orElseThrow();
      assertThat(again.number()).isEqualTo(3);
      assertThat(again.params()).isEqualTo(left.trials().get(3).params());
      assertThat(study.history().trials().get(3).intermediateValues())
          .isEqualTo(Map.of(1, Double.NEGATIVE_INFINITY));
      assertThat(study.report(3, 1, 0.5)).as("a step that it has").isFalse();
      assertThat(study.ask(0).orElseThrow().number()).isEqualTo(4);
    }
  }

  /** A file system as Databricks' is: Hadoop knows no way to rename over a file of it. */
  public static final class Dbfs extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("dbfs:///");
    }

    @Override
    public String getScheme() {
      return "dbfs";
    }
  }

  @Test
  void isKeptWhereNothingIsRenamedOverAFile() throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.setClass("fs.dbfs.impl", Dbfs.class, FileSystem.class);
    var path = new org.apache.hadoop.fs.Path("dbfs:" + folder.resolve("study.json"));
    try (StudyStorage file = StudyStorage.open(path, hadoop)) {
      Study study = Study.begin(plan(NONE, 2), List.of(), file);
      study.ask(0);
      study.complete(0, result(0.5));
    }

    try (StudyStorage file = StudyStorage.open(path, hadoop)) {
      Study study = Study.resume(plan(NONE, 2), file);
      assertThat(study.history().best().orElseThrow().value()).isEqualTo(0.5);
    }
    assertThat(folder)
        .isDirectoryContaining("glob:**study.json")
        .isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void goesOnAsItWouldHave() throws IOException {
    Map<String, Object> undisturbed;
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 9), List.of(), file);
      study.ask(0);
      study.complete(0, result(0.5));
      undisturbed = study.ask(0).orElseThrow().params();
    }
    Files.delete(folder.resolve("study.json"));
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 9), List.of(), file);
      study.ask(0);
      study.complete(0, result(0.5));
    }
    try (StudyStorage file = file()) {
      assertThat(Study.resume(plan(NONE, 9), file).ask(0).orElseThrow().params())
          .isEqualTo(undisturbed);
    }
  }

  @Test
  void theFileHasWhatScriptsRelyOn() throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 6), List.of(), file);
      study.ask(2);
      study.report(0, 1, 0.5);
      study.complete(0, result(0.75));
    }

    JsonNode json = new ObjectMapper().readTree(folder.resolve("study.json").toFile());
    assertThat(json.get("direction").asText()).isEqualTo("maximize");
    JsonNode trial = json.get("trials").get(0);
    assertThat(trial.get("number").intValue()).isZero();
    assertThat(trial.get("state").asText()).isEqualTo("COMPLETE");
    assertThat(trial.get("value").doubleValue()).isEqualTo(0.75);
    assertThat(trial.get("params").get("rate").doubleValue()).isBetween(1e-5, 1e-3);
    assertThat(trial.get("intermediate_values").get("1").doubleValue()).isEqualTo(0.5);
    assertThat(trial.get("slot").intValue()).isEqualTo(2);
    assertThat(trial.get("start").asText()).endsWith("Z");
    assertThat(trial.get("end").asText()).endsWith("Z");
    assertThat(trial.get("reason").isNull()).isTrue();
  }

  @Test
  void asksThePrunerAtEachStepOnce() throws IOException {
    Pruner low =
        (history, trial) -> trial.intermediateValues().get(trial.lastStep().getAsInt()) < 0.5;
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(low, 3), List.of(), file);
      Trial trial = study.ask(0).orElseThrow();
      int[] stops = new int[1];
      trial.onStop(() -> stops[0]++);

      assertThat(trial.report(1, 0.6)).isFalse();
      assertThat(trial.report(2, 0.4)).isTrue();
      assertThat(stops[0]).isEqualTo(1);
      FrozenTrial pruned = study.prune(0);
      assertThat(pruned.values()).containsExactly(0.4);
      assertThat(pruned.reason()).contains("step 2");
    }
  }

  @Test
  void whatIsNoNumberHasFailed() throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 3), List.of(), file);
      study.ask(0);

      FrozenTrial failed = study.complete(0, result(Double.NaN));

      assertThat(failed.state()).isEqualTo(TrialState.FAILED);
      assertThat(failed.reason()).isEqualTo("eval_accuracy is not a number");
    }
  }

  @Test
  void refusesAnotherObjectivesFile() throws IOException {
    try (StudyStorage file = file()) {
      Study.begin(plan(NONE, 3), List.of(), file);
      StudyDefinition other =
          new StudyDefinition(
              "test",
              List.of("eval_loss"),
              List.of(Direction.MINIMIZE),
              space(),
              new RandomSampler(1),
              NONE,
              3);

      assertThatThrownBy(() -> Study.resume(other, file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("eval_accuracy, maximize")
          .hasMessageContaining("expected eval_loss, minimize");
    }
  }

  @Test
  void refusesWhatIsNoStudy() throws IOException {
    Files.writeString(folder.resolve("study.json"), "{\"objective\": ");
    try (StudyStorage file = file()) {
      assertThatThrownBy(() -> Study.resume(plan(NONE, 3), file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("study.json cannot be read as a study");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "start | \"+1000000000-12-31T23:59:59.999999999Z\" | expected a time as in",
        "end | \"yesterday\" | end=\"yesterday\": expected a time as in",
        "number | -1 | number=-1: expected one from 0 to",
        "number | 2147483647 | number=2147483647: expected one from 0 to",
        "number | 1e3 | expected one from 0 to",
        "state | \"DONE\" | DONE",
        "value | \"much\" | \"much\" is no number",
        "value | null | state=COMPLETE with 0 values: expected 1",
        "intermediate_values | {\"x\": 1} | x",
      })
  void refusesATrialThatNoStudyWrites(String key, String value, String message) throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 3), List.of(), file);
      study.ask(0);
      study.complete(0, result(1));
    }
    ObjectMapper mapper = new ObjectMapper();
    Path path = folder.resolve("study.json");
    JsonNode json = mapper.readTree(path.toFile());
    ((ObjectNode) json.get("trials").get(0)).set(key, mapper.readTree(value));
    mapper.writeValue(path.toFile(), json);
    try (StudyStorage file = file()) {
      assertThatThrownBy(() -> Study.resume(plan(NONE, 3), file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("study.json, trial ")
          .hasMessageContaining(message);
    }
  }

  @Test
  void refusesAStudyThatIsNestedTooDeep() throws IOException {
    Files.writeString(folder.resolve("study.json"), "[".repeat(100_000));
    try (StudyStorage file = file()) {
      assertThatThrownBy(() -> Study.resume(plan(NONE, 3), file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("study.json cannot be read as a study: ");
    }
  }

  @Test
  void refusesToBeginWithWhatIsNotInTheSpace() {
    StudyDefinition plan = plan(NONE, 3);
    assertRefused(
        plan,
        Map.of("epochs", 9L),
        "an enqueued setting (tune.enqueue): epochs=9 is not in the search space: expected a value of {low=1, high=4}");
    assertRefused(
        plan,
        Map.of("rate", 1.0),
        "an enqueued setting (tune.enqueue): rate=1.0 is not in the search space: expected a value of"
            + " {low=1.0E-5, high=0.001, log=true}");
    assertRefused(
        plan,
        Map.of("depth", 9L),
        "an enqueued setting (tune.enqueue): depth is not in the search space: expected one of rate, batch, epochs");
  }

  private static void assertRefused(
      StudyDefinition plan, Map<String, Object> params, String message) {
    assertThatThrownBy(() -> Study.check(plan, List.of(params)))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  @Test
  void refusesToBeginWithMoreThanThereMayBe() throws IOException {
    try (StudyStorage file = file()) {
      assertThatThrownBy(() -> Study.begin(plan(NONE, 1), List.of(Map.of(), Map.of()), file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(
              "2 settings are enqueued (tune.enqueue) for 1 trials (tune.n_trials)");
      assertThat(file.exists()).isFalse();
    }
  }

  @Test
  void refusesToBeginWithAParameterThatMayNotBeThere() throws IOException {
    SearchSpace space =
        new SearchSpace(
            List.of(
                new SearchSpace.Parameter(
                    "optim",
                    new CategoricalDistribution(List.of("adamw", "sgd")),
                    Optional.empty()),
                new SearchSpace.Parameter(
                    "momentum",
                    new FloatDistribution(0, 1, false, 0),
                    Optional.of(new SearchSpace.Condition("optim", List.of("sgd"))))));
    StudyDefinition plan = grid(space, new RandomSampler(1), 5);
    String message =
        "an enqueued setting (tune.enqueue): momentum=0.9 is there with optim=sgd alone: give that as well";

    assertRefused(plan, Map.of("momentum", 0.9), message);
    assertRefused(plan, Map.of("momentum", 0.9, "optim", "adamw"), message);
    Map<String, Object> whole = Map.of("momentum", 0.9, "optim", "sgd");
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan, List.of(whole), file);
      assertThat(study.ask(0).orElseThrow().params()).isEqualTo(whole);
    }
  }

  private static StudyDefinition grid(SearchSpace space, Sampler sampler, int trials) {
    return new StudyDefinition(
        "test", List.of("loss"), List.of(Direction.MINIMIZE), space, sampler, NONE, trials);
  }

  private static SearchSpace rates(Object... rates) {
    return SearchSpace.of(Map.of("rate", new CategoricalDistribution(List.of(rates))));
  }

  private static List<Object> ask(Study study) {
    List<Object> rates = new ArrayList<>();
    for (Optional<Trial> next = study.ask(0); next.isPresent(); next = study.ask(0)) {
      rates.add(next.get().params().get("rate"));
      study.complete(next.get().number(), result(0));
    }
    return rates;
  }

  @Test
  void aGridHasEachSettingOnceWhateverIsEnqueuedOrAddedLater() throws IOException {
    List<Map<String, Object>> enqueued = List.of(Map.of("rate", 3L), Map.of(), Map.of("rate", 3L));
    try (StudyStorage file = file()) {
      Study study = Study.begin(grid(rates(1L, 2L, 3L, 4L), new GridSampler(), 10), enqueued, file);
      assertThat(ask(study)).as("3 is enqueued twice").containsExactly(3L, 1L, 3L, 2L, 4L);
      assertThat(study.limit()).isEqualTo(5);
    }
    try (StudyStorage file = file()) {
      Study study = Study.resume(grid(rates(0L, 1L, 2L, 5L), new GridSampler(), 20), file);
      assertThat(ask(study)).containsExactly(0L, 5L);
      assertThat(study.limit()).isEqualTo(7);
    }
  }

  @Test
  void aGridKnowsAnEnqueuedSettingThatIsRoundedOtherwise() throws IOException {
    SearchSpace space = SearchSpace.of(Map.of("rate", new FloatDistribution(0.1, 0.4, false, 0.1)));
    try (StudyStorage file = file()) {
      Study study =
          Study.begin(grid(space, new GridSampler(), 10), List.of(Map.of("rate", 0.1 * 3)), file);
      assertThat(ask(study)).containsExactly(0.3, 0.1, 0.2, 0.4);
    }
  }

  @Test
  void whatWaitsCountsAmongTheTrialsThatThereMayBe() throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 5), List.of(Map.of(), Map.of(), Map.of()), file);
      study.ask(0);
    }
    try (StudyStorage file = file()) {
      Study study = Study.resume(plan(NONE, 2), file);
      assertThat(study.ask(0)).isPresent();
      assertThat(study.ask(0)).isPresent();
      assertThat(study.ask(0)).isEmpty();
    }
  }

  @Test
  void numbersAreNotUsedTwiceWhereOneIsMissing() throws IOException {
    try (StudyStorage file = file()) {
      Study study = Study.begin(plan(NONE, 3), List.of(), file);
      for (int number = 0; number < 3; number++) {
        study.ask(0);
        study.complete(number, result(number));
      }
    }
    ObjectMapper mapper = new ObjectMapper();
    Path path = folder.resolve("study.json");
    ObjectNode json = (ObjectNode) mapper.readTree(path.toFile());
    ((ArrayNode) json.get("trials")).remove(0);
    mapper.writeValue(path.toFile(), json);

    try (StudyStorage file = file()) {
      assertThat(Study.resume(plan(NONE, 3), file).ask(0).orElseThrow().number()).isEqualTo(3);
    }
  }

  @Test
  void refusesAFileWhoseOtherObjectivesAreOthers() throws IOException {
    try (StudyStorage file = file()) {
      Study.begin(objectives("train_runtime", Direction.MINIMIZE), List.of(), file);

      for (StudyDefinition other :
          List.of(
              objectives("eval_loss", Direction.MINIMIZE),
              objectives("train_runtime", Direction.MAXIMIZE),
              plan(NONE, 3))) {
        assertThatThrownBy(() -> Study.resume(other, file))
            .isInstanceOf(UserException.class)
            .hasMessageContaining("(eval_accuracy, maximize; train_runtime, minimize): expected");
      }
      Study.resume(objectives("train_runtime", Direction.MINIMIZE), file);
    }
  }

  private static StudyDefinition objectives(String second, Direction direction) {
    return new StudyDefinition(
        "test",
        List.of("eval_accuracy", second),
        List.of(Direction.MAXIMIZE, direction),
        space(),
        new RandomSampler(1),
        NONE,
        3);
  }
}
