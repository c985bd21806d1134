package org.sparkfinetune.pipeline;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Column;
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
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.task.ProblemType;

class PredictionColumnsTest {
  private static final List<String> LABELS = List.of("spam", "ham, \"real\"");

  /** Writes CATEGORY annotations as the classifier does: "spam" for texts with an x. */
  private static final class Classifier extends Transformer {
    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
      assertThat(rows.columns()).containsExactly("row", "text");
      Column spam = col("text").contains("x");
      return rows.withColumn("document", lit("the pipeline's own"))
          .withColumn(
              "category",
              array(
                  struct(
                      lit("category").as("annotatorType"),
                      when(spam, LABELS.get(0)).otherwise(LABELS.get(1)).as("result"),
                      map(
                              lit("sentence"),
                              lit("0"),
                              lit(LABELS.get(0)),
                              when(spam, "0.75").otherwise("1.0E-3"),
                              lit(LABELS.get(1)),
                              when(spam, "0.25").otherwise("0.999"))
                          .as("metadata"))))
          .withColumn(
              "probability",
              array_to_vector(
                  when(spam, array(lit(0.75), lit(0.25))).otherwise(array(lit(0.001), lit(0.999)))))
          .withColumn("logits", col("probability"));
    }

    @Override
    public StructType transformSchema(StructType schema) {
      return schema;
    }

    @Override
    public Transformer copy(ParamMap extra) {
      return this;
    }

