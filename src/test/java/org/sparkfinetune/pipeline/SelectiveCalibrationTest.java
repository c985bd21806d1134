package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.conformal.ConformityMethod;
import org.sparkfinetune.conformal.ConformityScore;
import org.sparkfinetune.conformal.FiniteSampleQuantile;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.conformal.SelectivePrediction;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

class SelectiveCalibrationTest {
  private static final List<String> LABELS =
      IntStream.range(0, 5).mapToObj(i -> "label_" + i).toList();

  /** Rows whose probabilities say something of their labels; the last label has few. */
  private static List<Row> rows(int count, long seed) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = i % 20 == 0 ? 4 : random.nextInt(4);
      float[] logits = new float[LABELS.size()];
      for (int j = 0; j < logits.length; j++) {
        logits[j] = (float) (random.nextGaussian() + (j == label ? 1.5 : 0));
      }
      rows.add(
          RowFactory.create(
              RowFactory.create(LABELS.get(label)),
              Vectors.dense(Predictions.softmax(logits)),
              random.nextLong()));
    }
    return rows;
  }

  private static SelectivePrediction calibrate(
      List<Row> rows, int partitions, SelectiveSettings settings) {
    StructType schema =
        new StructType()
            .add(PredictionColumns.ROW, new StructType().add("label", DataTypes.StringType))
            .add(PredictionColumns.PROBABILITY, SQLDataTypes.VectorType())
            .add(PredictionColumns.TEXT_HASH, DataTypes.LongType);
    Dataset<Row> predicted =
        TestSpark.session().createDataFrame(rows, schema).repartition(partitions);
    LabeledRows reader = new LabeledRows(LABELS, ProblemType.SINGLE_LABEL_CLASSIFICATION);
    return SelectiveCalibration.of(predicted, "label", reader, LABELS, 1.25, settings);
  }

  private static SelectiveSettings settings(
      ConformityMethod method, boolean classConditional, double... coverages) {
    return new SelectiveSettings(
        Arrays.stream(coverages).boxed().toList(),
        new ConformityScore(method, true, 0.01, 2),
        7,
        classConditional,
        List.of(0.8));
  }

  private static double score(Row row, SelectiveSettings settings) {
    double u = PredictionSets.uniform(settings.seed(), row.getLong(2));
    return settings.score().of(probabilities(row), u)[label(row)];
  }

  private static double[] probabilities(Row row) {
    return ((Vector) row.get(1)).toArray();
  }

  private static int label(Row row) {
    return LABELS.indexOf(row.getStruct(0).getString(0));
  }

  @ParameterizedTest
  @EnumSource
  void oneAndEightPartitionsGiveTheSameBitsWhichAreThoseOfAllRows(ConformityMethod method) {
    List<Row> rows = rows(400, 1);
    SelectiveSettings settings = settings(method, false, 0.9, 0.95);
    SelectivePrediction one = calibrate(rows, 1, settings);

    assertThat(calibrate(rows, 8, settings)).isEqualTo(one);
    double[] scores = rows.stream().mapToDouble(row -> score(row, settings)).sorted().toArray();
    for (double coverage : settings.coverages()) {
      assertThat(one.sets().orElseThrow().thresholds(coverage))
          .containsExactly(FiniteSampleQuantile.of(scores, coverage).orElseThrow());
    }
    assertThat(one.rows()).isEqualTo(400);
    assertThat(one.temperature()).isEqualTo(1.25);
    double below = one.abstainBelow().get(0.8);
    List<Row> answered =
        rows.stream()
            .filter(row -> Arrays.stream(probabilities(row)).max().orElseThrow() >= below)
            .toList();
    long right =
        answered.stream()
            .filter(row -> Predictions.argmax(probabilities(row)) == label(row))
            .count();
    assertThat(right / (double) answered.size()).isBetween(0.8, 0.81);
  }

  @Test
  void eachLabelsRowsGiveItsThreshold() {
    List<Row> rows = rows(400, 2);
    SelectiveSettings settings = settings(ConformityMethod.APS, true, 0.9);
    SelectivePrediction eight = calibrate(rows, 8, settings);

    assertThat(eight).isEqualTo(calibrate(rows, 1, settings));
    double[] expected =
        IntStream.range(0, LABELS.size())
            .mapToDouble(
                label -> {
                  double[] scores =
                      rows.stream()
                          .filter(row -> label(row) == label)
                          .mapToDouble(row -> score(row, settings))
                          .sorted()
                          .toArray();
                  return FiniteSampleQuantile.of(scores, 0.9).orElseThrow();
                })
            .toArray();
    assertThat(eight.sets().orElseThrow().thresholds(0.9)).containsExactly(expected);
  }

  /** The promise itself: the mean of many calibrations, of which each has another 400 rows. */
  @ParameterizedTest
  @EnumSource
  void setsHaveTheRightLabelAsOftenAsPromised(ConformityMethod method) {
    for (double coverage : new double[] {0.9, 0.95}) {
      int covered = 0;
      int tested = 0;
      for (int split = 0; split < 40; split++) {
        List<Row> rows = rows(1_200, 100 + split);
        SelectiveSettings settings = settings(method, false, coverage);
        double[] scores =
            rows.subList(0, 400).stream().mapToDouble(r -> score(r, settings)).sorted().toArray();
        double threshold = FiniteSampleQuantile.of(scores, coverage).orElseThrow();
        for (Row row : rows.subList(400, rows.size())) {
          covered += score(row, settings) <= threshold ? 1 : 0;
          tested++;
        }
      }
      assertThat(covered / (double) tested).isCloseTo(coverage, within(0.01));
    }
  }

  @Test
  void tooFewRowsAreRefusedWithHowManyAreNeeded() {
    assertThatThrownBy(
            () -> calibrate(rows(18, 3), 2, settings(ConformityMethod.LAC, false, 0.5, 0.95)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage=0.95 needs at least 19 calibration rows, and there are 18: give"
                + " more, or ask for less");
    assertThat(calibrate(rows(19, 3), 2, settings(ConformityMethod.LAC, false, 0.95)).rows())
        .isEqualTo(19);
    assertThatThrownBy(() -> calibrate(rows(100, 3), 2, settings(ConformityMethod.LAC, true, 0.9)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage=0.9 needs at least 9 calibration rows of each label with"
                + " calibrate.class_conditional=true, and label_4 has 5: give more, or leave"
                + " calibrate.class_conditional out");
    assertThatThrownBy(() -> calibrate(List.of(), 2, settings(ConformityMethod.LAC, false, 0.9)))
        .isInstanceOf(UserException.class)
        .hasMessage("no row can be calibrated by: expected labeled rows with texts");
  }

  @Test
  void anAccuracyThatNoConfidenceGivesIsRefused() {
    Row wrong = RowFactory.create(RowFactory.create("label_0"), Vectors.dense(0, 1, 0, 0, 0), 1L);
    assertThatThrownBy(
            () -> calibrate(List.of(wrong, wrong), 1, settings(ConformityMethod.LAC, false)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.target_accuracy=0.8: no confidence gives it on these 2 rows, not even to the"
                + " surest: ask for less");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isReadBackAsItWasWritten(boolean classConditional) {
    SelectivePrediction selective =
        calibrate(rows(400, 4), 3, settings(ConformityMethod.RAPS, classConditional, 0.8, 0.9));
    String json = SelectivePredictionJson.write(selective);
    assertThat(SelectivePredictionJson.read(json, LABELS.size())).isEqualTo(selective);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7",
        "{}",
        "{\"temperature\":1,\"rows\":5}",
        "{\"temperature\":0,\"rows\":5,\"abstain_below\":{}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{\"x\":1}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{\"2\":1}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{\"0.9\":\"1\"}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{},\"prediction_sets\":{}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{},\"prediction_sets\":{\"method\":\"lac\","
            + "\"penalty\":0,\"unpenalized\":0,\"thresholds\":{\"0.9\":[1,2]}}}",
        "{\"temperature\":1,\"rows\":5,\"abstain_below\":{},\"prediction_sets\":{\"method\":\"best\","
            + "\"penalty\":0,\"unpenalized\":0,\"thresholds\":{\"0.9\":[1]}}}"
      })
  void whatIsDamagedIsRefused(String json) {
    assertThatThrownBy(() -> SelectivePredictionJson.read(json, LABELS.size()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("config.json: selective_prediction is damaged (")
        .hasMessageEndingWith("): calibrate the model anew, by jobs/calibrate");
  }
}
