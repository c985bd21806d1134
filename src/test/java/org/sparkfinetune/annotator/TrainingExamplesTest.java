package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.task.ProblemType;

@Tag("slow")
class TrainingExamplesTest {
  private static final TrainingColumns COLUMNS =
      columns(ProblemType.SINGLE_LABEL_CLASSIFICATION, Optional.empty());
  private static final TrainingColumns WITH_INDICATOR =
      columns(ProblemType.SINGLE_LABEL_CLASSIFICATION, Optional.of("held_out"));
  private static final TrainingColumns SETS =
      columns(ProblemType.MULTI_LABEL_CLASSIFICATION, Optional.empty());

  @Test
  void rejectsWhatHasNoTextOrNoLabel() {
    Dataset<Row> rows =
        labeled(
            DataTypes.StringType,
            row("pay back a loan", "loan", null),
            row("card lost", "card", null),
            row(null, "card", null),
            row(" \t", "card", null),
            row("no label", null, null),
            row("blank label", " ", null),
            row("a card", "card", null));
    try (TrainingExamples examples = of(rows, COLUMNS, 0)) {
      assertThat(examples.labels().names()).containsExactly("card", "loan");
      assertThat(labels(train(examples))).isEqualTo(Map.of(0, 2L, 1, 1L));
      assertThat(validation(examples).count()).isZero();
      assertThat(examples.rows().columns())
          .containsExactly("input_ids", "second_segment_start", "labels", "is_validation");
    }
  }

  @Test
  void numbersAreLabelsInTheirOrder() {
    Dataset<Row> rows =
        labeled(DataTypes.IntegerType, row("a", 10, null), row("b", 9, null), row("c", 10, null));
    try (TrainingExamples examples = of(rows, COLUMNS, 0)) {
      assertThat(examples.labels().names()).containsExactly("9", "10");
      assertThat(labels(train(examples))).isEqualTo(Map.of(0, 1L, 1, 2L));
    }
  }

  @Test
  void theIndicatorColumnMarksTheRowsToValidateOn() {
    Dataset<Row> rows =
        labeled(
            DataTypes.StringType,
            row("a", "x", true),
            row("b", "x", false),
            row("c", "y", null),
            row("d", "y", true));
    try (TrainingExamples examples = of(rows, WITH_INDICATOR, 0)) {
      assertThat(labels(train(examples))).isEqualTo(Map.of(0, 1L, 1, 1L));
      assertThat(labels(validation(examples))).isEqualTo(Map.of(0, 1L, 1, 1L));
    }
  }