    @Override
    public String uid() {
      return "classifier";
    }
  }

  /** Gives both labels to texts with an x and none, in an annotation without result, to others. */
  private static final class Tagger extends Transformer {
    private static final long serialVersionUID = 1L;

    @Override
    public Dataset<Row> transform(Dataset<?> rows) {
      assertThat(rows.columns()).containsExactly("row", "text", "text_pair");
      Column tagged = col("text").contains("x");
      Column metadata =
          map(
                  lit(LABELS.get(0)),
                  when(tagged, "0.75").otherwise("0.25"),
                  lit(LABELS.get(1)),
                  when(tagged, "0.5").otherwise("0.125"))
              .as("metadata");
      Column none = array(struct(lit("").as("result"), metadata));
      Column both =
          array(
              struct(lit(LABELS.get(0)).as("result"), metadata),
              struct(lit(LABELS.get(1)).as("result"), metadata));
      return rows.withColumn("category", when(tagged, both).otherwise(none))
          .withColumn(
              "probability",
              array_to_vector(
                  array(when(tagged, 0.75).otherwise(0.25), when(tagged, 0.5).otherwise(0.125))))
          .withColumn("logits", col("probability"));
    }

    @Override
    public StructType transformSchema(StructType schema) {
      return schema;
    }

    @Override
    public Transformer copy(ParamMap extra) {
      return this;
    }

    @Override
    public String uid() {
      return "tagger";
    }
  }

  private final SparkSession spark = TestSpark.session();

  @TempDir Path folder;

  private Dataset<Row> rows() {
    StructType schema =
        new StructType()
            .add("id", DataTypes.IntegerType)
            .add("a.b", DataTypes.StringType)
            .add("document", DataTypes.StringType)
            .add("category", DataTypes.StringType);
    return spark.createDataFrame(
        List.of(
            RowFactory.create(1, "  with, \"x\"\nand a line ", "d1", "spam"),
            RowFactory.create(2, "plain", "d2", "spam"),
            RowFactory.create(3, null, "d3", null),
            RowFactory.create(4, " \u00A0\t", null, "c4"),
            RowFactory.create(5, "", "d5", "c5")),
        schema);
  }

  private static Dataset<Row> vectors(Dataset<Row> rows) {
    return PredictionColumns.vectors(new Classifier(), Map.of("text", "a.b"), rows, false, false);
  }

  private static Dataset<Row> predicted(Dataset<Row> rows) {
    return PredictionColumns.of(vectors(rows), rows, LABELS, false, SelectiveColumns.NONE);
  }

  private Dataset<Row> predicted() {
    return predicted(rows());
  }

  @Test
  void keepsEveryColumnAndRow() {
    Dataset<Row> predicted = predicted();

    assertThat(predicted.columns())
        .containsExactly(
            "id", "a.b", "document", "category", "prediction", "confidence", "probabilities");
    List<Row> rows = predicted.orderBy("id").collectAsList();
    assertThat(rows).hasSize(5);
    assertThat(rows.get(0).getString(1)).isEqualTo("  with, \"x\"\nand a line ");
    assertThat(rows.get(0).getString(4)).isEqualTo("spam");
    assertThat(rows.get(0).getDouble(5)).isEqualTo(0.75);
    assertThat(rows.get(0).<String, Double>getJavaMap(6))
        .isEqualTo(Map.of("spam", 0.75, LABELS.get(1), 0.25));
    assertThat(rows.get(1).getDouble(5)).isEqualTo(0.999);
    for (Row blank : rows.subList(2, 5)) {
      assertThat(Arrays.asList(blank.get(4), blank.get(5), blank.get(6))).containsOnlyNulls();
    }
  }

  @Test
  void predictsAndEvaluatesSetsOfLabelsOfPairs() {
    StructType schema =
        new StructType()
            .add("question", DataTypes.StringType)
            .add("answer", DataTypes.StringType)
            .add("labels", DataTypes.createArrayType(DataTypes.StringType));
    Dataset<Row> rows =
        spark
            .createDataFrame(
                List.of(
                    RowFactory.create("x", "y", new String[] {"spam"}),
                    RowFactory.create("none", "y", new String[0]),
                    RowFactory.create("x", " ", new String[] {"spam"})),
                schema)
            .coalesce(1);

    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("text", "question");
    texts.put("text_pair", "answer");
    Dataset<Row> vectors = PredictionColumns.vectors(new Tagger(), texts, rows, true, false);
    Dataset<Row> predicted =
        PredictionColumns.of(vectors, rows, LABELS, true, SelectiveColumns.NONE);

    assertThat(predicted.columns())
        .containsExactly("question", "answer", "labels", "prediction", "probabilities");
    List<Row> output = predicted.collectAsList();
    assertThat(output.get(0).<String>getList(3)).containsExactlyElementsOf(LABELS);
    assertThat(output.get(1).<String>getList(3)).isEmpty();
    assertThat(output.get(1).<String, Double>getJavaMap(4))
        .isEqualTo(Map.of("spam", 0.25, LABELS.get(1), 0.125));
    assertThat(output.get(2).isNullAt(3)).isTrue();
    Metrics metrics =
        PredictionMetrics.evaluate(
            vectors.where("prediction IS NOT NULL"),
            "labels",
            LABELS,
            ProblemType.MULTI_LABEL_CLASSIFICATION,
            OptionalDouble.of(0.5),
            Optional.empty(),
            Optional.empty());
    assertThat(metrics.toMap(""))
        .containsEntry("f1_micro", 2.0 / 3)
        .containsEntry("accuracy", 0.5)
        .containsEntry("hamming_loss", 0.25);
  }

  @Test
  void refusesRowsThatHaveItsColumns() {
    Dataset<Row> rows = rows().withColumn("confidence", lit(1));
    assertThatThrownBy(() -> predicted(rows))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the rows already have a column \"confidence\", which would be added: rename it");
  }

  /** As Spark resolves names: by their letters, unless it is told otherwise. */
  @Test
  void refusesColumnsThatDifferFromItsOwnByCaseAlone() {
    Dataset<Row> rows = rows().withColumnRenamed("id", "Prediction");
    assertThatThrownBy(() -> predicted(rows))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the rows already have a column \"Prediction\", which Spark does not tell from"
                + " \"prediction\", which would be added: rename it");
    spark.conf().set("spark.sql.caseSensitive", "true");
    try {
      assertThat(predicted(rows).columns()).startsWith("Prediction").contains("prediction");
    } finally {
      spark.conf().unset("spark.sql.caseSensitive");
    }
  }

  @Test
  void aSpreadsheetFindsNoFormulaInWhatIsEscaped() throws Exception {
    List<String> formulas =
        List.of(
            "=1+1",
            "+cmd",
            "-cmd",
            "@SUM(A1)",
            "\t=1",
            " \u00A0\uFEFF=1",
            "\r\n-x",
            "\uFF1D1",
            "+1 2");
    List<String> plain =
        Arrays.asList("-5.2", "+3e-4", "-.5", "a=1", "'=1", "", null, "a,\"=1\"", "1-2");
    List<Row> cells =
        Stream.concat(formulas.stream(), plain.stream())
            .map(text -> RowFactory.create(text, -1, new String[] {"=1"}))
            .toList();
    Dataset<Row> rows =
        spark
            .createDataFrame(
                cells,
                new StructType()
                    .add("=text", DataTypes.StringType)
                    .add("-1", DataTypes.IntegerType)
                    .add("labels", DataTypes.createArrayType(DataTypes.StringType)))
            .coalesce(1)
            .withColumn(PredictionColumns.PREDICTION, lit("=label"));
    String path = folder.resolve("escaped.csv").toString();

    PredictionWriter.write(
        PredictionWriter.withoutFormulas(rows), path, PredictionWriter.Format.CSV, false, false);

    Dataset<Row> written =
        spark
            .read()
            .option("header", true)
            .option("multiLine", true)
            .option("escape", "\"")
            .csv(path);
    assertThat(written.columns()).containsExactly("'=text", "-1", "labels", "prediction");
    List<Row> read = written.collectAsList();
    for (int i = 0; i < cells.size(); i++) {
      String text = cells.get(i).getString(0);
      String expected = i < formulas.size() ? "'" + text : text;
      assertThat(read.get(i).getString(0)).isEqualTo("".equals(expected) ? null : expected);
      assertThat(read.get(i).getString(1)).isEqualTo("-1");
      assertThat(read.get(i).getString(2)).isEqualTo("[\"=1\"]");
      assertThat(read.get(i).getString(3)).isEqualTo("'=label");
    }
  }

  @Test
  void csvRoundTrip() throws Exception {
    String path = folder.resolve("p.csv").toString();

    PredictionWriter.Counts counts =
        PredictionWriter.write(predicted(), path, PredictionWriter.Format.CSV, false, false);

    assertThat(counts).isEqualTo(new PredictionWriter.Counts(5, 3, 0, PredictionWriter.Format.CSV));
    List<Row> rows =
        spark
            .read()
            .option("header", true)
            .option("multiLine", true)
            .option("escape", "\"")
            .csv(path)
            .orderBy("id")
            .collectAsList();
    assertThat(rows).hasSize(5);
    assertThat(rows.get(0).getString(1)).isEqualTo("  with, \"x\"\nand a line ");
    assertThat(rows.get(0).getString(4)).isEqualTo("spam");
    assertThat(rows.get(0).getString(5)).isEqualTo("0.75");
    assertThat(rows.get(0).getString(6)).isEqualTo("{\"spam\":0.75,\"ham, \\\"real\\\"\":0.25}");
    assertThat(rows.get(2).isNullAt(4)).isTrue();
    assertThat(rows.get(3).getString(1)).isEqualTo(" \u00A0\t");
  }

  /** Spark names the files of any separator part-....csv. */
  @Test
  void tsvRoundTrip() throws Exception {
    String path = folder.resolve("p.tsv").toString();
    Dataset<Row> rows = predicted().withColumn("id", lit("-1\t=2"));

    PredictionWriter.write(
        PredictionWriter.withoutFormulas(rows), path, PredictionWriter.Format.TSV, false, false);

    List<String> lines = spark.read().textFile(path).where("value LIKE 'id%'").collectAsList();
    assertThat(lines)
        .contains("id\ta.b\tdocument\tcategory\tprediction\tconfidence\tprobabilities");
    List<Row> read =
        DatasetReader.read(spark, path, "auto").where("document = 'd1'").collectAsList();
    assertThat(read).hasSize(1);
    assertThat(read.get(0).getString(0)).isEqualTo("'-1\t=2");
    assertThat(read.get(0).getString(1)).isEqualTo("  with, \"x\"\nand a line ");
    assertThat(read.get(0).getString(6)).isEqualTo("{\"spam\":0.75,\"ham, \\\"real\\\"\":0.25}");
  }

  @Test
  void parquetAndJsonRoundTrip() throws Exception {
    for (PredictionWriter.Format format :
        List.of(PredictionWriter.Format.PARQUET, PredictionWriter.Format.JSON)) {
      String path = folder.resolve("p-" + format).toString();

      assertThat(PredictionWriter.write(predicted(), path, format, false, false).rows())
          .isEqualTo(5);
      assertThat(PredictionWriter.write(predicted(), path, format, true, false).rows())
          .isEqualTo(5);

      List<Row> read =
          spark
              .read()
              .schema(predicted().schema())
              .format(format.code())
              .load(path)
              .orderBy("id")
              .collectAsList();
      assertThat(read).isEqualTo(predicted().orderBy("id").collectAsList());
    }
  }

  private static Path onlyPart(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
  }

  @Test
  void dataThatCannotBeReadIsTheUsersToPutRight() throws Exception {
    Path parquet = folder.resolve("parquet");
    rows().coalesce(1).write().parquet(parquet.toString());
    Path damaged = parquet.resolve("zzz.parquet");
    Files.copy(onlyPart(parquet), damaged);
    Dataset<Row> rows =
        DatasetReader.readTexts(spark, input(parquet.toString(), "a.b"), warning -> {})
            .withColumn(PredictionColumns.PREDICTION, lit("spam"));
    // Not before: what is damaged then is found before anything is predicted.
    Files.writeString(damaged, "this is no parquet file at all");
    String output = folder.resolve("out").toString();
    assertThatThrownBy(
            () -> PredictionWriter.write(rows, output, PredictionWriter.Format.JSON, false, false))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("cannot read the data: ")
        .hasMessageContaining("zzz.parquet")
        .hasMessageNotContaining("\n");

    Path csv = Files.createDirectory(folder.resolve("csv"));
    Files.writeString(csv.resolve("1.csv"), "text,label\na,1\n");
    Files.writeString(csv.resolve("2.csv"), "label,text\n2,b\n");
    assertThatThrownBy(
            () -> DatasetReader.readTexts(spark, input(csv.toString(), "text"), warning -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("data.input: CSV header does not conform")
        .hasMessageContaining(csv.toString())
        .hasMessageNotContaining("\n");
  }

  private static DataArguments input(String path, String text) {
    return DataArguments.SCHEMA.create(Map.of("input", path, "text_column", text));
  }

  @Test
  void formatComesFromTheOutputThenFromTheInput() {
    assertThat(PredictionWriter.format("o.CSV", "parquet", "i.json").code()).isEqualTo("csv");
    assertThat(PredictionWriter.format("s3a://b/o.jsonl/", "auto", "i.csv").code())
        .isEqualTo("json");
    assertThat(PredictionWriter.format("o", "csv", "i.json").code()).isEqualTo("csv");
    assertThat(PredictionWriter.format("o", "auto", "i.json").code()).isEqualTo("json");
    assertThat(PredictionWriter.format("o.tsv", "auto", "i.csv").code()).isEqualTo("tsv");
    assertThat(PredictionWriter.format("o.TAB/", "auto", "i.csv").code()).isEqualTo("tsv");
    assertThat(PredictionWriter.format("o", "auto", "i.tsv").code()).isEqualTo("tsv");
    assertThat(PredictionWriter.format("o.csv", "auto", "i.tsv").code()).isEqualTo("csv");
    assertThat(PredictionWriter.format("o", "table", "db.rows").code()).isEqualTo("parquet");
  }

  @Test
  void evaluatesPredictedRows() {
    ClassificationMetrics metrics =
        (ClassificationMetrics) evaluate(vectors(rows().filter("id <= 2")));

    assertThat(metrics.n()).isEqualTo(2);
    assertThat(metrics.accuracy()).isEqualTo(0.5);
    assertThat(metrics.loss()).isEqualTo(-(Math.log(0.75) + Math.log(0.001)) / 2);
  }

  @Test
  void rowWithoutPredictionIsNotEvaluatedInSilence() {
    Dataset<Row> rows = vectors(rows().filter("id = 5").withColumn("category", lit("spam")));
    assertThatThrownBy(() -> evaluate(rows))
        .hasStackTraceContaining("a row of labels [spam] got the probabilities null");
  }

  private static Metrics evaluate(Dataset<Row> rows) {
    return PredictionMetrics.evaluate(
        rows,
        "category",
        LABELS,
        ProblemType.SINGLE_LABEL_CLASSIFICATION,
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
