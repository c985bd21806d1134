package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.RDDInfo;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.task.ProblemType;

class DatasetPreparationTest {
  private final SparkSession session = TestSpark.session();
  @TempDir Path folder;

  @Test
  void keepsGivenSplitsAndIndexesTheirLabels() throws IOException {
    try (ExampleSplits data =
        prepare(
            Map.of(
                "train", write("train.csv", "text,label\na,x \nb, y\nc,y\n"),
                "validation", write("validation.csv", "text,label\nd,x\ne,y\n"),
                "test", write("test.csv", "text,label\nf,y\ng,x\n")))) {
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/x", "b/y", "c/y");
      assertThat(rows(data.validation())).containsExactlyInAnyOrder("d/x", "e/y");
      assertThat(rows(data.test())).containsExactlyInAnyOrder("f/y", "g/x");
      assertThat(data.examples().columns()).containsExactly("text", "label", "is_validation");
      assertThat(rows(data.examples().where("is_validation").drop("is_validation")))
          .containsExactlyInAnyOrder("d/x", "e/y");
      assertThat(data.labels().names()).containsExactly("x", "y");
      assertThat(data.rejected().count()).isZero();
      assertThat(data.report().warnings()).isEmpty();
    }
  }

  @Test
  void trainingRowsThatAnAuditMarksAreLeftOutOnRequestAlone() throws IOException {
    String train =
        write(
            "train.csv", "text,label,label_issue\na,x,false\nb,y,true\nc,y,false\nd,x,\n,y,true\n");
    String test = write("test.csv", "text,label\nq,y\nr,x\n");
    Map<String, Object> settings = new HashMap<>(Map.of("train", train, "test", test));
    settings.put("validation_split", 0);
    try (ExampleSplits all = prepare(settings)) {
      assertThat(rows(all.train())).containsExactlyInAnyOrder("a/x", "b/y", "c/y", "d/x");
    }

    settings.put("drop_issues", true);
    try (ExampleSplits clean = prepare(settings)) {
      assertThat(rows(clean.train())).containsExactlyInAnyOrder("a/x", "c/y", "d/x");
      assertThat(rows(clean.test())).containsExactlyInAnyOrder("q/y", "r/x");
      assertThat(clean.report().render())
          .contains("rejected of train: blank text 1, label issue 1");
    }

    settings.put("train", test);
    assertThatThrownBy(() -> prepare(settings))
        .isInstanceOf(UserException.class)
        .hasMessageMatching("data.*has no column label_issue: expected the rows that audit .*");
  }

  @Test
  void rejectsUnusableRowsWithTheirReasonAndLosesNone() throws IOException {
    String train =
        write("train.csv", "text,label\na,x\nb,y\n,x\n\"\u00A0\t\",y\nc,\nd, \ne,f,y\n\"p\n\",x\n");
    String test = write("test.csv", "text,label\na ,x\nq,y\nr,z\n p,y\n,z\n");

    try (ExampleSplits data =
        prepare(Map.of("train", train, "test", test, "validation_split", 0))) {
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/x", "b/y", "p\n/x");
      assertThat(rows(data.test())).containsExactly("q/y");
      assertThat(data.validation()).isEmpty();
      assertThat(rows(data.examples())).hasSize(3);
      assertThat(
              data.rejected().collectAsList().stream()
                  .map(row -> row.getString(0) + " " + row.getString(1) + " " + row.getString(2)))
          .containsExactlyInAnyOrder(
              "train blank_text null",
              "train blank_text \u00A0\t",
              "train missing_label c",
              "train missing_label d",
              "train malformed_row e,f,y",
              "test text_in_earlier_split a ",
              "test text_in_earlier_split  p",
              "test unseen_label r",
              "test blank_text null");
      DataReport.SplitReport ofTrain = data.report().split("train").orElseThrow();
      assertThat(ofTrain.rowsRead()).isEqualTo(8);
      assertThat(ofTrain.kept()).isEqualTo(3);
      assertThat(ofTrain.rejected())
          .containsExactly(
              Map.entry(RejectReason.MALFORMED_ROW, 1L),
              Map.entry(RejectReason.BLANK_TEXT, 2L),
              Map.entry(RejectReason.MISSING_LABEL, 2L));
      DataReport.SplitReport ofTest = data.report().split("test").orElseThrow();
      assertThat(ofTest.rowsRead()).isEqualTo(5);
      assertThat(ofTest.rejected())
          .containsExactly(
              Map.entry(RejectReason.BLANK_TEXT, 1L),
              Map.entry(RejectReason.TEXT_IN_EARLIER_SPLIT, 2L),
              Map.entry(RejectReason.UNSEEN_LABEL, 1L));
      assertThat(data.report().warnings())
          .containsExactly(
              "malformed rows rejected: 1, such as: e,f,y",
              "test has labels that training has not: \"z\" 1",
              "test has no row of class x");
    }
  }

