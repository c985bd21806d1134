package org.sparkfinetune.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.FineTuneResult;
import org.sparkfinetune.finetune.FineTuning;

/** Audits as programs call them. */
class AuditTest {
  private static final Path BASE =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  private static final List<String> INTENTS = List.of("refund", "parcel", "login");

  @TempDir Path folder;

  /** Texts that say their label, of which those whose number ends with 7 have another one. */
  private static List<Row> rows(int from, int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      boolean wrong = i % 10 == 7;
      rows.add(
          RowFactory.create(
              i,
              "the %s number %d please".formatted(INTENTS.get(i % 3), i),
              INTENTS.get((wrong ? i + 1 : i) % 3)));
    }
    return rows;
  }

  private static Dataset<Row> dataset(SparkSession spark, List<Row> rows) {
    return spark.createDataFrame(
        rows,
        new StructType()
            .add("number", DataTypes.IntegerType)
            .add("text", DataTypes.StringType)
            .add("label", DataTypes.StringType));
  }

  private Audit tiny() {
    return Audit.on(TestSpark.session())
        .console(Console.quiet())
        .set(
            Map.of(
                "model.base",
                BASE.toString(),
                "model.max_length",
                16,
                "training.num_train_epochs",
                1,
                "audit.folds",
                3));
  }

  @Test
  void rowsAreJudgedByModelsThatHaveNotSeenThem() throws Exception {
    SparkSession spark = TestSpark.session();
    List<Row> train = rows(0, 60);
    train.add(RowFactory.create(100, "THE  refund number 0 please ", "refund"));
    train.add(RowFactory.create(101, " ", "refund"));
    List<Row> test = rows(200, 3);
    test.add(RowFactory.create(300, "the parcel number 1 please", "parcel"));
    test.add(RowFactory.create(301, "the parcel  number 1 please!", "parcel"));
    Path output = folder.resolve("audit");

    AuditResult result =
        tiny()
            .set("audit.similarity", 0.9)
            .train(dataset(spark, train))
            .test(dataset(spark, test))
            .output(output.toString())
            .run();

    assertThat(result.rows()).isEqualTo(61);
    Dataset<Row> issues = result.issues();
    assertThat(issues.columns())
        .containsExactly(
            "number",
            "text",
            "label",
            "label_issue",
            "suggested_label",
            "quality",
            "outlier",
            "outlier_score");
    assertThat(issues.count()).isEqualTo(61);
    assertThat(issues.where("label_issue").count()).isEqualTo(result.issueCount());
    assertThat(issues.where("label_issue <> (suggested_label is not null)").count()).isZero();
    assertThat(issues.where("suggested_label = label or quality < 0 or quality > 1").count())
        .isZero();
    // They are what a training weighs its rows by.
    FineTuneResult weighted =
        FineTuning.on(spark)
            .console(Console.quiet())
            .set("model.base", BASE.toString())
            .set("model.max_length", 16)
            .set("training.num_train_epochs", 1)
            .set("data.train", output.resolve("issues").toString())
            .set("data.weight_column", "quality")
            .output(folder.resolve("weighted").toString())
            .run();
    assertThat(weighted.metrics()).containsKeys("train_loss", "eval_loss", "test_loss");
    JsonNode json = new ObjectMapper().readTree(output.resolve("audit.json").toFile());
    assertThat(json.get("rows").asLong()).isEqualTo(61);
    assertThat(json.get("issues").asLong()).isEqualTo(result.issueCount());
    assertThat(json.get("labels")).hasSize(3);
    assertThat(json.get("outliers").asLong()).isEqualTo(issues.where("outlier").count());
    assertThat(issues.where("outlier_score < 0 or outlier_score > 1").count()).isZero();
    assertThat(json.get("labels").get(2).get("label").asText()).isEqualTo("refund");
    assertThat(json.get("labels").get(2).get("rows").asLong())
        .isEqualTo(train.stream().filter(row -> row.get(2).equals("refund")).count() - 1);
    // White space and case apart, 0 and 100 are equal; and so is a test row to a training row.
    assertThat(json.get("duplicate_groups").asLong()).isEqualTo(1);
    assertThat(json.get("duplicate_rows").asLong()).isEqualTo(2);
    assertThat(json.get("leaked_test").asLong()).isEqualTo(1);
    assertThat(json.get("near_leaked_test").asLong()).isEqualTo(1);
    assertThat(Files.readString(output.resolve("report.html"))).contains("Overlapping labels");
    assertThat(Files.exists(output.resolve("rejected_rows"))).isTrue();

    // Each row is in one fold, and equal texts are in the same one; the folds say what is judged.
    Dataset<Row> folds =
        spark
            .read()
            .parquet(
                output.resolve("folds/0").toString(),
                output.resolve("folds/1").toString(),
                output.resolve("folds/2").toString());
    assertThat(folds.count()).isEqualTo(61);
    double quality =
        folds
            .where("label = 'login'")
            .selectExpr("probabilities[0]")
            .agg(Map.of("probabilities[0]", "avg"))
            .first()
            .getDouble(0);
    assertThat(json.get("labels").get(0).get("mean_quality").asDouble())
        .isCloseTo(quality, within(1e-12));

    // What is there is not trained again, and another filter finds its issues in it.
    long before = Files.getLastModifiedTime(output.resolve("folds/1/_SUCCESS")).toMillis();
    AuditResult again =
        tiny()
            .set("audit.filter", "predicted_neq_given")
            .train(dataset(spark, train))
            .output(output.toString())
            .resume(true)
            .run();
    assertThat(Files.getLastModifiedTime(output.resolve("folds/1/_SUCCESS")).toMillis())
        .isEqualTo(before);
    assertThat(again.issueCount())
        .isEqualTo(Math.round((1 - again.metrics().get("accuracy")) * again.rows()));

    assertThatThrownBy(
            () ->
                tiny()
                    .set("training.num_train_epochs", 2)
                    .train(dataset(spark, train))
                    .output(output.toString())
                    .resume(true)
                    .run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("begun with other settings");
  }

  @Test
  void whatCannotBeAuditedIsSaid() {
    SparkSession spark = TestSpark.session();
    List<Row> few = rows(0, 30);
    few.add(RowFactory.create(99, "one more", "rare"));
    few.add(RowFactory.create(98, "one more", "rare"));
    String output = folder.resolve("none").toString();

    assertThatThrownBy(() -> tiny().train(dataset(spark, few)).output(output).run())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "audit.folds=3 is not allowed: the label rare has 1 different text,");
    assertThatThrownBy(() -> tiny().train(dataset(spark, rows(0, 30))).run())
        .isInstanceOf(UserException.class)
        .hasMessage("output is not set: expected a folder to write to");
    assertThatThrownBy(() -> tiny().output(output).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("data.train");
    List<Row> one = rows(0, 30).stream().filter(row -> row.get(2).equals("refund")).toList();
    assertThatThrownBy(() -> tiny().train(dataset(spark, one)).output(output).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("at least two classes");
    assertThatThrownBy(
            () ->
                tiny()
                    .train(dataset(spark, rows(0, 30)).withColumnRenamed("number", "Quality"))
                    .output(output)
                    .run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("already have a column \"Quality\"");
  }

  @Test
  void setsOfLabelsAreJudgedLabelByLabel() {
    SparkSession spark = TestSpark.session();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 45; i++) {
      String labels = List.of("refund", "refund|parcel", "").get(i % 3);
      rows.add(RowFactory.create(i, "a text of %s number %d".formatted(labels, i), labels));
    }

    AuditResult result =
        tiny()
            .set("model.problem_type", "multi_label_classification")
            .train(dataset(spark, rows))
            .output(folder.resolve("sets").toString())
            .run();

    assertThat(result.rows()).isEqualTo(45);
    assertThat(result.issues().where("label_issue").count()).isEqualTo(result.issueCount());
    assertThat(result.issues().where("outlier is not null").count()).isZero();
    assertThat(result.issues().schema().apply("suggested_label").dataType().simpleString())
        .isEqualTo("array<string>");
  }
}
