package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.task.ProblemType;

/** What label columns of all kinds mean, and which of them are refused. */
class DatasetLabelsTest {
  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void arraysOfNumbersAreLabelSets() {
    table("longs", "('a', array(10L, 9L)), ('b', array(9L)), ('c', array()), ('d', null)");
    table("doubles", "('e', array(10D, 9D, double('NaN'))), ('f', array(9D, 9D))");
    try (ExampleSplits data =
        prepare(
            ProblemType.MULTI_LABEL_CLASSIFICATION, Map.of("train", "longs", "test", "doubles"))) {
      assertThat(data.labels().names()).containsExactly("9", "10");
      assertThat(classes(data, "train")).isEqualTo(Map.of("9", 2L, "10", 1L));
      assertThat(classes(data, "test")).isEqualTo(Map.of("9", 2L, "10", 1L));
      assertThat(data.report().split("train").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.MISSING_LABEL, 1L));
    }
  }

  @Test
  void singleLabelsOfEveryTypeAreSpelledAsInCsv() {
    table("flags", "('a', true, date'2024-01-31', 1.50BD), ('b', false, date'2024-02-29', 0.00BD)");
    assertThat(labels("flags", "label")).containsExactly("false", "true");
    assertThat(labels("flags", "c2")).containsExactly("2024-01-31", "2024-02-29");
    assertThat(labels("flags", "c3")).containsExactly("0", "1.5");
  }

  @Test
  void vectorsAreNoLabelSets() throws IOException {
    table("bits", "('a', array(0, 1, 0)), ('b', array(1, 1, 0))");
    table("shares", "('a', array(0.2D, 0.8D)), ('b', array(1D, 0D))");
    String text = write("bits.csv", "text,label\na,\"[0, 1, 1]\"\nb,[1 0 1]\n");
    for (String train : List.of("bits", "shares", text)) {
      assertThatThrownBy(
              () -> prepare(ProblemType.MULTI_LABEL_CLASSIFICATION, Map.of("train", train)))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("data.train=" + train + ": vector label: ")
          .hasMessageContaining("a vector with a place for each class is no set of labels");
    }
  }

  @Test
  void listsAsTextAreLabelSetsAndTheReportSaysSo() throws IOException {
    String train = write("lists.csv", "text,label\na,\"['x', 'y']\"\nb,['x']\nc,[]\nd,y|z\n");
    try (ExampleSplits data =
        prepare(ProblemType.MULTI_LABEL_CLASSIFICATION, Map.of("train", train))) {
      assertThat(classes(data, "train")).isEqualTo(Map.of("x", 2L, "y", 2L, "z", 1L));
      assertThat(data.report().notes())
          .containsExactly(
              "labels that are lists as text, as in ['a', 'b'], were read as lists: 3 rows");
    }
    assertThatThrownBy(
            () -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("data.train=" + train + ": the labels are lists as text");
  }

  @Test
  void listsWithAnotherSeparatorAreRefusedWithIt() throws IOException {
    String train = write("commas.csv", "text,label\na,\"x, y\"\nb,x\nc,\"y, z\"\nd,z\n");
    assertThatThrownBy(
            () -> prepare(ProblemType.MULTI_LABEL_CLASSIFICATION, Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train="
                + train
                + ": no row has data.label_separator=| in it, and labels such as \"x, y\" are sets"
                + " of other ones: set data.label_separator=\",\" (labels with that in their"
                + " names: as arrays, in JSON or Parquet)");
    try (ExampleSplits data =
        prepare(
            ProblemType.MULTI_LABEL_CLASSIFICATION,
            Map.of("train", train, "label_separator", ","))) {
      assertThat(classes(data, "train")).isEqualTo(Map.of("x", 2L, "y", 2L, "z", 2L));
    }
  }

  @Test
  void damagedLabelsStopATrainingAndAreRejectedElsewhere() throws IOException {
    // Lost by whoever has written the file: its own bytes are sound.
    String damaged = write("damaged.csv", "text,label\na,f\uFFFDr\nb,f\uFFFDr\nc,x\nd,y\n");
    assertThatThrownBy(
            () -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", damaged)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "data.train="
                + damaged
                + ": damaged label: 2 rows, such as \"f\\uFFFDr\"; U+FFFD stands");
    String train = write("utf8.csv", "text,label\ne,x\nf,y\n");
    try (ExampleSplits data =
        prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", train, "test", damaged))) {
      assertThat(data.report().split("test").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.DAMAGED_LABEL, 2L));
      assertThat(data.report().warnings())
          .singleElement()
          .asString()
          .startsWith("test: damaged label: 2 rows, such as \"f\\uFFFDr\"");
    }
  }

  @Test
  void textsAreNoLabels() throws IOException {
    String train = write("long.csv", "text,label\na,%s\nb,x\n".formatted("w ".repeat(600)));
    assertThatThrownBy(
            () -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(": long label: 1 rows, such as \"w w")
        .hasMessageEndingWith("at most 1000 characters: is this column the one of labels?");
  }

  @Test
  void unseenLabelsAreNamedBesideThoseThatAreKnown() throws IOException {
    String train = write("ints.csv", "text,label\na,0\nb,1\n");
    String floats = write("floats.csv", "text,label\nc,0.0\nd,1.0\ne,1.0\n");
    assertThatThrownBy(
            () ->
                prepare(
                    ProblemType.SINGLE_LABEL_CLASSIFICATION,
                    Map.of("train", train, "test", floats)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.test="
                + floats
                + ": no usable row is left of 3; rejected: unseen label 3; its labels \"0.0\" 1"
                + " (known is \"0\", which differs in how a number is written), \"1.0\" 2 (known is"
                + " \"1\", which differs in how a number is written) are none of training, which are"
                + " \"0\", \"1\": expected the same spelling");
    String cased = write("cased.csv", "text,label\nc,spam\nd,Spam\ne,Ham\nf,odd\n");
    DataArguments arguments = arguments(Map.of("test", cased));
    LabelIndex model = LabelIndex.of(List.of("spam", "ham"));
    try (ExampleSplits data =
        DatasetPreparation.prepareTest(
            session, arguments, ProblemType.SINGLE_LABEL_CLASSIFICATION, model)) {
      assertThat(data.report().warnings())
          .containsExactly(
              "test has labels that the model has not: \"Ham\" 1 (known is \"ham\", which differs in"
                  + " case), \"Spam\" 1 (known is \"spam\", which differs in case), \"odd\" 1",
              "test has no row of class ham");
    }
  }

  @Test
  void labelsThatDifferInSpellingAreClassesAndTheReportSaysSo() throws IOException {
    String train = write("spam.csv", "text,label\na,Spam\nb,spam\nc,ham\n");
    try (ExampleSplits data =
        prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", train))) {
      assertThat(data.labels().names()).containsExactly("Spam", "ham", "spam");
      // The annotator need not say it again, nor index the labels.
      Dataset<Row> marked = data.train().withColumn("is_validation", lit(false));
      Dataset<Row> both = marked.unionByName(data.train().withColumn("is_validation", lit(true)));
      assertThat(LabelIndex.carriedBy(both.schema().apply("label"))).contains(data.labels());
      assertThat(data.report().warnings())
          .containsExactly(
              "labels that may be one, spelled differently: \"Spam\" 1 and \"spam\" 1 (case); each"
                  + " spelling is a class of its own");
    }
  }

  @Test
  void columnsOfAnyNameAreReadAndThoseThatCannotBeToldApartRefused() throws IOException {
    session
        .sql(
            "select * from values ('1', 'x', 'p', 'q', 'n'), ('2', 'y', 'p', 'q', 'n')"
                + " t(`a.b`, `c``d e`, split, reason, _malformed)")
        .createOrReplaceTempView("odd_names");
    Map<String, ?> named =
        Map.of("train", "odd_names", "text_column", "a.b", "label_column", "C`d E");
    try (ExampleSplits data = prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, named)) {
      assertThat(classes(data, "train")).isEqualTo(Map.of("x", 1L, "y", 1L));
    }
    session.sql("select 'a' as text, 'b' as Text, 'x' as label").createOrReplaceTempView("cases");
    session.sql("select 'a' as text, 'y' as label, 'x' as label").createOrReplaceTempView("twice");
    assertThatThrownBy(
            () -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", "cases")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.text_column=text: cases has columns that differ by case alone, text and Text:"
                + " rename one, or read them with --conf spark.sql.caseSensitive=true");
    assertThatThrownBy(
            () -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", "twice")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.label_column=label: twice has the column label more than once: rename one");
    assertThatThrownBy(() -> DatasetReader.readTexts(session, arguments(Map.of("input", "twice"))))
        .isInstanceOf(UserException.class)
        .hasMessage("data.input: twice has the column label more than once: rename one");
    String csv = write("cases.csv", "Text,text,label\na,b,x\nc,d,y\n");
    assertThatThrownBy(() -> prepare(ProblemType.SINGLE_LABEL_CLASSIFICATION, Map.of("train", csv)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.text_column=text: no such column in %s; it has: Text0, text1, label (Text0, text1:"
                + " names that differ in nothing but case are told apart by their place)",
            csv);
  }

  private void table(String name, String values) {
    String names = values.contains("date") ? "text, label, c2, c3" : "text, label";
    session
        .sql("select * from values " + values + " t(" + names + ")")
        .createOrReplaceTempView(name);
  }

  private List<String> labels(String table, String column) {
    try (ExampleSplits data =
        prepare(
            ProblemType.SINGLE_LABEL_CLASSIFICATION,
            Map.of("train", table, "label_column", column))) {
      return data.labels().names();
    }
  }

  private static Map<String, Long> classes(ExampleSplits data, String split) {
    return data.report().split(split).orElseThrow().classes();
  }

  private ExampleSplits prepare(ProblemType problemType, Map<String, ?> settings) {
    Map<String, Object> all = new HashMap<>(Map.of("validation_split", 0, "test_split", 0));
    all.putAll(settings);
    return DatasetPreparation.prepare(session, arguments(all), problemType);
  }

  private static DataArguments arguments(Map<String, ?> settings) {
    return Schema.of("data", DataArguments.class).create(settings);
  }

  private String write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }
}