  @Test
  void aTextOfValidationIsRejectedFromTheTest() throws IOException {
    try (ExampleSplits data =
        prepare(
            Map.of(
                "train", write("train.csv", "text,label\na,x\nb,y\n"),
                "validation", write("validation.csv", "text,label\nc,x\nd,y\nd,y\n"),
                "test", write("test.csv", "text,label\nc,x\ne,y\ne,y\n")))) {
      assertThat(rows(data.validation())).containsExactlyInAnyOrder("c/x", "d/y", "d/y");
      assertThat(rows(data.test())).containsExactly("e/y", "e/y");
    }
  }

  @Test
  void keepsTrainingTextsWithSeveralLabelsAndNeverHoldsThemOut() throws IOException {
    StringBuilder csv = new StringBuilder("text,label\nunsure,a\nunsure,b\nunsure,a\n");
    for (int i = 0; i < 10; i++) {
      csv.append("a").append(i).append(",a\nb").append(i).append(",b\n");
    }
    try (ExampleSplits data =
        prepare(
            Map.of(
                "train", write("train.csv", csv.toString()),
                "validation_split", 0.4,
                "test_split", 0.4))) {
      assertThat(rows(data.train())).contains("unsure/a", "unsure/b").hasSize(3 + 4);
      assertThat(rows(data.test())).hasSize(8);
      assertThat(data.report().warnings())
          .containsExactly(
              "training rows whose text bears several labels: 3, such as \"unsure\" (never held"
                  + " out)");
    }
  }

  @Test
  void holdsOutAShareOfEachClassWholeTextsAtATime() {
    Dataset<Row> rows =
        session
            .range(1000)
            .selectExpr(
                "concat('text ', id div 2, ' ', id % 2) as text",
                "if(id % 2 = 0, 'even', if(id % 10 = 1, 'rare', 'odd')) as label");
    rows.union(rows).createOrReplaceTempView("stratified");

    try (ExampleSplits data =
        prepare(Map.of("train", "stratified", "validation_split", 0.1, "test_split", 0.25))) {
      DataReport report = data.report();
      assertThat(report.split("train").orElseThrow().rowsRead()).isEqualTo(2000);
      assertThat(report.split("train").orElseThrow().classes())
          .containsExactly(
              Map.entry("even", 650L), Map.entry("odd", 520L), Map.entry("rare", 130L));
      assertThat(report.split("validation").orElseThrow().classes())
          .containsExactly(Map.entry("even", 100L), Map.entry("odd", 80L), Map.entry("rare", 20L));
      assertThat(report.split("test").orElseThrow().classes())
          .containsExactly(Map.entry("even", 250L), Map.entry("odd", 200L), Map.entry("rare", 50L));
      Dataset<Row> train = data.train().select("text");
      Dataset<Row> validation = data.validation().orElseThrow().select("text");
      Dataset<Row> test = data.test().orElseThrow().select("text");
      assertThat(train.intersect(validation.union(test)).count()).isZero();
      assertThat(validation.intersect(test).count()).isZero();
      assertThat(train.count()).isEqualTo(1300);
    }
  }

  @Test
  void theSplitDependsOnSeedAndContentAlone() {
    Dataset<Row> rows = session.range(300).selectExpr("concat('t', id) as text", "id % 3 as label");
    rows.createOrReplaceTempView("in_order");
    rows.repartition(7).sortWithinPartitions("text").createOrReplaceTempView("shuffled");

    List<String> first = testRows("in_order", 1);

    assertThat(first).hasSize(30);
    assertThat(testRows("shuffled", 1)).containsExactlyInAnyOrderElementsOf(first);
    assertThat(testRows("in_order", 2)).isNotEqualTo(first);
  }

