package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;

class ExplanationCounterfactualTest {
  private static final String MODEL =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath()
          .toString();
  private static final String[] WORDS = {"card", "cat", "refund", "sat", "the", "top", "up"};

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  private Dataset<Row> rows() {
    List<String> texts =
        IntStream.range(0, 24)
            .mapToObj(
                i ->
                    WORDS[i % 7]
                        + " \uD83D\uDE00 "
                        + WORDS[i * i % 5]
                        + " "
                        + WORDS[i / 7]
                        + " "
                        + WORDS[i % 3])
            .toList();
    return spark.createDataset(texts, Encoders.STRING()).toDF("text");
  }

  private Explanation explanation(String output) {
    return Explanation.on(spark)
        .console(Console.quiet())
        .model(MODEL)
        .set("explain.method", "occlusion")
        .set("explain.counterfactual", "remove")
        .output(folder.resolve(output).toString());
  }

  private List<String> predict(String model, Dataset<Row> texts) {
    return Prediction.on(spark)
        .console(Console.quiet())
        // As explanations are, by default.
        .set("inference.precision", "fp32")
        .model(model)
        .input(texts)
        .run()
        .select("prediction")
        .as(Encoders.STRING())
        .collectAsList();
  }

  /** What the text is said to get is what it gets. */
  @Test
  void theTextWithoutTheWordsIsPredictedAsItSays() throws Exception {
    String model = UndecidedModel.write(spark, MODEL, rows(), folder.resolve("model"));
    ExplanationResult result = explanation("out").model(model).input(rows()).run();
    assertThat(result.rows().schema().apply("counterfactual").dataType().simpleString())
        .isEqualTo(
            "struct<label:string,words:array<struct<word:string,begin:int,end:int>>,text:string>");
    Dataset<Row> found = result.rows().where("counterfactual is not null");
    List<Row> counterfactuals =
        found.select("text", "prediction", "counterfactual").collectAsList();
    assertThat(counterfactuals).isNotEmpty();
    assertThat(predict(model, found.selectExpr("counterfactual.text as text")))
        .isEqualTo(
            counterfactuals.stream().map(row -> row.getStruct(2).<String>getAs("label")).toList());
    double words = 0;
    for (Row row : counterfactuals) {
      Row of = row.getStruct(2);
      assertThat(of.<String>getAs("label")).isNotEqualTo(row.getString(1));
      for (Row word : of.<Row>getList(1)) {
        String text = row.getString(0);
        int begin = text.offsetByCodePoints(0, word.getInt(1));
        int end = text.offsetByCodePoints(0, word.getInt(2));
        assertThat(text.substring(begin, end)).isEqualTo(word.getString(0));
      }
      assertThat(of.<String>getAs("text").split("\\[MASK\\]", -1))
          .hasSize(of.getList(1).size() + 1);
      words += of.getList(1).size();
    }
    assertThat(result.metrics())
        .containsEntry("counterfactual_rows", (double) counterfactuals.size());
    assertThat(result.metrics().get("counterfactual_words_mean"))
        .isCloseTo(words / counterfactuals.size(), within(1e-9));
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("class=\"counterfactual\"", "the model says");
  }

  @Test
  void pairsHaveThemInBothTexts() {
    ExplanationResult result =
        explanation("out")
            .set("data.text_pair_column", "answer")
            .set("explain.measure", true)
            .input(rows().withColumn("answer", lit("top up the card")))
            .run();
    assertThat(result.rows().columns()).endsWith("faithfulness", "counterfactual");
    for (Row row :
        result
            .rows()
            .where("counterfactual is not null")
            .select("counterfactual.*")
            .collectAsList()) {
      String both = row.<String>getAs("text") + row.<String>getAs("text_pair");
      assertThat(both.split("\\[MASK\\]", -1)).hasSize(row.getList(1).size() + 1);
    }
  }

  /** What the text is said to get is what it gets, by words that rows of the other label have. */
  @Test
  void wordsAreReplacedByThoseOfTrainingRows() throws Exception {
    String model = UndecidedModel.write(spark, MODEL, rows(), folder.resolve("model"));
    Dataset<Row> training =
        rows()
            .withColumn(
                "label", when(col("text").contains("card"), lit("card")).otherwise(lit("refund")));
    ExplanationResult result =
        explanation("out")
            .model(model)
            .set("explain.counterfactual", "replace")
            .input(rows())
            .neighbors(training)
            .run();
    assertThat(result.rows().schema().apply("counterfactual").dataType().simpleString())
        .isEqualTo(
            "struct<label:string,words:array<struct<word:string,begin:int,end:int,"
                + "replacement:string>>,text:string>");
    Dataset<Row> found = result.rows().where("counterfactual is not null");
    List<Row> counterfactuals =
        found.select("text", "prediction", "counterfactual").collectAsList();
    assertThat(counterfactuals).isNotEmpty();
    assertThat(predict(model, found.selectExpr("counterfactual.text as text")))
        .isEqualTo(
            counterfactuals.stream().map(row -> row.getStruct(2).<String>getAs("label")).toList());
    for (Row row : counterfactuals) {
      Row of = row.getStruct(2);
      assertThat(of.<String>getAs("label")).isNotEqualTo(row.getString(1));
      String text = row.getString(0);
      StringBuilder changed = new StringBuilder(text);
      List<Row> words = of.getList(1);
      for (int i = words.size() - 1; i >= 0; i--) {
        String by = words.get(i).getAs("replacement");
        assertThat(WORDS).contains(by);
        changed.replace(
            text.offsetByCodePoints(0, words.get(i).getInt(1)),
            text.offsetByCodePoints(0, words.get(i).getInt(2)),
            by);
      }
      assertThat(of.<String>getAs("text")).isEqualTo(changed.toString());
    }
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("class=\"counterfactual\">With ", " for ");
  }

  @Test
  void replacingNeedsWords() {
    assertThatThrownBy(
            () -> explanation("out").set("explain.counterfactual", "replace").input(rows()).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("set explain.neighbors to training rows");
  }
}
