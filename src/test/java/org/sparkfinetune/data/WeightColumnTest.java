package org.sparkfinetune.data;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.task.ProblemType;

/** Rows with a column of weights, {@code data.weight_column}. */
class WeightColumnTest {
  private final SparkSession session = TestSpark.session();
  private final Map<String, Object> settings =
      new HashMap<>(
          Map.of("weight_column", "trust", "validation_split", 0, "test_split", 0, "seed", 7));
  @TempDir Path folder;

  @BeforeEach
  void writeTestRows() throws IOException {
    settings.put("test", write("test.csv", "text,label\nq,y\nr,x\n"));
  }

  @Test
  void trainingRowsHaveTheirWeightAndTestRowsNeedNone() throws IOException {
    settings.put(
        "train", write("train.csv", "text,label,trust\na,x,0.25\nb,y,2\nc,y,0\nd,x,1e-3\n"));
    try (ExampleSplits data = prepare()) {
      assertThat(weights(data.train()))
          .containsExactlyInAnyOrder("a 0.25", "b 2.0", "c 0.0", "d 0.001");
      assertThat(data.examples().columns()).containsExactlyInAnyOrder("text", "label", "weight");
      assertThat(data.test().orElseThrow().columns()).containsExactly("text", "label");
      assertThat(data.report().split("train").orElseThrow().rejected()).isEmpty();
    }
    settings.remove("weight_column");
    try (ExampleSplits data = prepare()) {
      assertThat(data.train().columns()).containsExactly("text", "label");
    }
  }

  @Test
  void rowsThatAreHeldOutKeepNoWeightToBeMeasuredBy() throws IOException {
    StringBuilder rows = new StringBuilder("text,label,trust\n");
    for (int i = 0; i < 40; i++) {
      rows.append("text ").append(i).append(i % 2 == 0 ? ",x," : ",y,").append(i).append('\n');
    }
    settings.put("train", write("train.csv", rows.toString()));
    settings.put("validation_split", 0.2);
    try (ExampleSplits data = prepare()) {
      assertThat(data.validation().orElseThrow().columns()).containsExactly("text", "label");
      assertThat(data.validation().orElseThrow().count()).isEqualTo(8);
      assertThat(data.train().where("cast(substr(text, 6) as double) = weight").count())
          .isEqualTo(32);
    }
  }

  @Test
  void rowsWhoseWeightIsNoneAreRejectedWithTheirReason() throws IOException {
    settings.put(
        "train",
        write(
            "train.csv",
            "text,label,trust\na,x,1\nb,y,2\nc,y,\nd,x,NaN\ne,x,-0.5\nf,y,Infinity\ng,y,high\n"
                + "h,y,1e39\n,y,-1\n"));
    for (String ansi : List.of("false", "true")) {
      session.conf().set("spark.sql.ansi.enabled", ansi);
      try (ExampleSplits data = prepare()) {
        assertThat(weights(data.train())).containsExactlyInAnyOrder("a 1.0", "b 2.0");
        assertThat(data.report().render())
            .contains("rejected of train: blank text 1, invalid weight 6");
        assertThat(
                data.rejected().collectAsList().stream()
                    .map(row -> row.getAs("reason") + " " + row.getAs("text"))
                    .toList())
            .contains("invalid_weight c", "invalid_weight g", "blank_text null")
            .hasSize(7);
        assertThat(data.writeRejected(folder.resolve("rejected").toString())).isTrue();
        assertThat(
                session
                    .read()
                    .json(folder.resolve("rejected").toString())
                    .where("text = 'e' and weight = -0.5")
                    .count())
            .isEqualTo(1);
      } finally {
        session.conf().unset("spark.sql.ansi.enabled");
      }
    }
  }

  @Test
  void columnsThatCannotBeWhatWasMeantAreRefused() throws IOException {
    String rows =
        Files.writeString(
                folder.resolve("rows.jsonl"),
                "{\"text\": \"a\", \"label\": \"x\", \"sure\": true, \"words\": \"many\"}\n"
                    + "{\"text\": \"b\", \"label\": \"y\", \"sure\": false, \"words\": \"few\"}\n")
            .toString();
    settings.put("train", rows);
    refused(
        "trust",
        "data.weight_column=trust: no such column in "
            + rows
            + "; it has: label, sure, text, words");
    refused(
        "sure",
        "data.weight_column=sure: in "
            + rows
            + " this column is of type boolean: expected numbers, 0 or greater");
    refused(
        "Label",
        "data.weight_column=Label: this is data.label_column: expected a column of weights");
    settings.put("weight_column", "words");
    assertThatThrownBy(this::prepare)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("invalid weight 2");
  }

  private void refused(String column, String message) {
    settings.put("weight_column", column);
    assertThatThrownBy(this::prepare).isInstanceOf(UserException.class).hasMessage(message);
  }

  private ExampleSplits prepare() {
    return DatasetPreparation.prepare(
        session,
        Schema.of("data", DataArguments.class).create(settings),
        ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static List<String> weights(Dataset<Row> rows) {
    return rows.collectAsList().stream()
        .map(row -> row.getString(0) + " " + row.getDouble(row.fieldIndex("weight")))
        .toList();
  }

  private String write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }
}
