package org.sparkfinetune.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.train.InferenceArguments;
import org.sparkfinetune.train.Precision;

class ClassifierFunctionsTest {
  @TempDir private static Path models;
  private static String model;

  private static final String[] WORDS = {"card", "cat", "refund", "sat", "the", "top", "up"};

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();
  private final Map<String, String> labels = new HashMap<>();
  private final Map<String, Map<String, Double>> probabilities = new HashMap<>();

  @BeforeAll
  static void save() {
    model =
        TestModels.undecided(
            models.resolve("model"),
            IntStream.range(0, 40).mapToObj(ClassifierFunctionsTest::text).toList(),
            "card",
            "refund");
  }

  private static String text(int i) {
    return WORDS[i % 7] + " " + WORDS[i * i % 5] + " " + WORDS[i / 7 % 7];
  }

  @BeforeEach
  void register() {
    // In other batches, bf16 would give some of these guesses another label.
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(spark, model, false).with(new InferenceArguments(Precision.FP32));
    ClassifierFunctions.register(spark, pipeline, ClassifierFunctions.NAME);
    Dataset<Row> rows = rows();
    // A table: rows of the driver's memory are worked on by the optimizer itself.
    String table = folder.resolve("messages").toString();
    rows.write().parquet(table);
    spark.read().parquet(table).createOrReplaceTempView("messages");
    pipeline
        .predict(rows, "text", Optional.empty())
        .collectAsList()
        .forEach(
            row -> {
              labels.put(row.getString(1), row.getAs("prediction"));
              int at = row.fieldIndex("probabilities");
              probabilities.put(
                  row.getString(1), row.isNullAt(at) ? null : row.<String, Double>getJavaMap(at));
            });
    assertThat(labels.values()).as("labels that can be got wrong").contains("card", "refund");
  }

  private Dataset<Row> rows() {
    List<Row> rows = new ArrayList<>();
    IntStream.range(0, 40)
        .forEach(i -> rows.add(RowFactory.create(i, text(i), i % 2 == 0 ? "de" : "fr")));
    rows.add(RowFactory.create(40, null, "de"));
    rows.add(RowFactory.create(41, " \u200b ", "fr"));
    return spark
        .createDataFrame(rows, StructType.fromDDL("number int, text string, country string"))
        .repartition(3);
  }

  private List<Row> query(String sql) {
    return spark.sql(sql).collectAsList();
  }

  /** How often texts are classified, and how often each call by itself. */
  private void assertPasses(String sql, int passes, int alone) {
    String plan = spark.sql(sql).queryExecution().optimizedPlan().toString();
    assertThat(plan.split("MapPartitions ", -1)).as(plan).hasSize(passes + 1);
    assertThat(BatchedClassification.calls(spark.sql(sql).queryExecution().optimizedPlan(), true))
        .as(plan)
        .hasSize(alone);
  }

  @Test
  void labelsAndProbabilitiesAreThoseOfThePipelineInOnePass() {
    String sql = "SELECT text, classify(text), classify_probabilities(text) AS p FROM messages";
    assertPasses(sql, 1, 0);
    List<Row> rows = query(sql);
    assertThat(rows).hasSize(42);
    for (Row row : rows) {
      assertThat(row.getString(1)).isEqualTo(labels.get(row.getString(0)));
      Map<String, Double> expected = probabilities.get(row.getString(0));
      if (expected == null) {
        assertThat(row.isNullAt(2)).isTrue();
        continue;
      }
      Map<String, Double> found = row.getJavaMap(2);
      assertThat(found).hasSameSizeAs(expected);
      // The same pass in other batches.
      expected.forEach((l, p) -> assertThat(found.get(l)).isCloseTo(p, within(1e-6)));
    }
    assertThat(spark.sql(sql).columns()).containsExactly("text", "classify(text)", "p");
  }

