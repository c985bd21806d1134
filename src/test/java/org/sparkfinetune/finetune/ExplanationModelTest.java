package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.evaluate.ClopperPearson;

/** The model as a whole: words that are spurious or behind confusions, and what is without them. */
class ExplanationModelTest {
  private static final String MODEL =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath()
          .toString();
  private static final String[] WORDS = {"card", "cat", "refund", "sat", "the", "top", "up"};

  /** Two computations of one number in fp32, in passes of other rows. */
  private static final double NOISE = 1e-5;

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  private Explanation explanation(String model) {
    return Explanation.on(spark)
        .console(Console.quiet())
        .model(model)
        .set("explain.method", "occlusion")
        .set("explain.min_word_rows", 2)
        .output(folder.resolve("out").toString());
  }

  /** Of three words each, some without a label. */
  private Dataset<Row> rows() {
    List<Row> rows =
        IntStream.range(0, 30)
            .mapToObj(
                i ->
                    RowFactory.create(
                        WORDS[i % 7] + " " + WORDS[i * i % 5] + " " + WORDS[(i / 7 + i) % 7],
                        i % 9 == 8 ? null : i % 4 == 0 ? "refund" : i % 4 == 1 ? "top_up" : "card"))
            .toList();
    return spark.createDataFrame(rows, StructType.fromDDL("text string, label string"));
  }

  private record Explained(
      String text, String label, String prediction, Map<String, Double> scores) {
    boolean has(String word) {
      return scores.containsKey(word);
    }
  }

  private static List<Explained> explained(ExplanationResult result) {
    return result
        .rows()
        .selectExpr(
            "text",
            "label",
            "prediction",
            "transform(attributions, a -> a.word)",
            "transform(attributions, a -> a.score)")
        .collectAsList()
        .stream()
        .map(
            row -> {
              Map<String, Double> scores = new HashMap<>();
              for (int i = 0; i < row.getList(3).size(); i++) {
                scores.merge(
                    row.<String>getList(3).get(i), row.<Double>getList(4).get(i), Double::sum);
              }
              return new Explained(row.getString(0), row.getString(1), row.getString(2), scores);
            })
        .toList();
  }

  private Map<String, Row> predictions(String model, List<String> texts) {
    Dataset<Row> rows = spark.createDataset(texts, Encoders.STRING()).toDF("text").distinct();
    return Prediction.on(spark)
        .console(Console.quiet())
        // As explanations are, by default.
        .set("inference.precision", "fp32")
        .model(model)
        .input(rows)
        .run()
        .select("text", "prediction", "probabilities")
        .collectAsList()
        .stream()
        .collect(Collectors.toMap(row -> row.getString(0), row -> row));
  }

  private static String without(String text, String word) {
    return Arrays.stream(text.split(" "))
        .map(of -> of.equals(word) ? "[MASK]" : of)
        .collect(Collectors.joining(" "));
  }

  /** What is told of removing a word, against texts with the mask in its place. */
  private void assertRemoval(
      Row word, String label, List<Explained> from, Map<String, Row> predicted) {
    double flipped = 0;
    double change = 0;
    for (Explained row : from) {
      Row before = predicted.get(row.text());
      Row after = predicted.get(without(row.text(), word.getAs("word")));
      flipped += before.getString(1).equals(after.getString(1)) ? 0 : 1;
      change +=
          after.<String, Double>getJavaMap(2).get(label)
              - before.<String, Double>getJavaMap(2).get(label);
    }
    assertThat(from).isNotEmpty();
    assertThat(word.<Long>getAs("removed_rows")).isEqualTo(from.size());
    assertThat(word.<Double>getAs("flipped_share")).isCloseTo(flipped / from.size(), within(1e-12));
    assertThat(word.<Double>getAs("probability_change"))
        .isCloseTo(change / from.size(), within(NOISE));
  }

  private Map<String, Row> withAndWithout(String model, List<Explained> rows) {
    return predictions(
        model,
        rows.stream()
            .flatMap(
                row ->
                    IntStream.rangeClosed(0, WORDS.length)
                        .mapToObj(i -> i == 0 ? row.text() : without(row.text(), WORDS[i - 1])))
            .toList());
  }

  private static List<Explained> those(List<Explained> rows, Predicate<Explained> which) {
    return rows.stream().filter(which).toList();
  }

  @Test
  void wordsAreSpuriousWhereTheLabelsDoNotBearThemOut() throws Exception {
    String model = UndecidedModel.write(spark, MODEL, rows(), folder.resolve("model"));
    ExplanationResult result = explanation(model).input(rows()).run();
    List<Explained> rows = explained(result);
    List<Explained> labeled = those(rows, row -> row.label() != null);
    Map<String, Row> predicted = withAndWithout(model, rows);
    List<Row> words = result.words().collectAsList();
    int spurious = 0;
    for (Row word : words) {
      String label = word.getAs("class");
      String of = word.getAs("word");
      List<Explained> with = those(labeled, row -> row.has(of));
      int right = those(with, row -> row.label().equals(label)).size();
      double share = (double) right / with.size();
      double base =
          (double) those(labeled, row -> row.label().equals(label)).size() / labeled.size();
      assertThat(word.<Long>getAs("labeled_rows")).isEqualTo(with.size());
      assertThat(word.<Double>getAs("label_share")).isCloseTo(share, within(1e-12));
      assertThat(word.<Double>getAs("base_rate")).isCloseTo(base, within(1e-12));
      ClopperPearson interval = ClopperPearson.of(right, with.size());
      assertThat(word.<Double>getAs("label_share_low")).isEqualTo(interval.low());
      assertThat(word.<Double>getAs("label_share_high")).isEqualTo(interval.high());
      boolean expected = word.<Double>getAs("mean_attribution") > 0 && share <= base;
      assertThat(word.<Boolean>getAs("spurious")).isEqualTo(expected);
      spurious += expected ? 1 : 0;
      assertRemoval(
          word,
          label,
          those(rows, row -> row.prediction().equals(label) && row.has(of)),
          predicted);
    }
    assertThat(spurious).isBetween(1, words.size() - 1);
    assertThat(words).anyMatch(word -> word.<Double>getAs("flipped_share") > 0);
    assertThat(result.metrics()).containsEntry("spurious_words", (double) spurious);
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("Spurious words", "Words behind wrong predictions")
        .doesNotContain("need labels");
  }

