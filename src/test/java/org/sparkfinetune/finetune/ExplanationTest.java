package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;

class ExplanationTest {
  private static final String MODEL =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath()
          .toString();

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  private Explanation explanation(String output) {
    return Explanation.on(spark)
        .console(Console.quiet())
        .model(MODEL)
        .set("explain.min_word_rows", 1)
        .output(folder.resolve(output).toString());
  }

  private Dataset<Row> rows(int partitions, String... more) {
    String[] words = {"card", "cat", "refund", "sat", "the", "top", "up"};
    List<String> lines = new ArrayList<>(List.of(more));
    for (int i = 0; i < 12; i++) {
      String text = words[i % 7] + " \uD83D\uDE00 " + words[i * i % 5] + " " + words[i / 7];
      lines.add("{\"number\":%d,\"text\":\"%s %d\"}".formatted(i, text, i));
    }
    return spark.read().json(spark.createDataset(lines, Encoders.STRING())).repartition(partitions);
  }

  @Test
  void writesWhatTheContractSays() throws Exception {
    Path csv = folder.resolve("in.csv");
    Files.writeString(
        csv,
        "id,text,label\n1,the cat \uD83D\uDE00 sat,card\n2, ,card\n3,top up the card,refund\n");
    ExplanationResult result = explanation("out").set("data.input", csv.toString()).run();

    Dataset<Row> written = spark.read().parquet(folder.resolve("out/attributions").toString());
    assertThat(written.columns())
        .containsExactly(
            "id",
            "text",
            "label",
            "prediction",
            "attributions",
            "completeness_delta",
            "explained_class",
            "special_tokens_score");
    assertThat(written.schema().apply("attributions").dataType().simpleString())
        .isEqualTo("array<struct<word:string,begin:int,end:int,score:double>>");
    assertThat(written.count()).isEqualTo(2);
    // Characters are those of Spark's substring.
    List<Row> words =
        written
            .where("id = 1")
            .selectExpr("text", "explode(attributions) as a")
            .selectExpr("a.word", "substring(text, a.begin + 1, a.end - a.begin)", "a.score")
            .collectAsList();
    assertThat(words).extracting(row -> row.getString(0)).contains("cat", "sat");
    assertThat(words).allMatch(row -> row.getString(0).equals(row.getString(1)));
    assertThat(result.rejected()).isEqualTo(Map.of("blank_text", 1L));
    assertThat(result.summary()).isEqualTo("2 rows explained; not explained: blank text 1\n");
    List<Row> rejected =
        spark
            .read()
            .json(folder.resolve("out/rejected_rows").toString())
            .select("row.id", "reason")
            .collectAsList();
    assertThat(rejected.toString()).isEqualTo("[[2,blank_text]]");
    JsonNode metrics = new ObjectMapper().readTree(folder.resolve("out/metrics.json").toFile());
    assertThat(metrics.get("rows").asDouble()).isEqualTo(2);
    assertThat(metrics.get("completeness_delta_max").asDouble()).isCloseTo(0, within(1e-3));
    String page = Files.readString(folder.resolve("out/report.html"));
    assertThat(page).contains("data-score=", "the label", "class=\"filters\"");
    Set<String> prediction =
        new HashSet<>(
            Prediction.on(spark)
                .console(Console.quiet())
                .model(MODEL)
                .input(written.select("text"))
                .run()
                .select("prediction")
                .as(Encoders.STRING())
                .collectAsList());
    assertThat(new HashSet<>(written.select("prediction").as(Encoders.STRING()).collectAsList()))
        .isEqualTo(prediction);
  }

  @Test
  void theSameRowsComeOfOnePartitionAndOfEight() {
    List<List<Row>> found = new ArrayList<>();
    List<List<Row>> words = new ArrayList<>();
    for (int partitions : new int[] {1, 8}) {
      ExplanationResult result = explanation("out" + partitions).input(rows(partitions)).run();
      found.add(
          result
              .rows()
              .orderBy("number")
              .selectExpr(
                  "number",
                  "prediction",
                  "explained_class",
                  "transform(attributions, a -> struct(a.word, a.begin, a.end, round(a.score, 4)))")
              .collectAsList());
      words.add(
          result
              .words()
              .selectExpr(
                  "class",
                  "word",
                  "round(mean_attribution, 4)",
                  "occurrences",
                  "rows",
                  "removed_rows")
              .orderBy("class", "word")
              .collectAsList());
    }
    assertThat(found.get(0)).hasSize(12).isEqualTo(found.get(1));
    assertThat(words.get(0)).isNotEmpty().isEqualTo(words.get(1));
  }

