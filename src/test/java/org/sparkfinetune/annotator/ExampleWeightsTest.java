package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.johnsnowlabs.nlp.Annotation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

/** Fits with a column of weights, {@code weightCol}. */
@Tag("slow")
class ExampleWeightsTest {
  private static final List<String> INTENTS = List.of("card", "loan", "transfer");

  @Test
  void aWeightIsThatOfTheRowsToTrainOn() {
    Dataset<Row> rows =
        rows(
            DataTypes.DoubleType,
            row("a", "x", false, 0.5),
            row("b", "y", null, 2.0),
            row("c", "x", true, null),
            row("d", "y", true, -1.0));
    try (TrainingExamples examples = of(rows, "weight", true)) {
      assertThat(examples.rows().columns())
          .containsExactly(
              "input_ids", "second_segment_start", "labels", "is_validation", "weight");
      assertThat(examples.validationRows()).isEqualTo(2);
      assertThat(
              examples.rows().where("not is_validation").select("weight").collectAsList().stream()
                  .map(row -> row.getFloat(0)))
          .containsExactlyInAnyOrder(0.5f, 2f);
    }
  }

  @Test
  void rowsWithoutAWeightToTrainByAreRejectedAndCounted() {
    Dataset<Row> rows =
        rows(
            DataTypes.DoubleType,
            row("a", "x", null, 0.0),
            row("b", "x", null, 3e38),
            row("c", "y", null, null),
            row("d", "y", null, Double.NaN),
            row("e", "y", null, -1e-9),
            row("f", "y", null, Double.POSITIVE_INFINITY),
            // More than fp32 holds.
            row("g", "y", null, 1e39),
            row("", "y", null, -1.0));
    assertThatThrownBy(() -> of(rows, "weight", false))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "cannot train on 2 examples of one class, x: expected at least two classes; rejected:"
                + " blank text 1, invalid weight 5");
  }

  @Test
  void weightsThatCannotBeWhatWasMeantAreRefused() {
    Dataset<Row> zeros =
        rows(DataTypes.IntegerType, row("a", "x", null, 0), row("b", "y", null, 0));
    assertThatThrownBy(() -> of(zeros, "weight", false))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "cannot train: the weight of all 2 training examples is 0 (weightCol,"
                + " data.weight_column): expected one above 0, or no column of weights");
    assertThatThrownBy(() -> of(zeros, "label", false))
        .isInstanceOf(UserException.class)
        .hasMessage("weight column label is of type string: expected numbers, 0 or greater");
    assertThatThrownBy(() -> of(zeros, "trust", false))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no column trust for the weights of the rows (weightCol): there are text, label,"
                + " held_out, weight, document");
  }

  /**
   * Each text is there with its own label and with another one. Which of them a model learns is a
   * matter of the weights alone.
   */
  @Test
  void labelsOfWeightZeroAreNotLearned(@TempDir Path folder) throws IOException {
    String base = Fixtures.folder(TestModels.tiny(), folder).toString();
    List<Row> rows = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      texts.add("message " + i + " is about a " + INTENTS.get(i % 3));
      rows.add(row(texts.get(i), INTENTS.get(i % 3), null, 1.0));
      rows.add(row(texts.get(i), INTENTS.get((i + 1) % 3), null, 0.0));
    }
    Dataset<Row> messages =
        rows(DataTypes.DoubleType, rows.toArray(Row[]::new))
            .selectExpr("*", "1 - weight as opposite");
    for (int shift = 0; shift < 2; shift++) {
      TransformerClassifierApproach approach =
          new TransformerClassifierApproach()
              .setInputCols(new String[] {"document"})
              .setLabelColumn("label")
              .setBase(base)
              .setMaxLength(16)
              .setPrecision("fp32")
              .setLearningRate(5e-3)
              .setPerDeviceTrainBatchSize(8)
              .setNumTrainEpochs(20)
              .setWeightCol(shift == 0 ? "weight" : "opposite");
      approach.setOutputCol("category");
      TransformerClassifierModel model = approach.fit(messages);
      assertThat(model.provenance().orElseThrow().data()).containsEntry("example_weights", true);
      Dataset<Row> predicted =
          model.transform(
              Fixtures.documents().transform(Fixtures.texts(texts.toArray(String[]::new))));
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        expected.add(INTENTS.get((i + shift) % 3));
      }
      assertThat(
              Fixtures.annotations(predicted, "category").stream()
                  .map(row -> row.get(0))
                  .map(Annotation::result))
          .containsExactlyElementsOf(expected);
    }
  }

  private static TrainingExamples of(Dataset<Row> rows, String weight, boolean indicator) {
    TrainingColumns columns =
        new TrainingColumns(
            List.of("document"),
            "label",
            ProblemType.SINGLE_LABEL_CLASSIFICATION,
            "|",
            indicator ? Optional.of("held_out") : Optional.empty(),
            Optional.of(weight));
    return TrainingExamples.of(rows, columns, 0, 42, TestModels.tiny().tokenizer(), 16, false);
  }

  private static Row row(String text, String label, Boolean heldOut, Object weight) {
    return RowFactory.create(text, label, heldOut, weight);
  }

  private static Dataset<Row> rows(DataType weightType, Row... rows) {
    StructType schema =
        new StructType()
            .add("text", DataTypes.StringType)
            .add("label", DataTypes.StringType)
            .add("held_out", DataTypes.BooleanType)
            .add("weight", weightType);
    return Fixtures.documents().transform(Fixtures.rows(schema, List.of(rows)));
  }
}
