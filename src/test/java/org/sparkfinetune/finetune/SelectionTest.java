package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.TensorSource;

class SelectionTest {
  private static final double TOLERANCE = 1e-12;

  private static final String MODEL =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath()
          .toString();

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  /** {@code tools/goldens/selection.py} wrote what is expected. */
  @Test
  void utilitiesAreThoseOfNumpyAndSciPy() throws Exception {
    JsonNode golden =
        new ObjectMapper().readTree(SelectionTest.class.getResourceAsStream("selection.json"));
    for (String kind : List.of("cases", "sets")) {
      for (JsonNode one : golden.get(kind)) {
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : one.get("probabilities")) {
          Double[] probabilities = new Double[row.size()];
          Arrays.setAll(probabilities, k -> row.get(k).asDouble());
          rows.add(RowFactory.create(rows.size(), probabilities));
        }
        Dataset<Row> dataset =
            spark.createDataFrame(
                rows,
                new StructType()
                    .add("id", DataTypes.IntegerType)
                    .add("p", DataTypes.createArrayType(DataTypes.DoubleType)));
        for (SelectionStrategy strategy : SelectionStrategy.values()) {
          List<Row> found =
              dataset
                  .select(col("id"), strategy.utility(col("p"), kind.equals("sets")))
                  .orderBy("id")
                  .collectAsList();
          JsonNode expected = one.get("utility").get(strategy.name().toLowerCase(Locale.ROOT));
          for (int i = 0; i < rows.size(); i++) {
            if (expected == null) {
              assertThat(found.get(i).isNullAt(1)).isTrue();
            } else {
              assertThat(found.get(i).getDouble(1))
                  .as("%s, %s, row %d", one.get("name"), strategy, i)
                  .isCloseTo(expected.get(i).asDouble(), within(TOLERANCE));
            }
          }
        }
      }
    }
  }

  /** Of whole gradients, as Python has them; here their products are never written out. */
  @Test
  void diverseRowsAreThoseOfNumpy() throws Exception {
    JsonNode golden =
        new ObjectMapper().readTree(SelectionTest.class.getResourceAsStream("selection.json"));
    for (JsonNode one : golden.get("diverse")) {
      List<Row> rows = new ArrayList<>();
      for (JsonNode row : one.get("probabilities")) {
        Double[] probabilities = new Double[row.size()];
        Arrays.setAll(probabilities, k -> row.get(k).asDouble());
        JsonNode ofRow = one.get("features").get(rows.size());
        double[] features = new double[ofRow.size()];
        Arrays.setAll(features, k -> ofRow.get(k).asDouble());
        rows.add(RowFactory.create((long) rows.size(), Vectors.dense(features), probabilities));
      }
      StructType schema =
          new StructType()
              .add("id", DataTypes.LongType)
              .add("features", SQLDataTypes.VectorType())
              .add("p", DataTypes.createArrayType(DataTypes.DoubleType));
      for (int partitions : new int[] {1, 3}) {
        Dataset<Row> dataset = spark.createDataFrame(rows, schema).repartition(partitions);
        for (DiverseRows.Kind kind : DiverseRows.Kind.values()) {
          JsonNode expected = one.get(kind.name().toLowerCase(Locale.ROOT));
          List<DiverseRows.Pick> picks =
              new DiverseRows(kind, one.get("seed").asLong())
                  .choose(dataset, one.get("sets").asBoolean(), expected.get("chosen").size());
          for (int i = 0; i < picks.size(); i++) {
            assertThat(picks.get(i).id())
                .as("%s, %s, %d", one.get("name"), kind, i)
                .isEqualTo(expected.get("chosen").get(i).asLong());
            JsonNode distance = expected.get("distances").get(i);
            // A difference of squares: more is lost than in numpy's square of differences.
            assertThat(picks.get(i).distance())
                .isCloseTo(distance.asDouble(Double.NaN), within(1e-9));
          }
        }
      }
    }
  }

  /** The last layer makes the logits of what it is given. */
  @Test
  void featuresAreWhatTheLogitsAreMadeOf() {
    TransformerClassifierModel model =
        TransformerClassifierModel.loadSavedModel(MODEL, spark)
            .setInputCols(new String[] {"document"});
    model.setOutputCol("category");
    model.setPooledCol("features").setRawPredictionCol("logits");
    DocumentAssembler assembler = new DocumentAssembler();
    assembler.setInputCol("text");
    assembler.setOutputCol("document");
    Dataset<Row> documents = assembler.transform(rows(1).select("text"));
    ModelFiles files = model.files();
    float[] weight;
    float[] bias;
    try (TensorSource weights = files.openWeights()) {
      weight = floats(weights.read("classifier.weight"));
      bias = floats(weights.read("classifier.bias"));
    }
    for (Row row : model.transform(documents).select("features", "logits").collectAsList()) {
      double[] features = ((Vector) row.get(0)).toArray();
      double[] logits = ((Vector) row.get(1)).toArray();
      assertThat(features).hasSize(12);
      for (int label = 0; label < logits.length; label++) {
        double sum = bias[label];
        for (int k = 0; k < features.length; k++) {
          sum += features[k] * weight[label * features.length + k];
        }
        assertThat(logits[label]).isCloseTo(sum, within(1e-5));
      }
    }
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    new FloatPointer(tensor.data_ptr()).get(values);
    return values;
  }

  private Dataset<Row> rows(int partitions, String... more) {
    String[] words = {"card", "cat", "refund", "sat", "the", "top", "up"};
    List<String> lines = new ArrayList<>(List.of(more));
    for (int i = 0; i < 40; i++) {
      String text = words[i % 7] + " " + words[i * i % 5] + " " + words[i / 7];
      lines.add("{\"number\":%d,\"text\":\"%s %d\",\"label\":null}".formatted(i, text, i));
    }
    return spark.read().json(spark.createDataset(lines, Encoders.STRING())).repartition(partitions);
  }

  private Selection selection(String strategy) {
    return Selection.on(spark)
        .console(Console.quiet())
        .model(MODEL)
        .set(Map.of("select.budget", 7, "select.strategy", strategy));
  }

  private static List<String> texts(SelectionResult result) {
    return result.rows().orderBy("rank").select("text").as(Encoders.STRING()).collectAsList();
  }

  @Test
  void theMostUsefulRowsComeFirstWhereverTheyLie() {
    for (String strategy :
        List.of("least_confidence", "margin", "entropy", "core_set", "badge", "random")) {
      SelectionResult one =
          selection(strategy).input(rows(1)).output(folder.resolve(strategy + 1).toString()).run();
      SelectionResult eight =
          selection(strategy).input(rows(8)).output(folder.resolve(strategy + 8).toString()).run();

      assertThat(texts(one)).hasSize(7).doesNotHaveDuplicates().isEqualTo(texts(eight));
      assertThat(one.candidates()).isEqualTo(40);
      assertThat(one.rows().columns())
          .containsExactlyInAnyOrder("number", "text", "label", "prediction", "utility", "rank");
    }
    Dataset<Row> predicted =
        Prediction.on(spark).console(Console.quiet()).model(MODEL).input(rows(3)).run();
    List<String> expected =
        predicted
            .orderBy(col("confidence"))
            .limit(7)
            .select("text")
            .as(Encoders.STRING())
            .collectAsList();
    SelectionResult least =
        selection("least_confidence")
            .input(rows(3))
            .output(folder.resolve("least").toString())
            .run();
    assertThat(texts(least)).isEqualTo(expected);
    SelectionResult another =
        selection("random")
            .set("select.seed", 7)
            .input(rows(2))
            .output(folder.resolve("another").toString())
            .run();
    assertThat(new HashSet<>(texts(another)))
        .isNotEqualTo(
            new HashSet<>(
                texts(
                    selection("random")
                        .input(rows(2))
                        .output(folder.resolve("first").toString())
                        .run())));
  }

  @Test
  void whatIsNotConsideredIsSaidAndKept() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Path output = folder.resolve("out");
    SelectionResult result =
        selection("margin")
            .console(
                new Console(
                    new PrintStream(said, true, StandardCharsets.UTF_8), OptionalInt.empty()))
            .set("select.budget", 1000)
            .input(
                rows(
                    3,
                    "{\"number\":100,\"text\":\" \",\"label\":null}",
                    "{\"number\":101,\"text\":\"the cat\",\"label\":\"card\"}",
                    "{\"number\":102,\"text\":\"the cat\",\"label\":null}",
                    "{\"number\":103,\"text\":\"the card\",\"label\":\"\"}"))
            .output(output.toString())
            .run();

    assertThat(result.rejected())
        .isEqualTo(Map.of("blank_text", 1L, "already_labeled", 1L, "repeated_text", 1L));
    assertThat(result.count()).isEqualTo(41);
    assertThat(result.summary()).startsWith("41 of 41 rows selected; not considered: blank text 1");
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("select.budget=1000 is more than the 41 rows that can be selected: all are");
    List<Row> rejected =
        spark
            .read()
            .json(output.resolve("rejected_rows").toString())
            .orderBy("row.number")
            .select("row.number", "reason")
            .collectAsList();
    assertThat(rejected.toString())
        .isEqualTo("[[100,blank_text], [101,already_labeled], [102,repeated_text]]");
  }

  @Test
  void whatCannotBeSelectedFromIsRefused() {
    Dataset<Row> labeled = rows(1).withColumn("label", org.apache.spark.sql.functions.lit("card"));
    assertThatThrownBy(
            () ->
                selection("margin").input(labeled).output(folder.resolve("none").toString()).run())
        .isInstanceOf(UserException.class)
        .hasMessage("data.input: no row can be selected: already labeled 40");
    assertThatThrownBy(() -> selection("margin").input(rows(1)).run())
        .isInstanceOf(UserException.class)
        .hasMessage("output is not set: expected a folder to write to");
    assertThatThrownBy(() -> selection("margin").set("select.budget", 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("select.budget");
  }
}