  @Test
  void wordsOfALabelAreMeansOfTheRows() {
    ExplanationResult result =
        explanation("out").set("explain.target", "card").input(rows(2)).run();
    Map<String, Double> means = new HashMap<>();
    Map<String, Integer> times = new HashMap<>();
    for (Row row :
        result.rows().selectExpr("explode(attributions) a").select("a.*").collectAsList()) {
      means.merge(row.getString(0), row.getDouble(3), Double::sum);
      times.merge(row.getString(0), 1, Integer::sum);
    }
    Map<String, Integer> rowsWith = new HashMap<>();
    for (Row row :
        result
            .rows()
            .selectExpr("array_distinct(transform(attributions, a -> a.word))")
            .collectAsList()) {
      row.<String>getList(0).forEach(word -> rowsWith.merge(word, 1, Integer::sum));
    }
    assertThat(rowsWith).isNotEqualTo(times);
    for (Row row : result.words().collectAsList()) {
      String word = row.getAs("word");
      assertThat(row.<Long>getAs("occurrences")).isEqualTo(times.get(word).longValue());
      assertThat(row.<Long>getAs("rows")).isEqualTo(rowsWith.get(word).longValue());
      assertThat(row.<Double>getAs("mean_attribution"))
          .isCloseTo(means.get(word) / times.get(word), within(1e-9));
      assertThat(row.<String>getAs("class")).isEqualTo("card");
    }
  }

  @Test
  void pairsAndWhatIsMeasuredAreThereToo() throws Exception {
    ExplanationResult result =
        explanation("out")
            .set("data.text_pair_column", "answer")
            .set("explain.measure", true)
            .set("explain.page_rows", 5)
            .set("explain.sanity_rows", 4)
            .input(rows(2).withColumn("answer", lit("top up the card")))
            .run();
    assertThat(result.rows().schema().apply("attributions").dataType().simpleString())
        .isEqualTo("array<struct<word:string,begin:int,end:int,score:double,text:int>>");
    assertThat(
            result
                .rows()
                .selectExpr("explode(attributions) a")
                .where("a.text = 1")
                .selectExpr("a.word", "substring('top up the card', a.begin + 1, a.end - a.begin)")
                .collectAsList())
        .hasSize(48)
        .allMatch(row -> row.getString(0).equals(row.getString(1)));
    assertThat(result.metrics())
        .containsKeys("comprehensiveness", "random_comprehensiveness", "deletion", "insertion");
    double mean = 0;
    for (Row row : result.rows().select("faithfulness.deletion").collectAsList()) {
      mean += row.getDouble(0) / 12;
    }
    assertThat(result.metrics().get("deletion")).isCloseTo(mean, within(1e-9));
    assertThat(result.summary())
        .contains(
            "comprehensiveness", "lower is better", "from the head down, of 4 rows", "layer 1");
    assertThat(result.metrics())
        .containsEntry("sanity_rows", 4.0)
        .containsKeys("sanity_head", "sanity_layer_1", "sanity_embeddings");
    String page = Files.readString(folder.resolve("out/report.html"));
    assertThat(page).contains("5 of the 12 rows");
    assertThat(page.split("<article", -1)).hasSize(6);
  }

  /** Its weights are read, and computed with here. */
  @Test
  void aModelInOnnxIsExplainedToo() {
    String onnx = folder.resolve("onnx").toString();
    Export.on(spark).console(Console.quiet()).model(MODEL).format("onnx").write(onnx);
    List<Row> expected = scores(explanation("out").input(rows(1)).run());
    List<Row> found = scores(explanation("of-onnx").model(onnx).input(rows(1)).run());
    assertThat(found).isEqualTo(expected);
  }

  private static List<Row> scores(ExplanationResult result) {
    return result
        .rows()
        .orderBy("number")
        .selectExpr("number", "transform(attributions, a -> struct(a.word, round(a.score, 3)))")
        .collectAsList();
  }

  @Test
  void labelsThatTheModelDoesNotKnowAreNeitherRightNorWrong() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    explanation("out")
        .console(
            new Console(new PrintStream(said, true, StandardCharsets.UTF_8), OptionalInt.empty()))
        .input(rows(1).withColumn("label", lit(3)))
        .run();
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("warning: data.label_column=label has none of the model's labels");
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .doesNotContain("data-right=\"wrong\"");
  }

  @Test
  void whatCannotBeExplainedIsRefused() {
    assertThatThrownBy(
            () -> explanation("none").set("explain.target", "cards").input(rows(1)).run())
        .isInstanceOf(UserException.class)
        .hasMessage("explain.target=cards: the model has no such label: did you mean card?");
    Dataset<Row> blank = rows(1).withColumn("text", lit(" ")).limit(3);
    assertThatThrownBy(() -> explanation("none").input(blank).run())
        .isInstanceOf(UserException.class)
        .hasMessage("data.input: no row can be explained: blank text 3");
    assertThatThrownBy(
            () ->
                explanation("none").input(rows(1).withColumnRenamed("number", "prediction")).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("already have a column \"prediction\"");
    assertThatThrownBy(
            () -> Explanation.on(spark).console(Console.quiet()).model(MODEL).input(rows(1)).run())
        .isInstanceOf(UserException.class)
        .hasMessage("output is not set: expected a folder to write to");
    assertThat(folder.resolve("none/attributions")).doesNotExist();
  }
}
