package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.train.InferenceArguments;
import org.sparkfinetune.train.Precision;

class ExplanationNeighborsTest {
  private static final String MODEL =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath()
          .toString();
  private static final String[] WORDS = {"card", "cat", "refund", "sat", "the", "top", "up"};

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  private Explanation explanation(String output) {
    return Explanation.on(spark)
        .console(Console.quiet())
        .model(MODEL)
        .set("explain.method", "input_x_gradient")
        .set("explain.n_neighbors", 3)
        .output(folder.resolve(output).toString());
  }

  private Dataset<Row> rows(int from, int to, int partitions) {
    List<Row> rows =
        IntStream.range(from, to)
            .mapToObj(
                i ->
                    RowFactory.create(
                        i,
                        WORDS[i % 7] + " " + WORDS[i * i % 5] + " " + WORDS[i / 7 % 7],
                        i % 3 == 0 ? "refund" : "card"))
            .toList();
    return spark
        .createDataFrame(rows, StructType.fromDDL("number int, text string, label string"))
        .repartition(partitions);
  }

  @Test
  void theNearestOfAllTrainingRowsAreFoundWhereverTheyLie() throws Exception {
    // Its labels differ from one to the other of the same text.
    Dataset<Row> training = rows(0, 60, 1).union(rows(3, 4, 1).withColumn("label", lit("card")));
    List<List<Row>> found = new ArrayList<>();
    for (int partitions : new int[] {1, 8}) {
      ExplanationResult result =
          explanation("out" + partitions)
              .input(rows(50, 62, partitions))
              .neighbors(training.repartition(partitions))
              .run();
      assertThat(result.rows().schema().apply("neighbors").dataType().simpleString())
          .isEqualTo(
              "array<struct<text:string,label:string,similarity:double,prediction:string,"
                  + "influence:double>>");
      assertThat(result.metrics()).containsEntry("training_rows", 61.0);
      found.add(
          result
              .rows()
              .orderBy("number")
              .selectExpr(
                  "text",
                  "transform(neighbors, n ->"
                      + " struct(n.text, n.label, round(n.similarity, 6), n.prediction))")
              .collectAsList());
    }
    assertThat(found.get(0)).hasSize(12).isEqualTo(found.get(1));
    Map<String, double[]> vectors = new HashMap<>();
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(spark, MODEL, false).with(new InferenceArguments(Precision.FP32));
    for (Row row :
        pipeline.pooled(rows(0, 62, 1)).selectExpr("row.text", "pooled").collectAsList()) {
      vectors.put(row.getString(0), row.<Vector>getAs(1).toArray());
    }
    List<String> texts =
        training.select("text", "label").distinct().collectAsList().stream()
            .map(row -> row.getString(0))
            .toList();
    for (Row row : found.get(0)) {
      double[] own = vectors.get(row.getString(0));
      List<Double> expected =
          texts.stream()
              .map(text -> cosine(own, vectors.get(text)))
              .sorted(Comparator.reverseOrder())
              .limit(3)
              .toList();
      List<Row> nearest = row.getList(1);
      assertThat(nearest).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(nearest.get(i).getDouble(2)).isCloseTo(expected.get(i), within(1e-6));
      }
    }
    String page = Files.readString(folder.resolve("out8/report.html"));
    assertThat(page).contains("3 nearest training rows", "of another label", "training rows");
  }

  private static double cosine(double[] a, double[] b) {
    double product = IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
    double norms = Arrays.stream(a).map(x -> x * x).sum() * Arrays.stream(b).map(x -> x * x).sum();
    return product / Math.sqrt(norms);
  }

  /** A training row is its own neighbor; rows keep their columns and their order. */
  @Test
  void trainingRowsMayBeAFileAndPairs() throws Exception {
    Path csv = folder.resolve("train.csv");
    Files.writeString(
        csv,
        "text,answer,label\nthe cat sat,top up,card\nthe card,the refund,else\n,top,card\ntop,up,\n");
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ExplanationResult result =
        explanation("out")
            .console(
                new Console(
                    new PrintStream(said, true, StandardCharsets.UTF_8), OptionalInt.empty()))
            .set("data.text_pair_column", "answer")
            .set("explain.neighbors", csv.toString())
            .set("explain.n_neighbors", 1)
            .input(
                rows(0, 4, 1)
                    .withColumn("text", lit("the card"))
                    .withColumn("answer", lit("the refund")))
            .run();
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains(
            "warning: explain.neighbors="
                + csv
                + ": rows that are not used: blank text 1, missing"
                + " label 1");
    List<Row> rows = result.rows().select("number", "neighbors").collectAsList();
    assertThat(rows).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2, 3);
    for (Row row : rows) {
      Row near = row.<Row>getList(1).get(0);
      assertThat(row.getList(1)).hasSize(1);
      assertThat(near.<String>getAs("text")).isEqualTo("the card");
      assertThat(near.<String>getAs("text_pair")).isEqualTo("the refund");
      assertThat(near.<String>getAs("label")).isEqualTo("else");
      assertThat(near.<Double>getAs("similarity")).isEqualTo(1);
      // The model has no such label.
      assertThat(near.<Double>getAs("influence")).isNull();
    }
  }

  @Test
  void setsOfLabelsHaveNeighborsToo() throws Exception {
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
    Dataset<Row> training = rows(0, 9, 3).withColumn("label", lit("refund|card"));
    ExplanationResult result =
        explanation("out").model(model.toString()).input(rows(0, 4, 2)).neighbors(training).run();
    assertThat(result.rows().schema().apply("neighbors").dataType().simpleString())
        .contains("label:array<string>", "prediction:array<string>");
    for (Row row : result.rows().select("text", "neighbors").collectAsList()) {
      Row near = row.<Row>getList(1).get(0);
      assertThat(near.<String>getAs("text")).isEqualTo(row.getString(0));
      assertThat(near.<String>getList(1)).containsExactly("card", "refund");
      assertThat(near.<Double>getAs("influence")).isNotNull();
    }
    assertThat(Files.readString(folder.resolve("out/report.html"))).contains("card, refund");
  }

  @Test
  void whatIsNoTrainingSetIsRefused() throws Exception {
    Path csv = folder.resolve("train.csv");
    Files.writeString(csv, "text,label\n,card\ntop up,\n");
    Explanation explanation = explanation("none").input(rows(0, 2, 1));
    assertThatThrownBy(() -> explanation.set("explain.neighbors", csv.toString()).run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "explain.neighbors=%s: no row can be a neighbor (blank text 1, missing label 1): expected"
                    .formatted(csv)
                + " rows with a text and a label");
    assertThatThrownBy(() -> explanation.neighbors(rows(0, 3, 1).drop("label")).run())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "explain.neighbors=DataFrame: data.label_column=label: no such column");
    assertThatThrownBy(() -> explanation.set("explain.neighbors", folder + "/no.csv").run())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("explain.neighbors=" + folder + "/no.csv: ")
        .hasMessageNotContaining("data.train")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> explanation.set("explain.n_neighbors", 0).run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("explain.n_neighbors=0");
    assertThatThrownBy(
            () ->
                explanation("none")
                    .input(rows(0, 2, 1).withColumn("neighbors", lit(1)))
                    .neighbors(rows(0, 3, 1))
                    .run())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("already have a column \"neighbors\"");
    assertThat(folder.resolve("none/attributions")).doesNotExist();
  }
}