  @Test
  void callsStandWhereverExpressionsDo() {
    long cards = labels.values().stream().filter("card"::equals).count();
    String where = "SELECT number FROM messages WHERE classify(text) = 'card' AND number < 100";
    assertPasses(where, 1, 0);
    assertThat(spark.sql(where).columns()).containsExactly("number");
    long expected =
        rows().collectAsList().stream()
            .filter(row -> "card".equals(labels.get(row.getString(1))))
            .count();
    assertThat(query(where)).hasSize((int) expected);
    assertThat(cards).isPositive();
    String grouped =
        "SELECT classify(text) AS label, count(*) AS n, max(classify_probabilities(text)['card'])"
            + " FROM messages WHERE text IS NOT NULL GROUP BY classify(text) HAVING count(*) > 1"
            + " ORDER BY label";
    assertPasses(grouped, 1, 0);
    assertThat(query(grouped))
        .filteredOn(row -> "card".equals(row.getString(0)))
        .singleElement()
        .satisfies(row -> assertThat(row.getLong(1)).isEqualTo(expected));
    String ordered = "SELECT number FROM messages ORDER BY classify(text), number LIMIT 5";
    assertPasses(ordered, 1, 0);
    assertThat(query(ordered)).hasSize(5);
    String twice =
        "SELECT number, classify(text) AS label FROM messages WHERE classify(text) = 'card'";
    assertPasses(twice, 1, 0);
    assertThat(query(twice))
        .hasSize((int) expected)
        .allMatch(row -> row.getString(1).equals("card"));
    String union =
        "SELECT number FROM messages WHERE classify(text) = 'card' UNION ALL SELECT number FROM"
            + " messages WHERE classify(text) = 'refund'";
    assertPasses(union, 2, 0);
    assertThat(query(union)).hasSize(40);
    String layered =
        "SELECT l, w, max(classify_probabilities(text)['card']), count(*) FROM (SELECT text,"
            + " classify(concat(text, ' the')) AS l, concat(u, u) AS w FROM (SELECT text, sha2(text,"
            + " 256) AS u FROM messages)) GROUP BY l, w, classify(text)";
    assertPasses(layered, 2, 0);
    assertThat(query(layered).stream().mapToLong(row -> row.getLong(3)).sum()).isEqualTo(42);
    String nested = "SELECT upper(concat(classify(concat('the ', text)), '!')) AS s FROM messages";
    assertPasses(nested, 1, 0);
    assertThat(query(nested)).anyMatch(row -> "CARD!".equals(row.getString(0)));
    String inner =
        "SELECT count(*) FROM messages WHERE number IN (SELECT number FROM messages WHERE"
            + " classify(text) = 'card')";
    assertThat(query(inner).get(0).getLong(0)).isEqualTo(expected);
  }

  @Test
  void rowsThatAreFilteredOutAreNotClassified() {
    String sql =
        "SELECT * FROM (SELECT *, classify(text) AS label FROM messages) WHERE country = 'de'";
    assertPasses(sql, 1, 0);
    String plan = spark.sql(sql).queryExecution().executedPlan().toString();
    assertThat(plan.indexOf("country")).isPositive();
    assertThat(plan).contains("PushedFilters: [IsNotNull(country), EqualTo(country,de)]");
    assertThat(plan.lastIndexOf("Filter (")).isGreaterThan(plan.indexOf("MapPartitions"));
  }

  @Test
  void aConditionOverTwoTablesIsComputedCallByCallWithTheSameAnswers() {
    String join =
        "SELECT a.text, b.number FROM messages a JOIN messages b ON classify(concat(a.text, ' ',"
            + " b.country)) = b.country OR classify(a.text) = 'card' AND a.number + b.number = 41";
    List<Row> rows = query(join);
    assertThat(rows).allMatch(row -> "card".equals(labels.get(row.getString(0))));
    long expected =
        rows().collectAsList().stream()
            .filter(row -> "card".equals(labels.get(row.getString(1))))
            .count();
    assertThat(rows).hasSize((int) expected);
    List<Row> probabilities =
        query(
            "SELECT a.text FROM messages a JOIN messages b ON a.number = b.number AND"
                + " classify_probabilities(concat(a.text, substr(b.text, 1, 0)))['card'] > 0.5");
    assertThat(probabilities).isNotEmpty();
  }

