package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

class DatasetTokenizerTest {
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("text", DataTypes.StringType)
          .add("tags", DataTypes.createArrayType(DataTypes.StringType))
          .add("nothing", DataTypes.DoubleType);

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("DatasetTokenizerTest")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static Dataset<Row> frame(List<String> texts) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      rows.add(RowFactory.create((long) i, texts.get(i), new String[] {"t" + i}, null));
    }
    return spark.createDataFrame(rows, SCHEMA);
  }

  @Test
  void addsIdsAndTruncatedAndKeepsOrderAndTheOtherColumns() {
    List<String> texts = IntStream.range(0, 1500).mapToObj(i -> "a ".repeat(i % 20)).toList();
    Dataset<Row> tokenized =
        DatasetTokenizer.tokenize(
            frame(texts).repartition(3).sortWithinPartitions("id"),
            "text",
            Optional.empty(),
            EmbeddedTokenizer.JSON,
            16);
    assertThat(tokenized.columns())
        .containsExactly(
            "id",
            "text",
            "tags",
            "nothing",
            "input_ids",
            "second_segment_start",
            "truncated",
            "unknown_tokens");
    assertThat(tokenized.schema().apply("input_ids").dataType().simpleString())
        .isEqualTo("array<int>");
    List<Row> rows = tokenized.orderBy("id").collectAsList();
    try (TextTokenizer tokenizer = TextTokenizer.of(EmbeddedTokenizer.JSON, 16)) {
      List<Encoding> expected = tokenizer.encode(texts);
      assertThat(rows).hasSize(1500);
      for (int i = 0; i < 1500; i++) {
        Row row = rows.get(i);
        assertThat(row.getLong(0)).isEqualTo(i);
        assertThat(row.getString(1)).isEqualTo(texts.get(i));
        assertThat(row.<String>getList(2)).containsExactly("t" + i);
        assertThat(row.isNullAt(3)).isTrue();
        assertThat(row.<Integer>getList(4).stream().mapToInt(Integer::intValue).toArray())
            .isEqualTo(expected.get(i).inputIds());
        assertThat(row.getBoolean(6)).isEqualTo(i % 20 > 14);
      }
    }
    assertThat(tokenized.filter("truncated").count()).isEqualTo(375);
  }

  @Test
  void encodesPairsOfTwoColumns() {
    Dataset<Row> pairs =
        spark.sql("SELECT * FROM VALUES ('how old', 'ten'), ('a', 'b c d') AS t(question, answer)");
    List<Row> rows =
        DatasetTokenizer.tokenize(
                pairs, "question", Optional.of("answer"), EmbeddedTokenizer.JSON, 16)
            .collectAsList();
    try (TextTokenizer tokenizer = TextTokenizer.of(EmbeddedTokenizer.JSON, 16)) {
      List<Encoding> expected =
          tokenizer.encodePairs(List.of("how old", "a"), List.of("ten", "b c d"));
      for (int i = 0; i < 2; i++) {
        assertThat(rows.get(i).<Integer>getList(2).stream().mapToInt(Integer::intValue).toArray())
            .isEqualTo(expected.get(i).inputIds());
        assertThat(rows.get(i).getInt(3)).isEqualTo(expected.get(i).secondSegmentStart());
      }
      assertThat(expected.get(0).secondSegmentStart()).isEqualTo(4);
    }
    assertThatThrownBy(
            () ->
                DatasetTokenizer.tokenize(
                    pairs, "question", Optional.of("answer"), EmbeddedTokenizer.JSON, 3))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "max_length is 3, and the tokenizer adds 3 special tokens to a pair of texts. Set it to"
                + " 4 or more.");
  }

  @Test
  void frameWithoutRowsStaysEmpty() {
    Dataset<Row> tokenized =
        DatasetTokenizer.tokenize(
            frame(List.of()), "text", Optional.empty(), EmbeddedTokenizer.JSON, 16);
    assertThat(tokenized.count()).isZero();
  }

  @Test
  void tokenizerLivesOnUntilTheTaskEndsThoughNotAllRowsAreTaken() {
    List<String> texts = IntStream.range(0, 600).mapToObj(i -> "a").toList();
    Dataset<Row> tokenized =
        DatasetTokenizer.tokenize(
            frame(texts).coalesce(1), "text", Optional.empty(), EmbeddedTokenizer.JSON, 16);
    assertThat(tokenized.limit(300).collectAsList()).hasSize(300);
  }

  @Test
  void aTaskCarriesAReferenceToTheTokenizerAndNotItsText() throws Exception {
    var broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(EmbeddedTokenizer.JSON);
    var bytes = new ByteArrayOutputStream();
    new ObjectOutputStream(bytes)
        .writeObject(
            new DatasetTokenizer.TokenizePartition(
                broadcast, 16, 100, new DatasetTokenizer.Text("text", 1), null));
    assertThat(EmbeddedTokenizer.JSON).hasSizeGreaterThan(500_000);
    assertThat(bytes.size()).isLessThan(2_000);
  }

  @Test
  void refusesAColumnThatIsNotThere() {
    assertThatThrownBy(
            () -> DatasetTokenizer.tokenize(frame(List.of()), "body", Optional.empty(), "{}", 16))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "There is no column 'body' to tokenize. The columns are: id, text, tags, nothing.");
  }

  @Test
  void refusesAColumnThatHoldsNoStrings() {
    assertThatThrownBy(
            () -> DatasetTokenizer.tokenize(frame(List.of()), "tags", Optional.empty(), "{}", 16))
        .isInstanceOf(UserException.class)
        .hasMessage("Column 'tags' is of type array<string>; only strings can be tokenized.");
  }

  @Test
  void refusesToHideAColumnOfTheSameName() {
    Dataset<Row> taken = frame(List.of()).withColumnRenamed("id", "Input_Ids");
    assertThatThrownBy(() -> DatasetTokenizer.tokenize(taken, "text", Optional.empty(), "{}", 16))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "There is a column 'input_ids' already; tokenizing adds one of that name. Rename or"
                + " drop it.");
  }

  @Test
  void refusesABadSettingOnTheDriver() {
    assertThatThrownBy(
            () ->
                DatasetTokenizer.tokenize(
                    frame(List.of()), "text", Optional.empty(), EmbeddedTokenizer.JSON, 2))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("max_length is 2");
  }

  @Test
  void aNullTextFailsTheActionAndShowsTheRow() {
    List<String> texts = new ArrayList<>(List.of("a"));
    texts.add(null);
    Dataset<Row> tokenized =
        DatasetTokenizer.tokenize(
            frame(texts), "text", Optional.empty(), EmbeddedTokenizer.JSON, 16);
    assertThatThrownBy(tokenized::collectAsList)
        .hasRootCauseInstanceOf(UserException.class)
        .rootCause()
        .hasMessageStartingWith("Column 'text' is null in the row [1,null,")
        .hasMessageEndingWith("Set rows without text aside before tokenizing.");
  }
}
