package org.sparkfinetune.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.task.ProblemType;

class ComparisonTest {
  private final SparkSession spark = TestSpark.session();

  @TempDir Path folder;

  private String model(String name, ProblemType type, int seed, String... labels) {
    return TestModels.guessing(folder.resolve(name), type, seed, labels);
  }

  private Dataset<Row> rows(int partitions, String... labels) {
    String[] words = {"card", "loan", "refund", "late", "money", "parcel", "password"};
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String text = words[i % 7] + " " + words[i * i % 5] + " " + i;
      lines.add("{\"text\":\"%s\",\"label\":\"%s\"}".formatted(text, labels[i % labels.length]));
    }
    return spark.read().json(spark.createDataset(lines, Encoders.STRING())).repartition(partitions);
  }

  private Comparison comparison(String first, String second) {
    return Comparison.on(spark).console(Console.quiet()).models(first, second);
  }

  @Test
  void eachRowIsPredictedByBothAndWhatEachScoresIsItsOwnEvaluation() throws Exception {
    String first = model("first", ProblemType.SINGLE_LABEL_CLASSIFICATION, 42, "a", "b");
    String second = model("second", ProblemType.SINGLE_LABEL_CLASSIFICATION, 7, "b", "a");
    Path output = folder.resolve("out");
    ComparisonResult result =
        comparison(first, second)
            .set("evaluate.bootstrap", 200)
            .test(rows(1, "a", "b", "b"))
            .output(output.toString())
            .run();

    assertThat(result.rows()).isEqualTo(60);
    assertThat(
            result.bothRight()
                + result.onlyFirstRight()
                + result.onlySecondRight()
                + result.bothWrong())
        .isEqualTo(60);
    assertThat(result.onlyFirstRight() + result.onlySecondRight()).isPositive();
    for (String model : new String[] {first, second}) {
      EvaluationResult alone =
          Evaluation.on(spark)
              .console(Console.quiet())
              .model(model)
              .test(rows(1, "a", "b", "b"))
              .run();
      var compared = model.equals(first) ? result.first() : result.second();
      for (String name : new String[] {"accuracy", "f1", "loss"}) {
        assertThat(compared.get(name)).isEqualTo(alone.metrics().get("test_" + name));
      }
    }
    assertThat(result.differences().get("accuracy_difference"))
        .isEqualTo(result.first().get("accuracy") - result.second().get("accuracy"))
        .isBetween(
            result.differences().get("accuracy_difference_ci_low"),
            result.differences().get("accuracy_difference_ci_high"));

    JsonNode written = new ObjectMapper().readTree(output.resolve("comparison.json").toFile());
    assertThat(written.get("p_value").doubleValue()).isEqualTo(result.pValue());
    assertThat(written.fieldNames())
        .toIterable()
        .contains("accuracy_difference_ci_low", "accuracy_difference_ci_high", "second_f1");
    Dataset<Row> disagreements = spark.read().json(output.resolve("disagreements").toString());
    assertThat(disagreements.count()).isEqualTo(result.onlyFirstRight() + result.onlySecondRight());
    assertThat(disagreements.where("right = 'first' and first_prediction = label").count())
        .isEqualTo(result.onlyFirstRight());
    assertThat(disagreements.where("right = 'second' and second_prediction = label").count())
        .isEqualTo(result.onlySecondRight());

    assertThat(
            comparison(first, second)
                .set("evaluate.bootstrap", 200)
                .test(rows(8, "a", "b", "b"))
                .run()
                .figures())
        .usingRecursiveComparison()
        .withComparatorForType(TestModels.OTHER_BATCHES, Double.class)
        .isEqualTo(result.figures());
  }

  @Test
  void setsOfLabelsAreRightWhenTheyAreTheSameSets() throws Exception {
    String first = model("first", ProblemType.MULTI_LABEL_CLASSIFICATION, 1, "a", "b");
    String second = model("second", ProblemType.MULTI_LABEL_CLASSIFICATION, 5, "b", "a");
    Path output = folder.resolve("out");
    ComparisonResult result =
        comparison(first, second)
            .set("data.label_separator", "|")
            .set("evaluate.bootstrap", 50)
            .test(rows(2, "a", "b|a", "b"))
            .output(output.toString())
            .run();

    assertThat(result.rows()).isEqualTo(60);
    assertThat(result.differences())
        .containsKeys(
            "accuracy_difference", "f1_micro_difference_ci_low", "hamming_loss_difference");
    long rows = result.onlyFirstRight() + result.onlySecondRight();
    assertThat(rows).isPositive();
    assertThat(spark.read().json(output.resolve("disagreements").toString()).count())
        .isEqualTo(rows);
  }

  @Test
  void modelsOfOtherLabelsAreRefused() {
    String first = model("first", ProblemType.SINGLE_LABEL_CLASSIFICATION, 1, "a", "b", "c");
    String other = model("other", ProblemType.SINGLE_LABEL_CLASSIFICATION, 1, "a", "d");
    String sets = model("sets", ProblemType.MULTI_LABEL_CLASSIFICATION, 1, "a", "b", "c");

    assertThatThrownBy(() -> comparison(first, other).test(rows(1, "a")).run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the models have other labels: only the first has b, c; only the second has d."
                + " Expected the same ones: evaluate each by itself, on rows of its own labels");
    assertThatThrownBy(() -> comparison(first, sets).test(rows(1, "a")).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected two of one problem type");
    assertThatThrownBy(() -> Comparison.on(spark).test(rows(1, "a")).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model is not set");
    assertThat(Files.exists(folder.resolve("out"))).isFalse();
  }
}