  @Test
  void columnsOfOneNameAreKeptApart() {
    String sql =
        "SELECT * FROM (SELECT a.*, b.*, classify(a.text) AS label FROM messages a JOIN messages b"
            + " ON a.number + b.number = 39)";
    List<Row> rows = query(sql);
    assertThat(rows).hasSize(40);
    for (Row row : rows) {
      assertThat(row.getInt(0) + row.getInt(3)).isEqualTo(39);
      assertThat(row.getString(6)).isEqualTo(labels.get(row.getString(1)));
    }
  }

  @Test
  void setsOfLabelsAreArrays() {
    String several =
        TestModels.guessing(
            folder.resolve("several"),
            ProblemType.MULTI_LABEL_CLASSIFICATION,
            3,
            "card",
            "fee",
            "pin");
    ClassifierFunctions.register(spark, several, "topics");
    Dataset<Row> rows =
        spark.sql("SELECT text, topics(text) AS topics, topics_probabilities(text) FROM messages");
    assertThat(rows.schema().apply("topics").dataType().simpleString()).isEqualTo("array<string>");
    for (Row row : rows.collectAsList()) {
      if (row.getString(0) == null || row.getString(0).isBlank() || row.isNullAt(2)) {
        assertThat(row.isNullAt(1)).isTrue();
        continue;
      }
      List<String> above =
          row.<String, Double>getJavaMap(2).entrySet().stream()
              .filter(entry -> entry.getValue() >= 0.5)
              .map(Map.Entry::getKey)
              .toList();
      assertThat(row.<String>getList(1)).containsExactlyInAnyOrderElementsOf(above);
    }
    assertThat(spark.sql("SELECT classify(text) FROM messages").collectAsList())
        .as("the other model is there as well")
        .hasSize(42);
  }

  @Test
  void theExtensionTakesItsModelFromASetting() {
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    try {
      SparkSession extended =
          SparkSession.builder()
              .withExtensions(new ClassifierExtensions())
              .config("spark.sql.shuffle.partitions", 2)
              .getOrCreate();
      assertThat(extended).isNotSameAs(spark);
      assertThatThrownBy(() -> extended.sql("SELECT classify('the card')").collectAsList())
          .hasStackTraceContaining("spark.sparkfinetune.model is not set");
      extended.conf().set(ClassifierExtensions.MODEL, model);
      for (Row row :
          extended
              .sql(
                  "SELECT text, classify(text), classify_probabilities(text) FROM VALUES ('cat card"
                      + " card'), ('the the card') AS t(text)")
              .collectAsList()) {
        assertThat(row.getString(1)).isIn("card", "refund");
        assertThat(row.getJavaMap(2)).hasSizeGreaterThan(1);
      }
    } finally {
      SparkSession.clearActiveSession();
      SparkSession.setDefaultSession(spark);
      SparkSession.setActiveSession(spark);
    }
  }

  @Test
  void wrongCallsAreRefused() {
    assertThatThrownBy(() -> query("SELECT classify(text, country) FROM messages"))
        .hasStackTraceContaining(
            "classify: 2 arguments: the model classifies single texts, expected one");
    assertThatThrownBy(() -> ClassifierFunctions.register(spark, model, "my model"))
        .isInstanceOf(UserException.class)
        .hasMessage("name=my model is not allowed: expected letters, digits and underscores");
    assertThatThrownBy(() -> ClassifierFunctions.register(spark, "/no/such/model"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model=/no/such/model");
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 3})
  void otherValuesAreCastToStrings(int number) {
    assertThat(query("SELECT classify(" + number + ")").get(0).getString(0)).isNotEmpty();
  }
}