  @Test
  void smallClassesKeepAtLeastOneTextInTraining() throws IOException {
    String train =
        write("train.csv", "text,label\na,one\nb,two\nc,two\nd,three\ne,three\nf,three\n");

    try (ExampleSplits data =
        prepare(Map.of("train", train, "validation_split", 0.4, "test_split", 0.4))) {
      assertThat(data.report().split("train").orElseThrow().classes())
          .containsExactly(Map.entry("one", 1L), Map.entry("three", 1L), Map.entry("two", 1L));
      assertThat(data.report().warnings())
          .containsExactly(
              "validation has no row of 2 classes: one, two", "test has no row of class one");
    }
  }

  @Test
  void warnsWhenAShareRoundsToNoRow() throws IOException {
    String train = write("train.csv", "text,label\na,x\nb,y\n");

    try (ExampleSplits data = prepare(Map.of("train", train, "test_split", 0))) {
      assertThat(data.validation()).isEmpty();
      assertThat(data.test()).isEmpty();
      assertThat(data.report().split("test")).isEmpty();
      assertThat(data.report().warnings())
          .containsExactly(
              "validation is empty: data.validation_split=0.1 of each class is no row; raise it"
                  + " or set data.validation");
    }
  }

  @Test
  void writesNumericLabelsPlainlyWhateverTheirType() {
    session
        .sql(
            "select * from values ('a', 3.0D), ('b', 10.0D), ('c', 0.5D), ('n', double('NaN'))"
                + " t(text, label)")
        .createOrReplaceTempView("doubles");
    session
        .sql("select * from values ('d', 3), ('e', 10) t(text, label)")
        .createOrReplaceTempView("ints");
    session
        .sql("select * from values ('f', 3.00BD), ('g', 10.00BD) t(text, label)")
        .createOrReplaceTempView("decimals");

    try (ExampleSplits data =
        prepare(Map.of("train", "doubles", "validation", "ints", "test", "decimals"))) {
      assertThat(data.labels().names()).containsExactly("0.5", "10", "3");
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/3", "b/10", "c/0.5");
      assertThat(rows(data.validation())).containsExactlyInAnyOrder("d/3", "e/10");
      assertThat(rows(data.test())).containsExactlyInAnyOrder("f/3", "g/10");
      assertThat(data.report().split("train").orElseThrow().rejected())
          .containsExactly(Map.entry(RejectReason.MISSING_LABEL, 1L));
    }
  }

  @Test
  void malformedJsonLinesAreRejected() throws IOException {
    String train =
        write(
            "train.jsonl",
            "{\"text\": \"a\", \"label\": 1}\n"
                + "{\"text\": \"b\", \"label\": 2}\n"
                + "{\"text\": \"c\", \"la\n");

    try (ExampleSplits data =
        prepare(Map.of("train", train, "validation_split", 0, "test_split", 0))) {
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/1", "b/2");
      assertThat(data.rejected().first().getString(2)).isEqualTo("{\"text\": \"c\", \"la");
      assertThat(data.report().warnings())
          .containsExactly("malformed rows rejected: 1, such as: {\"text\": \"c\", \"la");
    }
  }

  @Test
  void warnsOfDamagedTextsAndSecondTexts() throws IOException {
    String rows = "text,pair,label\nthé à la carte,ö,café\nx?,y,tea\nx,y?,tea\n";
    byte[] bytes = rows.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == '?' ? (byte) 0xE9 : bytes[i];
    }
    Path file = Files.write(folder.resolve("damaged.csv"), bytes);

