package org.sparkfinetune.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.slice.FairnessGap;
import org.sparkfinetune.slice.PairedSlice;
import org.sparkfinetune.slice.SliceMetrics;
import org.sparkfinetune.slice.SliceResult;
import org.sparkfinetune.slice.WorstSlice;
import org.sparkfinetune.slice.WorstSlices;
import org.sparkfinetune.task.ProblemType;

/** Evaluations and comparisons by slice, through models of random weights, which guess. */
@Tag("slow")
class SlicesTest {
  private static final String[] COUNTRIES = {"de", "de", "fr", null, "es"};
  private static final String[] WORDS = {
    "card", "loan", "refund", "late", "money", "parcel", "password"
  };

  private final SparkSession spark = TestSpark.session();

  @TempDir Path folder;

  private String model(String name, ProblemType type, int seed, String... labels) {
    return TestModels.guessing(folder.resolve(name), type, seed, labels);
  }

  /** The age is a number, the tier one of few values, and of "es" all rows are of one label. */
  private Dataset<Row> rows(int partitions, String... labels) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      String country = COUNTRIES[i * 7 % 5];
      String label = "es".equals(country) ? labels[0] : labels[i % labels.length];
      String text = (WORDS[i % 7] + " ").repeat(1 + i % 8) + WORDS[i * i % 5] + " " + i;
      lines.add(
          "{\"text\":\"%s\",\"label\":\"%s\",\"country\":%s,\"age\":%s,\"tier\":%s,\"tags\":[\"x\"]}"
              .formatted(
                  text,
                  label,
                  country == null ? "null" : "\"" + country + "\"",
                  18 + i % 50,
                  i % 3));
    }
    return spark.read().json(spark.createDataset(lines, Encoders.STRING())).repartition(partitions);
  }

  private Evaluation evaluation(String model, Dataset<Row> rows) {
    return Evaluation.on(spark)
        .console(Console.quiet())
        .model(model)
        .set("evaluate.bootstrap", 40)
        .test(rows);
  }

  private static Evaluation sliced(Evaluation evaluation) {
    return evaluation
        .set("evaluate.slices", "[country,age,tier,length]")
        .set("evaluate.worst_slices", 10)
        .set("evaluate.min_slice_rows", 5)
        .set("evaluate.fairness", "[tier]");
  }

  @Test
  void whatASliceScoresIsTheEvaluationOfItsRows() throws Exception {
    String model = model("model", ProblemType.SINGLE_LABEL_CLASSIFICATION, 42, "a", "b");
    Path output = folder.resolve("out");
    EvaluationResult result =
        sliced(evaluation(model, rows(1, "a", "b", "b"))).output(output.toString()).run();
    SliceResult slices = result.slices().orElseThrow();

    assertThat(slices.slices().stream().map(slice -> slice.slice().name()))
        .startsWith("country=de", "country=es", "country=fr", "country is missing")
        .contains("tier=0", "tier=1", "tier=2")
        .anyMatch(name -> name.startsWith("age=[18, "))
        .anyMatch(name -> name.startsWith("length=("));
    Map<String, Long> rowsOf = new HashMap<>();
    slices.slices().forEach(s -> rowsOf.merge(s.slice().column(), s.rows(), Long::sum));
    assertThat(rowsOf)
        .isEqualTo(Map.of("country", 150L, "age", 150L, "tier", 150L, "length", 150L));

    for (String[] one :
        new String[][] {
          {"country=de", "country = 'de'"},
          {"country=es", "country = 'es'"},
          {"country is missing", "country is null"},
          {"tier=2", "tier = 2"}
        }) {
      SliceMetrics slice = slice(slices, one[0]);
      Map<String, Double> alone =
          evaluation(model, rows(1, "a", "b", "b").where(one[1])).run().metrics();
      assertThat(slice.metrics()).containsKeys("accuracy_ci_low", "f1", "mcc", "loss", "brier");
      // The rows of a slice are drawn together, and those of all rows by label.
      slice
          .metrics()
          .forEach(
              (name, value) -> {
                if (!IntervalNames.isEnd(name)) {
                  assertThat(alone.get("test_" + name)).as(name).isCloseTo(value, within(1e-6));
                }
              });
      assertThat(slice.differences().get("accuracy"))
          .isEqualTo(slice.metrics().get("accuracy") - result.accuracy());
    }

    WorstSlices worst = slices.worst().orElseThrow();
    assertThat(worst.tests()).isGreaterThan(20);
    assertThat(worst.slices()).isNotEmpty().allMatch(slice -> slice.value() > slice.rest());
    assertThat(worst.slices())
        .isSortedAccordingTo((x, y) -> Double.compare(x.pValue(), y.pValue()));
    WorstSlice first = worst.slices().get(0);
    assertThat(first.value()).isEqualTo((double) first.errors() / first.rows());
    FairnessGap gap = slices.fairness().get(0);
    assertThat(gap.groups()).containsOnlyKeys("0", "1", "2");
    assertThat(gap.worstEqualOpportunity()).isPresent();
    assertThat(slices.figures(5))
        .containsOnlyKeys(
            "lowest_accuracy",
            "worse_beyond_chance",
            "demographic_parity_difference",
            "equal_opportunity_difference",
            "equalized_odds_difference")
        .containsEntry("worse_beyond_chance", (double) worst.significant().size())
        .containsEntry(
            "equal_opportunity_difference",
            gap.worstEqualOpportunity().orElseThrow().equalOpportunity().getAsDouble());
    assertThat(slices.figures(5).get("lowest_accuracy"))
        .isEqualTo(
            slices.slices().stream()
                .filter(slice -> slice.rows() >= 5)
                .mapToDouble(slice -> slice.metrics().get("accuracy"))
                .min()
                .orElseThrow());
    assertThat(slices.figures(1_000)).doesNotContainKey("lowest_accuracy");

    JsonNode written = new ObjectMapper().readTree(output.resolve("slices.json").toFile());
    assertThat(written.get("slices")).hasSize(slices.slices().size());
    assertThat(written.at("/worst/correction").asText()).isEqualTo("holm");
    assertThat(written.at("/fairness/0/demographic_parity_difference").isNumber()).isTrue();
    assertThat(Files.readString(output.resolve("report.html")))
        .contains("Worst slices", "country is missing", "Groups of tier");
    assertThat(slices.summary()).contains("country=de", "demographic parity");

    assertThat(
            sliced(evaluation(model, rows(8, "a", "b", "b"))).run().slices().orElseThrow().toMap())
        .usingRecursiveComparison()
        .withComparatorForType(TestModels.OTHER_BATCHES, Double.class)
        .isEqualTo(slices.toMap());
    assertThat(result.metrics())
        .usingRecursiveComparison()
        .withComparatorForType(TestModels.OTHER_BATCHES, Double.class)
        .isEqualTo(evaluation(model, rows(3, "a", "b", "b")).run().metrics());
  }

  private static SliceMetrics slice(SliceResult slices, String name) {
    return slices.slices().stream()
        .filter(slice -> slice.slice().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void setsOfLabelsAreSlicedToo() {
    String model = model("sets", ProblemType.MULTI_LABEL_CLASSIFICATION, 3, "a", "b");
    SliceResult slices =
        sliced(evaluation(model, rows(2, "a", "b|a", "b")).set("evaluate.worst_by", "loss"))
            .run()
            .slices()
            .orElseThrow();

    Map<String, Double> alone =
        evaluation(model, rows(1, "a", "b|a", "b").where("country = 'fr'")).run().metrics();
    slice(slices, "country=fr")
        .metrics()
        .forEach(
            (name, value) ->
                assertThat(alone.get("test_" + name)).as(name).isCloseTo(value, within(1e-6)));
    assertThat(slices.worst().orElseThrow().slices()).isNotEmpty();
    assertThat(slices.fairness().get(0).labels()).hasSize(2);
  }

  @Test
  void aComparisonHasWhatEachSliceSaysOfTheTwo() throws Exception {
    String first = model("first", ProblemType.SINGLE_LABEL_CLASSIFICATION, 42, "a", "b");
    String second = model("second", ProblemType.SINGLE_LABEL_CLASSIFICATION, 7, "b", "a");
    Path output = folder.resolve("out");
    ComparisonResult result =
        Comparison.on(spark)
            .console(Console.quiet())
            .models(first, second)
            .set("evaluate.bootstrap", 40)
            .set("evaluate.slices", "country,length")
            .test(rows(1, "a", "b", "b"))
            .output(output.toString())
            .run();

    PairedSlice slice =
        result.slices().stream()
            .filter(one -> one.slice().name().equals("country=de"))
            .findFirst()
            .orElseThrow();
    ComparisonResult alone =
        Comparison.on(spark)
            .console(Console.quiet())
            .models(first, second)
            .set("evaluate.bootstrap", 40)
            .test(rows(4, "a", "b", "b").where("country = 'de'"))
            .run();
    assertThat(slice.differences().get("accuracy_difference"))
        .isEqualTo(alone.differences().get("accuracy_difference"))
        .isBetween(
            slice.differences().get("accuracy_difference_ci_low"),
            slice.differences().get("accuracy_difference_ci_high"));
    assertThat(slice.rows()).isEqualTo(alone.rows());
    assertThat(slice.agreement()).isEqualTo(alone.agreement()).isBetween(0.0, 1.0);
    assertThat(slice.pValue()).isEqualTo(alone.pValue());
    assertThat(slice.pValueAdjusted()).isGreaterThanOrEqualTo(slice.pValue());
    assertThat(
            slice.bothRight()
                + slice.onlyFirstRight()
                + slice.onlySecondRight()
                + slice.bothWrong())
        .isEqualTo(slice.rows());
    assertThat(result.slices().stream().filter(one -> one.slice().column().equals("length")))
        .hasSizeGreaterThan(1);

    JsonNode written = new ObjectMapper().readTree(output.resolve("slices.json").toFile());
    assertThat(written.at("/slices/0/slice").asText()).isEqualTo("country=de");
    assertThat(written.at("/slices/0/accuracy_difference_ci_low").isNumber()).isTrue();
    assertThat(
            new ObjectMapper()
                .readTree(output.resolve("comparison.json").toFile())
                .get("agreement"))
        .isNotNull();
    assertThat(Files.readString(output.resolve("report.html")))
        .contains("Who is right", "Where they disagree", "country is missing", "first says");
    assertThat(result.sliceSummary()).contains("country=de");
  }

  @Test
  void columnsThatCannotBeSlicedByAreNamed() {
    String model = model("model", ProblemType.SINGLE_LABEL_CLASSIFICATION, 1, "a", "b");
    Evaluation evaluation = evaluation(model, rows(1, "a", "b"));

    assertThatThrownBy(() -> evaluation.set("evaluate.slices", "[contry]").run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("evaluate.slices=contry: no such column in ")
        .hasMessageContaining("it has: age, country, label, tags, text, tier");
    assertThatThrownBy(() -> evaluation.set("evaluate.slices", "[label]").run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("evaluate.slices=label: this is data.label_column");
    assertThatThrownBy(() -> evaluation.set("evaluate.fairness", "[text]").run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("evaluate.fairness=text: this is data.text_column");
    assertThatThrownBy(() -> evaluation.set("evaluate.slices", "[tags]").run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "is of type array<string>: expected strings, numbers, booleans or dates");
    assertThatThrownBy(() -> evaluation.set("evaluate.slices", "[age,,tier]").run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected names of columns, as [country,length]");
  }
}