  @Test
  void theSplitHoldsOutAShareOfEachClassWhateverTheOrderOfRows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add(row("text " + i, i < 30 ? "often" : "seldom", null));
    }
    rows.add(row("only one", "once", null));
    Dataset<Row> ordered = labeled(DataTypes.StringType, rows.toArray(Row[]::new));
    try (TrainingExamples examples = of(ordered, COLUMNS, 0.2);
        TrainingExamples shuffled = of(ordered.repartition(5), COLUMNS, 0.2)) {
      Dataset<Row> validation = validation(examples);
      assertThat(examples.labels().names()).containsExactly("often", "once", "seldom");
      assertThat(labels(validation)).isEqualTo(Map.of(0, 6L, 2, 2L));
      assertThat(labels(train(examples))).isEqualTo(Map.of(0, 24L, 1, 1L, 2, 8L));
      assertThat(sorted(validation(shuffled))).isEqualTo(sorted(validation));
    }
  }

  /** Rows that {@code data} has prepared say which labels there are. */
  @Test
  void aColumnThatCarriesItsLabelsIsNotIndexedAnew(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("rows.csv");
    Files.writeString(file, "text,label\na,x\nb,y\nc,z\nd,x\n");
    DataArguments arguments =
        Schema.of("data", DataArguments.class)
            .create(Map.of("train", file.toString(), "validation_split", 0));
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            TestSpark.session(), arguments, ProblemType.SINGLE_LABEL_CLASSIFICATION)) {
      Dataset<Row> rows = Fixtures.documents().transform(data.examples());
      try (TrainingExamples examples = of(rows, COLUMNS, 0);
          TrainingExamples fewer = of(rows.where("label != 'x'"), COLUMNS, 0)) {
        assertThat(examples.labels()).isEqualTo(data.labels());
        assertThat(labels(train(examples))).isEqualTo(Map.of(0, 2L, 1, 1L, 2, 1L));
        assertThat(fewer.labels().names()).containsExactly("y", "z");
        assertThat(labels(train(fewer))).isEqualTo(Map.of(0, 1L, 1, 1L));
      }
    }
  }

  @Test
  void holdsTokensAloneAndLeavesNothingCached() {
    Dataset<Row> rows = labeled(DataTypes.StringType, row("a", "x", null), row("b", "y", null));
    int before = cached();
    try (TrainingExamples examples = of(rows, COLUMNS, 0)) {
      assertThat(train(examples).count()).isEqualTo(2);
      assertThat(cached()).isEqualTo(before + 1);
    }
    assertThat(cached()).isEqualTo(before);
    Dataset<Row> oneClass = labeled(DataTypes.StringType, row("a", "x", null));
    assertThatThrownBy(() -> of(oneClass, COLUMNS, 0)).isInstanceOf(UserException.class);
    assertThat(cached()).isEqualTo(before);
  }

  @Test
  void refusesALabelThatTheMetadataHasAnotherUseFor() {
    Dataset<Row> rows =
        labeled(DataTypes.StringType, row("a", "sentence", null), row("b", "y", null));
    assertThatThrownBy(() -> of(rows, COLUMNS, 0))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("the label 'sentence' cannot be used");
  }

  @Test
  void countsTheExamplesThatAreCutToMaxLength() {
    Dataset<Row> rows =
        labeled(
            DataTypes.StringType, row("short", "x", null), row("so long ".repeat(20), "y", null));
    try (TrainingExamples examples = of(rows, COLUMNS, 0)) {
      assertThat(examples.truncated()).isEqualTo(1);
      assertThat(train(examples).where("size(input_ids) = 16").count()).isEqualTo(1);
    }
  }

  /** A word in runes is one unknown token, beside it are the two special ones. */
  @Test
  void countsTheTokensThatTheTokenizerDoesNotKnow() {
    Dataset<Row> rows =
        labeled(DataTypes.StringType, row("\u16a0\u16a2", "x", null), row("\u16a6", "y", null));
    try (TrainingExamples examples = of(rows, COLUMNS, 0)) {
      assertThat(examples.unknown()).isEqualTo(new UnknownTokens(2, 6));
      assertThat(examples.unknown().warning().orElseThrow())
          .startsWith(
              "the tokenizer does not know 33.3 % of the texts' tokens (2 of 6 are its unknown"
                  + " token)");
    }
    assertThat(new UnknownTokens(5, 100).warning()).isEmpty();
    assertThat(new UnknownTokens(6, 100).warning()).isPresent();
    assertThat(new UnknownTokens(0, 0).warning()).isEmpty();
  }

  @Test
  void saysWhatCannotBeTrainedOn() {
    assertThatThrownBy(
            () ->
                of(
                    labeled(
                        DataTypes.StringType,
                        row("a", "x", null),
                        row("b", "x", null),
                        row("", "y", null)),
                    COLUMNS,
                    0))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "cannot train on 2 examples of one class, x: expected at least two classes; rejected:"
                + " blank text 1");
    assertThatThrownBy(() -> of(labeled(DataTypes.StringType), COLUMNS, 0))
        .hasMessage("cannot train on 0 examples of no class: expected at least two classes");
    Dataset<Row> unseen =
        labeled(
            DataTypes.StringType, row("a", "x", false), row("b", "y", false), row("c", "z", true));
    assertThatThrownBy(() -> of(unseen, WITH_INDICATOR, 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "labels that no training example has (label=examples): {z=1};"
                + " training has [x, y]; spell them alike");
    Dataset<Row> two = labeled(DataTypes.StringType, row("a", "x", null), row("b", "y", null));
    assertThatThrownBy(() -> of(two, WITH_INDICATOR, 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no example to validate on: mark rows in validationIndicatorCol");
    assertThatThrownBy(() -> of(two, COLUMNS, 0.1))
        .hasMessageContaining("or choose a validation_split that holds out at least one example");
  }

  @Test
  void saysWhichColumnsThereAre() {
    Dataset<Row> rows = labeled(DataTypes.StringType, row("a", "x", null));
    assertThatThrownBy(() -> of(rows.drop("label"), COLUMNS, 0))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no column label for the labels (labelColumn): there are text, held_out, document");
    assertThatThrownBy(() -> of(rows.drop("held_out"), WITH_INDICATOR, 0))
        .hasMessageContaining("no column held_out for the rows to validate on");
    assertThatThrownBy(
            () -> of(labeled(DataTypes.BinaryType, row("a", new byte[0], null)), COLUMNS, 0))
        .hasMessageStartingWith(
            "label column label is of type binary: expected string, number, boolean or date");
    assertThatThrownBy(
            () ->
                of(rows, columns(ProblemType.SINGLE_LABEL_CLASSIFICATION, Optional.of("text")), 0))
        .hasMessage("validation indicator column text is of type string: expected booleans");
  }

  @Test
  void labelSetsComeFromStringsAndArrays() {
    Dataset<Row> strings =
        labeled(
            DataTypes.StringType,
            row("a", "x| y |x", null),
            row("b", "", null),
            row("c", "|z|", null),
            row("d", null, null));
    Dataset<Row> arrays =
        labeled(
            DataTypes.createArrayType(DataTypes.StringType),
            row("a", new String[] {"y", " x", null, "x"}, null),
            row("b", new String[0], null),
            row("c", new String[] {"z", " "}, null),
            row("d", null, null));
    for (Dataset<Row> rows : List.of(strings, arrays)) {
      try (TrainingExamples examples = of(rows, SETS, 0)) {
        assertThat(examples.labels().names()).containsExactly("x", "y", "z");
        assertThat(
                train(examples).select("labels").collectAsList().stream()
                    .map(row -> row.<Integer>getList(0)))
            .containsExactlyInAnyOrder(List.of(0, 1), List.of(), List.of(2));
      }
    }
  }

  @Test
  void theSplitOfLabelSetsHoldsOutAShareOfEachLabelWhateverTheOrderOfRows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      rows.add(row("text " + i, (i % 2 == 0 ? "even|" : "") + (i % 6 == 0 ? "six" : ""), null));
    }
    Dataset<Row> ordered = labeled(DataTypes.StringType, rows.toArray(Row[]::new));
    try (TrainingExamples examples = of(ordered, SETS, 0.2);
        TrainingExamples shuffled = of(ordered.repartition(5), SETS, 0.2)) {
      Dataset<Row> validation = validation(examples);
      assertThat(validation.count()).isEqualTo(12);
      assertThat(validation.where("array_contains(labels, 0)").count()).isEqualTo(6);
      assertThat(validation.where("array_contains(labels, 1)").count()).isEqualTo(2);
      assertThat(sorted(validation(shuffled))).isEqualTo(sorted(validation));
    }
  }

  @Test
  void refusesLabelSetsOfTheWrongType() {
    Dataset<Row> binaries =
        labeled(DataTypes.createArrayType(DataTypes.BinaryType), row("a", new byte[0][], null));
    assertThatThrownBy(() -> of(binaries, SETS, 0))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "label column label is of type array<binary>: expected an array of strings or numbers,"
                + " or a string such as a|b");
    Dataset<Row> arrays =
        labeled(
            DataTypes.createArrayType(DataTypes.StringType), row("a", new String[] {"x"}, null));
    assertThatThrownBy(() -> of(arrays, COLUMNS, 0))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "label column label is of type array<string>: expected string, number, boolean or date;"
                + " for sets of labels set problem_type=multi_label_classification");
  }

  @Test
  void labelsMeanWhatTheyMeanInFiles() {
    Dataset<Row> doubles = labeled(DataTypes.DoubleType, row("a", 1.0, null), row("b", 0.0, null));
    try (TrainingExamples examples = of(doubles, COLUMNS, 0)) {
      assertThat(examples.labels().names()).containsExactly("0", "1");
    }
    Dataset<Row> longs =
        labeled(
            DataTypes.createArrayType(DataTypes.LongType),
            row("a", new Long[] {10L, 9L}, null),
            row("b", new Long[] {9L}, null));
    try (TrainingExamples examples = of(longs, SETS, 0)) {
      assertThat(examples.labels().names()).containsExactly("9", "10");
    }
    Dataset<Row> damaged =
        labeled(DataTypes.StringType, row("a", "f\uFFFDr", null), row("b", "x", null));
    assertThatThrownBy(() -> of(damaged, COLUMNS, 0))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("cannot train: damaged label: 1 examples; U+FFFD stands for");
    Dataset<Row> commas =
        labeled(DataTypes.StringType, row("a", "x,y", null), row("b", "y,x", null));
    assertThatThrownBy(() -> of(commas, SETS, 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no row has label_separator=| in it");
  }

  private static TrainingColumns columns(ProblemType problemType, Optional<String> indicator) {
    return new TrainingColumns(
        List.of("document"), "label", problemType, "|", indicator, Optional.empty());
  }

  private static TrainingExamples of(Dataset<Row> rows, TrainingColumns columns, double share) {
    return TrainingExamples.of(rows, columns, share, 42, TestModels.tiny().tokenizer(), 16, false);
  }

  private static Row row(String text, Object label, Boolean heldOut) {
    return RowFactory.create(text, label, heldOut);
  }

  private static Dataset<Row> labeled(DataType labelType, Row... rows) {
    StructType schema =
        new StructType()
            .add("text", DataTypes.StringType)
            .add("label", labelType)
            .add("held_out", DataTypes.BooleanType);
    return Fixtures.documents().transform(Fixtures.rows(schema, List.of(rows)));
  }

  private static Dataset<Row> train(TrainingExamples examples) {
    return examples.rows().where("not is_validation");
  }

  private static Dataset<Row> validation(TrainingExamples examples) {
    return examples.rows().where("is_validation");
  }

  private static Map<Integer, Long> labels(Dataset<Row> examples) {
    Map<Integer, Long> counts = new TreeMap<>();
    examples
        .groupBy(col("labels").getItem(0))
        .count()
        .collectAsList()
        .forEach(row -> counts.put(row.getInt(0), row.getLong(1)));
    return counts;
  }

  private static List<String> sorted(Dataset<Row> examples) {
    return examples.select("labels", "input_ids").collectAsList().stream()
        .map(Row::toString)
        .sorted()
        .toList();
  }

  private static int cached() {
    return TestSpark.session().sparkContext().getPersistentRDDs().size();
  }
}