    try (ExampleSplits data =
        prepare(
            Map.of(
                "train",
                file.toString(),
                "text_pair_column",
                "pair",
                "validation_split",
                0,
                "test_split",
                0))) {
      assertThat(data.report().warnings())
          .containsExactly("rows whose text holds U+FFFD: 2; is the file in data.encoding=UTF-8?");
    }
  }

  @Test
  void refusesAFileOfAnotherEncodingWhereverItShows() throws IOException {
    Path file = folder.resolve("latin1.csv");
    Files.write(file, "text,label\ntea,a\ncoffee,für\n".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> prepare(Map.of("train", file.toString())))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train: file:%s is not in UTF-8: in line 3 stands a byte 0xFC that is no character"
                + " of it; set data.encoding=ISO-8859-1, in which it reads \"für\", or the encoding"
                + " that it is in",
            file);
    try (ExampleSplits data =
        prepare(
            Map.of(
                "train",
                file.toString(),
                "encoding",
                "latin1",
                "validation_split",
                0,
                "test_split",
                0))) {
      assertThat(data.labels().names()).containsExactly("a", "für");
    }
  }

  @Test
  void preparesATestSetForAModelThatExists() throws IOException {
    DataArguments arguments =
        arguments(Map.of("test", write("test.csv", "text,label\na,x\nb,w\nc,x\n,y\n")));

    try (ExampleSplits data =
        DatasetPreparation.prepareTest(
            session,
            arguments,
            ProblemType.SINGLE_LABEL_CLASSIFICATION,
            LabelIndex.of(List.of("x", "y")))) {
      assertThat(rows(data.test())).containsExactlyInAnyOrder("a/x", "c/x");
      assertThat(data.report().split("test").orElseThrow().rejected())
          .containsExactly(
              Map.entry(RejectReason.BLANK_TEXT, 1L), Map.entry(RejectReason.UNSEEN_LABEL, 1L));
      assertThat(data.report().warnings())
          .containsExactly(
              "test has labels that the model has not: \"w\" 1", "test has no row of class y");
    }
  }

  @Test
  void refusesDataOfOneClass() throws IOException {
    String train = write("train.csv", "text,label\na,x\nb,x\n");

    assertThatThrownBy(() -> prepare(Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train=%s: there is one class only, \"x\": a classifier needs rows of at least two"
                + " classes",
            train);
  }

  @Test
  void refusesAClassWhoseRowsAreAllRejected() throws IOException {
    String train = write("train.csv", "text,label\na,x\nb,y\n,z\n,z\n");

    assertThatThrownBy(() -> prepare(Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train=%s: no usable row is left of class z; rejected: blank text 2", train);
  }

  @Test
  void refusesSplitsWithoutUsableRows() throws IOException {
    String train = write("train.csv", "text,label\na,x\nb,y\n");
    String header = write("header.csv", "text,label\n");
    String unseen = write("unseen.csv", "text,label\na,x\nc,w\n");

    assertThatThrownBy(() -> prepare(Map.of("train", header)))
        .isInstanceOf(UserException.class)
        .hasMessage("data.train: no rows in %s", header);
    assertThatThrownBy(() -> prepare(Map.of("train", train, "test", header)))
        .isInstanceOf(UserException.class)
        .hasMessage("data.test: no rows in %s", header);
    assertThatThrownBy(() -> prepare(Map.of("train", train, "validation", unseen)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.validation=%s: no usable row is left of 2; rejected: text in earlier split 1,"
                + " unseen label 1; its labels \"w\" 1 are none of training, which are \"x\","
                + " \"y\": expected the same spelling",
            unseen);
  }

  @Test
  void namesTheSettingThatIsWrong() throws IOException {
    String train = write("train.csv", "id,body,label\n1,a,x\n");
    session.sql("select 1 as text, array('x') as label").createOrReplaceTempView("odd_types");
    session.sql("select 'a' as text, array('x') as label").createOrReplaceTempView("odd_label");

    assertThatThrownBy(() -> prepare(Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("data.train is not set: expected a CSV");
    assertThatThrownBy(() -> prepare(Map.of("train", folder.resolve("absent.csv").toString())))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.train: no such file or table: file:%s/absent.csv (nearest name there: train.csv)",
            folder);
    assertThatThrownBy(() -> prepare(Map.of("train", train)))
        .isInstanceOf(UserException.class)
        .hasMessage("data.text_column=text: no such column in %s; it has: id, body, label", train);
    assertThatThrownBy(
            () -> prepare(Map.of("train", train, "text_column", "body", "label_column", "intent")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.label_column=intent: no such column in %s; it has: id, body, label", train);
    assertThatThrownBy(() -> prepare(Map.of("train", "odd_types")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.text_column=text: in odd_types this column is of type int: expected string");
    assertThatThrownBy(() -> prepare(Map.of("train", "odd_label")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.label_column=label: in odd_label this column is of type array<string>:"
                + " expected string, number, boolean or date; for sets of labels set"
                + " model.problem_type=multi_label_classification");
  }

  @Test
  void refusesALabelColumnThatIsNone() {
    session
        .range(DatasetPreparation.MAX_LABELS + 1)
        .selectExpr("concat('t', id) as text", "id as label")
        .createOrReplaceTempView("identifiers");

    assertThatThrownBy(() -> prepare(Map.of("train", "identifiers")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.label_column=label: this column has more than 100,000 different values: expected"
                + " classes");
  }

  @Test
  void labelsCountOnceInWhicheverSplitsTheyAre() {
    int labels = DatasetPreparation.MAX_LABELS / 2 + 1;
    session
        .range(labels)
        .selectExpr("concat('t', id) as text", "id as label")
        .createOrReplaceTempView("many_train");
    session
        .range(labels)
        .selectExpr("concat('u', id) as text", "id as label")
        .createOrReplaceTempView("many_test");

    try (ExampleSplits data =
        prepare(Map.of("train", "many_train", "test", "many_test", "validation_split", 0))) {
      assertThat(data.labels().size()).isEqualTo(labels);
      assertThat(data.report().split("test").orElseThrow().kept()).isEqualTo(labels);
    }
  }

  @Test
  void aCsvFileAsPandasWritesItTrains() throws IOException {
    String train = write("pandas.csv", ",text,label\n0,a,x\n1,b,y\n2,c,x\n3,d,y\n");
    try (ExampleSplits data =
        prepare(Map.of("train", train, "validation_split", 0, "test_split", 0))) {
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/x", "b/y", "c/x", "d/y");
    }
  }

  @Test
  void readsTheSourceOnceAndLetsGoOfItsCache() {
    LongAccumulator scanned = session.sparkContext().longAccumulator();
    session
        .range(100)
        .map(
            (MapFunction<Long, Long>)
                id -> {
                  scanned.add(1);
                  return id;
                },
            Encoders.LONG())
        .selectExpr("concat('t', value) as text", "value % 2 as label")
        .createOrReplaceTempView("scanned_rows");
    int before = session.sparkContext().getPersistentRDDs().size();

    ExampleSplits data = prepare(Map.of("train", "scanned_rows"));
    long used =
        data.train().count()
            + data.validation().orElseThrow().count()
            + data.test().orElseThrow().count()
            + data.rejected().count();

    assertThat(used).isEqualTo(100);
    assertThat(scanned.value()).isEqualTo(100);
    assertThat(data.examples().where("not is_validation").count()).isEqualTo(80);
    assertThat(session.sparkContext().getPersistentRDDs().size()).isEqualTo(before + 1);
    long held = storage();
    data.unpersistExamples();
    assertThat(storage()).isLessThan(held);
    assertThat(data.test().orElseThrow().count()).isEqualTo(10);
    assertThat(scanned.value()).isEqualTo(100);
    data.close();
    assertThat(session.sparkContext().getPersistentRDDs().size()).isEqualTo(before);
    assertThat(data.train().count()).isEqualTo(80);
  }

  @Test
  void labelSetsComeFromCsvWhoseEmptyFieldsAreEmptySets() throws IOException {
    String train = write("sets.csv", "text,label\na,x|y\nb,\nc,y; |x|y\n,x\nd,z\n");
    String test = write("test_sets.csv", "text,label\ne,x|z\nf,x|w\ng,\na,x\n");
    Map<String, ?> settings = Map.of("train", train, "test", test, "validation_split", 0);
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            session, arguments(settings), ProblemType.MULTI_LABEL_CLASSIFICATION)) {
      assertThat(data.labels().names()).containsExactly("x", "y", "y;", "z");
      assertThat(sets(data.train()))
          .containsExactlyInAnyOrder("a/[x, y]", "b/[]", "c/[x, y, y;]", "d/[z]");
      assertThat(sets(data.test().orElseThrow())).containsExactlyInAnyOrder("e/[x, z]", "g/[]");
      assertThat(data.rejected().collectAsList().stream().map(Row::toString))
          .allMatch(row -> row.matches(".*(blank_text|unseen_label|text_in_earlier_split).*"))
          .hasSize(3);
      assertThat(data.report().split("train").orElseThrow().kept()).isEqualTo(4);
      assertThat(data.report().split("train").orElseThrow().classes())
          .isEqualTo(Map.of("x", 2L, "y", 2L, "y;", 1L, "z", 1L));
      assertThat(data.report().split("test").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.UNSEEN_LABEL, 1L, RejectReason.TEXT_IN_EARLIER_SPLIT, 1L));
      assertThat(data.report().warnings()).contains("rows without any label: 2, kept");
    }
  }

  @Test
  void aNullIsAMissingLabelSetWhereThereAreNulls() throws IOException {
    String train =
        write(
            "sets.jsonl",
            "{\"text\": \"a\", \"label\": [\"x\", \"y\"]}\n"
                + "{\"text\": \"b\", \"label\": []}\n"
                + "{\"text\": \"c\"}\n");
    Map<String, ?> settings = Map.of("train", train, "validation_split", 0, "test_split", 0);
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            session, arguments(settings), ProblemType.MULTI_LABEL_CLASSIFICATION)) {
      assertThat(sets(data.train())).containsExactlyInAnyOrder("a/[x, y]", "b/[]");
      assertThat(data.report().split("train").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.MISSING_LABEL, 1L));
    }
    assertThatThrownBy(() -> prepare(settings))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "of type array<string>: expected string, number, boolean or date; for sets of labels"
                + " set model.problem_type=multi_label_classification");
  }

  @Test
  void pairsAreComparedAsAWholeAndNeedBothTexts() throws IOException {
    String train = write("pairs.csv", "text,answer,label\na,1,x\na,2,y\nb, ,x\nc,3,y\n");
    String test = write("test_pairs.csv", "text,answer,label\na,3,x\na,2,y\n");
    Map<String, ?> settings =
        Map.of("train", train, "test", test, "validation_split", 0, "text_pair_column", "answer");
    try (ExampleSplits data = prepare(settings)) {
      assertThat(data.train().columns()).containsExactly("text", "text_pair", "label");
      assertThat(data.train().count()).isEqualTo(3);
      assertThat(data.test().orElseThrow().collectAsList())
          .containsExactly(RowFactory.create("a", "3", "x"));
      assertThat(data.report().split("train").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.BLANK_TEXT_PAIR, 1L));
      assertThat(data.report().warnings()).containsExactly("test has no row of class y");
    }
  }

  @Test
  void aSeparatorIsForThoseOfTheRowsThatAreCsv() throws IOException {
    String semicolons = write("train.csv", "text;label\na;x\nb;y\n");
    String json = write("test.json", "{\"text\": \"c\", \"label\": \"x\"}\n");
    Map<String, Object> settings = new HashMap<>(Map.of("test", json, "separator", ";"));
    settings.put("validation_split", 0);
    settings.put("train", semicolons);
    try (ExampleSplits data = prepare(settings)) {
      assertThat(rows(data.train())).containsExactlyInAnyOrder("a/x", "b/y");
    }
    settings.put("train", json);
    assertThatThrownBy(() -> prepare(settings))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.separator=; means nothing to rows that are not CSV (data.train: json, data.test:"
                + " json): leave it out");
  }

  private static List<String> sets(Dataset<Row> rows) {
    return rows.collectAsList().stream()
        .map(row -> row.getString(0) + "/" + row.getList(1))
        .toList();
  }

  /** Bytes that cached rows take. */
  private long storage() {
    return Arrays.stream(session.sparkContext().getRDDStorageInfo())
        .mapToLong(RDDInfo::memSize)
        .sum();
  }

  private ExampleSplits prepare(Map<String, ?> settings) {
    return DatasetPreparation.prepare(
        session, arguments(settings), ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static DataArguments arguments(Map<String, ?> settings) {
    return Schema.of("data", DataArguments.class).create(settings);
  }

  private List<String> testRows(String table, int seed) {
    Map<String, Object> settings = new HashMap<>(Map.of("train", table, "seed", seed));
    settings.put("validation_split", 0);
    try (ExampleSplits data = prepare(settings)) {
      return rows(data.test());
    }
  }

  private static List<String> rows(Optional<Dataset<Row>> rows) {
    return rows(rows.orElseThrow());
  }

  private static List<String> rows(Dataset<Row> rows) {
    assertThat(rows.columns()).containsExactly("text", "label");
    return rows.collectAsList().stream()
        .map(row -> row.getString(0) + "/" + row.getString(1))
        .toList();
  }

  private String write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }
}