  @Test
  void wordsBehindConfusionsAreThoseOfWrongRows() throws Exception {
    String model = UndecidedModel.write(spark, MODEL, rows(), folder.resolve("model"));
    ExplanationResult result =
        explanation(model)
            .set("explain.top_words", 2)
            .set("explain.top_confusions", 3)
            .input(rows())
            .run();
    List<Explained> wrong =
        those(
            explained(result), row -> row.label() != null && !row.label().equals(row.prediction()));
    Map<List<String>, List<Explained>> pairs =
        wrong.stream()
            .collect(Collectors.groupingBy(row -> List.of(row.label(), row.prediction())));
    Map<String, Row> predicted = withAndWithout(model, wrong);
    List<Row> words = result.confusions().orElseThrow().collectAsList();
    List<Integer> sizes = pairs.values().stream().map(List::size).sorted().toList();
    assertThat(pairs).hasSizeGreaterThan(3);
    Map<List<String>, List<Row>> found =
        words.stream()
            .collect(
                Collectors.groupingBy(
                    row -> List.of(row.<String>getAs("label"), row.<String>getAs("prediction"))));
    assertThat(found.keySet().stream().map(pair -> pairs.get(pair).size()).sorted())
        .isEqualTo(sizes.subList(sizes.size() - 3, sizes.size()));
    for (Map.Entry<List<String>, List<Row>> pair : found.entrySet()) {
      List<Explained> rows = pairs.get(pair.getKey());
      Map<String, Double> sums = new HashMap<>();
      rows.forEach(
          row -> row.scores().forEach((word, score) -> sums.merge(word, score, Double::sum)));
      List<Double> largest =
          sums.values().stream()
              .filter(sum -> sum > 0)
              .sorted((a, b) -> b.compareTo(a))
              .limit(2)
              .toList();
      assertThat(pair.getValue()).hasSize(largest.size());
      for (Row word : pair.getValue()) {
        String of = word.getAs("word");
        assertThat(word.<Long>getAs("confused_rows")).isEqualTo(rows.size());
        assertThat(word.<Double>getAs("attribution")).isCloseTo(sums.get(of), within(1e-9));
        assertThat(largest).anyMatch(sum -> Math.abs(sum - sums.get(of)) < 1e-9);
        List<Explained> with = those(rows, row -> row.has(of));
        assertThat(word.<Long>getAs("rows")).isEqualTo(with.size());
        assertRemoval(word, pair.getKey().get(1), with, predicted);
      }
    }
  }

  @Test
  void withoutLabelsTheRestIsThere() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ExplanationResult result =
        explanation(MODEL)
            .console(
                new Console(
                    new PrintStream(said, true, StandardCharsets.UTF_8), OptionalInt.empty()))
            .input(rows().drop("label"))
            .run();
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("data.label_column=label: the rows have no such column: which predictions are");
    assertThat(result.confusions()).isEmpty();
    assertThat(folder.resolve("out/confusions")).doesNotExist();
    assertThat(result.metrics()).doesNotContainKey("spurious_words");
    assertThat(result.words().where("spurious is null and base_rate is null and removed_rows > 0"))
        .extracting(Dataset::count)
        .isEqualTo(result.words().count());
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("need labels, and the rows have no column label.");
  }

  /** Columns may have the names that these tables use. */
  @Test
  void pairsWithSetsOfLabels() throws Exception {
    Path model = folder.resolve("model");
    Files.createDirectory(model);
    try (var files = Files.list(Path.of(MODEL))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    String config = Files.readString(model.resolve("config.json"));
    Files.writeString(
        model.resolve("config.json"),
        config.replaceFirst("\\{", "{\"problem_type\": \"multi_label_classification\","));
    ExplanationResult result =
        explanation(model.toString())
            .set("data.text_column", "labels")
            .set("data.text_pair_column", "class")
            .set("data.label_column", "word")
            .input(
                rows()
                    .withColumnRenamed("text", "labels")
                    .withColumn("class", lit("The CARD"))
                    .withColumn("word", lit("card|refund"))
                    .withColumn("seen", lit(1)))
            .run();
    List<Row> words = result.words().where("word = 'the'").collectAsList();
    assertThat(words).isNotEmpty();
    for (Row word : words) {
      // It is in each second text.
      assertThat(word.<Long>getAs("labeled_rows")).isEqualTo(30);
      boolean right = List.of("card", "refund").contains(word.<String>getAs("class"));
      assertThat(word.<Double>getAs("label_share")).isEqualTo(right ? 1 : 0);
      assertThat(word.<Double>getAs("base_rate")).isEqualTo(right ? 1 : 0);
      assertThat(word.<Long>getAs("removed_rows")).isEqualTo(word.<Long>getAs("rows"));
    }
    for (Row word : result.confusions().orElseThrow().collectAsList()) {
      assertThat(word.<String>getAs("label")).isEqualTo("card, refund");
      assertThat(word.<String>getAs("prediction")).isNotIn("card", "refund");
    }
  }
}
