package org.sparkfinetune;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.MemoryStream;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Prediction;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.sql.ClassifierFunctions;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * What classifies rows classifies those of a stream, batch by batch, as it does those of a table.
 */
class StreamsTest {
  private static final List<String> TEXTS =
      List.of("the card", "a refund please", "cat sat", " ", "top up the card", "up");

  @TempDir private static Path folder;
  private static String model;

  private final SparkSession spark = TestSpark.session();

  @BeforeAll
  static void save() {
    model = TestModels.undecided(folder.resolve("model"), TEXTS, "card", "refund");
  }

  private interface Classify {
    /** Rows with a column {@code text} to rows with {@code text} and {@code label}. */
    Dataset<Row> of(Dataset<Row> rows);
  }

  private void assertStreamIsAsTable(Classify classify) throws Exception {
    Map<String, String> expected =
        labels(classify.of(spark.createDataset(TEXTS, Encoders.STRING()).toDF("text")));
    MemoryStream<String> stream =
        new MemoryStream<>(1, spark.sqlContext(), Option.empty(), Encoders.STRING());
    StreamingQuery query =
        classify
            .of(stream.toDF().toDF("text"))
            .writeStream()
            .format("memory")
            .queryName("classified")
            .start();
    try {
      List<String> sent = new ArrayList<>();
      for (List<String> batch : List.of(TEXTS.subList(0, 2), TEXTS.subList(2, TEXTS.size()))) {
        stream.addData(JavaConverters.asScalaBuffer(batch).toSeq());
        query.processAllAvailable();
        sent.addAll(batch);
        assertThat(labels(spark.table("classified")).keySet())
            .containsExactlyInAnyOrderElementsOf(sent);
      }
      assertThat(labels(spark.table("classified"))).isEqualTo(expected);
      assertThat(expected.values()).contains("card", "refund");
    } finally {
      query.stop();
      spark.catalog().dropTempView("classified");
    }
  }

  private static Map<String, String> labels(Dataset<Row> rows) {
    Map<String, String> labels = new TreeMap<>();
    rows.collectAsList().forEach(row -> labels.put(row.getAs("text"), row.getAs("label")));
    return labels;
  }

  @Test
  void theAnnotatorIn() throws Exception {
    PipelineModel pipeline = ClassifierPipeline.load(spark, model, false).model();
    assertStreamIsAsTable(
        rows -> pipeline.transform(rows).selectExpr("text", "category.result[0] as label"));
  }

  @Test
  void theLibraryIn() throws Exception {
    assertStreamIsAsTable(
        rows ->
            Prediction.on(spark)
                .console(Console.quiet())
                .model(model)
                .input(rows)
                .run()
                .selectExpr("text", "prediction as label"));
  }

  @Test
  void theFunctionsOfSqlIn() throws Exception {
    ClassifierFunctions.register(spark, model);
    assertStreamIsAsTable(
        rows ->
            rows.selectExpr("text", "classify(text) as label")
                .where("label is null or classify(text) is not null"));
    assertThat(Optional.of(spark.streams().active()))
        .hasValueSatisfying(active -> assertThat(active).isEmpty());
  }
}
