package org.sparkfinetune.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.task.ProblemType;

/** Prediction sets, abstention and scores of out-of-scope rows, from the calibration on. */
class SelectivePredictionTest {
  private static final List<String> LABELS = List.of("card", "loan", "transfer");

  @TempDir Path folder;

  private static Dataset<Row> rows(int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(RowFactory.create("text number " + i, LABELS.get(i * 7 % 3)));
    }
    return TestSpark.session()
        .createDataFrame(
            rows,
            new StructType().add("text", DataTypes.StringType).add("label", DataTypes.StringType));
  }

  /** One that knows nothing and is sure of itself. */
  private String model(ProblemType problemType) {
    ModelFiles files = HeadTemperature.of(TestModels.tiny(problemType), 0.1);
    Path written = folder.resolve("model");
    HuggingFaceFolder.write(
        files,
        ModelConfig.parse(files.config()).inputs(),
        new org.apache.hadoop.fs.Path(written.toString()),
        new Configuration(false));
    return written.toString();
  }

  private String model() {
    return model(ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private static Calibration calibration(int rows) {
    return Calibration.on(TestSpark.session()).console(Console.quiet()).validation(rows(rows));
  }

  private static Prediction prediction(String model) {
    return Prediction.on(TestSpark.session()).console(Console.quiet()).model(model);
  }

  private static List<Row> predicted(Prediction prediction) {
    return prediction.input(rows(40)).run().orderBy("text").collectAsList();
  }

  @Test
  void aCalibratedModelIsSavedAndGivesSetsOfTheCoverageAndAbstains() throws Exception {
    Path output = folder.resolve("calibrated");
    CalibrationResult result =
        calibration(40)
            .model(model())
            .set("calibrate.coverage", List.of(0.8, 0.9))
            .set("calibrate.set_method", "aps")
            .set("calibrate.target_accuracy", 0.1)
            .output(output.toString())
            .run();
    assertThat(result.coverages()).containsExactly(0.8, 0.9);
    assertThat(result.abstainBelow()).containsOnlyKeys(0.1);

    String saved = output.resolve("model").toString();
    List<Row> rows = predicted(prediction(saved).set("predict.coverage", 0.9));
    int covered = 0;
    for (Row row : rows) {
      List<String> set = row.getList(row.fieldIndex("prediction_set"));
      covered += set.contains(row.<String>getAs("label")) ? 1 : 0;
      Map<String, Double> probabilities = row.getJavaMap(row.fieldIndex("probabilities"));
      for (int i = 1; i < set.size(); i++) {
        assertThat(probabilities.get(set.get(i)))
            .isLessThanOrEqualTo(probabilities.get(set.get(i - 1)));
      }
    }
    // They are the rows that it was calibrated by: ceil(41 * 0.9) of them, or one that rounds.
    assertThat(covered).isBetween(36, 38);
    List<Row> again =
        predicted(
            Prediction.on(TestSpark.session())
                .console(Console.quiet())
                .model(result.classifier())
                .set("predict.coverage", 0.9));
    assertThat(again).hasSameSizeAs(rows);

    EvaluationResult measured =
        Evaluation.on(TestSpark.session())
            .console(Console.quiet())
            .set("evaluate.bootstrap", 0)
            .model(saved)
            .test(rows(40))
            .output(folder.resolve("evaluation").toString())
            .run();
    assertThat(measured.predictionSets())
        .extracting(SetCoverage::coverage)
        .containsExactly(0.8, 0.9);
    assertThat(measured.predictionSets().get(1).covered()).isEqualTo(covered / 40.0);
    assertThat(measured.predictionSets().get(1).meanSize())
        .isEqualTo(
            rows.stream().mapToInt(r -> r.getList(r.fieldIndex("prediction_set")).size()).sum()
                / 40.0);
    assertThat(measured.riskCoverage().orElseThrow().aurc())
        .isEqualTo(measured.metrics().get("test_aurc"));
    assertThat(Files.readString(folder.resolve("evaluation/report.html")))
        .contains("Prediction sets", "When not to answer");
    assertThat(Files.readString(folder.resolve("evaluation/risk_coverage.json")))
        .contains("\"confidence\"", "\"coverage\" : 1,", "\"accuracy\"");
    assertThat(Files.readString(folder.resolve("evaluation/prediction_sets.json")))
        .contains("\"coverage\"", "0.9", "\"mean_size\"");

    double below =
        rows.stream().mapToDouble(r -> r.<Double>getAs("confidence")).average().orElse(0);
    List<Row> abstaining = predicted(prediction(saved).set("predict.abstain_below", below));
    for (Row row : abstaining) {
      boolean abstained = row.<Double>getAs("confidence") < below;
      assertThat(row.<Boolean>getAs("abstained")).isEqualTo(abstained);
      assertThat(row.isNullAt(row.fieldIndex("prediction"))).isEqualTo(abstained);
    }
    PredictionWriter.Counts counts =
        prediction(saved)
            .set("predict.abstain_below", below)
            .input(rows(40).unionByName(rows(1).selectExpr("cast(null as string) text", "label")))
            .write(folder.resolve("written.json").toString());
    assertThat(counts.abstained())
        .isEqualTo(abstaining.stream().filter(r -> r.getAs("abstained")).count());
    assertThat(counts.withoutPrediction()).isEqualTo(1);
    assertThat(counts.rows()).isEqualTo(41);
    assertThat(
            predicted(prediction(saved).set("predict.target_accuracy", 0.1))
                .get(0)
                .schema()
                .fieldNames())
        .contains("abstained");

    assertThatThrownBy(() -> predicted(prediction(saved).set("predict.coverage", 0.95)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "predict.coverage=0.95: the model was calibrated for the coverages [0.8, 0.9] alone: run"
                + " jobs/calibrate with calibrate.coverage=0.95");
    assertThatThrownBy(() -> predicted(prediction(saved).set("predict.target_accuracy", 0.2)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "predict.target_accuracy=0.2: the model was calibrated for the accuracies [0.1] alone: run"
                + " jobs/calibrate with calibrate.target_accuracy=0.2");
    // Of another temperature the thresholds mean nothing.
    TransformerClassifierModel warmer =
        TransformerClassifierModel.loadSavedModel(saved, TestSpark.session()).setTemperature(50);
    String other = folder.resolve("other").toString();
    warmer.write().save(other);
    assertThatThrownBy(() -> predicted(prediction(other).set("predict.coverage", 0.9)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "predict.coverage=0.9: the model was calibrated for it at temperature ")
        .hasMessageEndingWith(
            ", and has temperature 50.0: run jobs/calibrate with calibrate.coverage=0.9");
  }

  @Test
  void scoresOfOutOfScopeRowsAreThoseOfTheirDefinitions() {
    String model = model();
    List<Row> plain = predicted(prediction(model).set("predict.out_of_scope_score", "max_softmax"));
    List<Row> energy = predicted(prediction(model).set("predict.out_of_scope_score", "energy"));
    for (int i = 0; i < plain.size(); i++) {
      assertThat(plain.get(i).<Double>getAs("out_of_scope_score"))
          .isCloseTo(1 - plain.get(i).<Double>getAs("confidence"), within(1e-12));
      assertThat(energy.get(i).<Double>getAs("out_of_scope_score")).isFinite();
    }
    assertThat(energy).doesNotHaveDuplicates();
  }

  @Test
  void distancesFromClassMeansAreKeptWithTheModel() {
    String model = model();
    Path output = folder.resolve("means");
    calibration(40).model(model).set("calibrate.mahalanobis", true).output(output.toString()).run();
    List<Row> scored =
        predicted(
            prediction(output.resolve("model").toString())
                .set("predict.out_of_scope_score", "mahalanobis"));
    assertThat(scored)
        .allSatisfy(
            row -> assertThat(row.<Double>getAs("out_of_scope_score")).isFinite().isPositive());
    assertThat(scored.get(0).schema().fieldNames()).doesNotContain("pooled");
    assertThatThrownBy(
            () -> predicted(prediction(model).set("predict.out_of_scope_score", "mahalanobis")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "predict.out_of_scope_score=mahalanobis: the model was not calibrated for it: run"
                + " jobs/calibrate with calibrate.mahalanobis=true");
  }

  @Test
  void whatCannotBeMeantIsRefusedInOneLine() {
    String model = model();
    assertThatThrownBy(() -> predicted(prediction(model).set("predict.coverage", 0.9)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "predict.coverage=0.9: the model was not calibrated for it: run jobs/calibrate with"
                + " calibrate.coverage=0.9");
    assertThatThrownBy(
            () ->
                predicted(
                    prediction(model)
                        .set("predict.abstain_below", 0.5)
                        .set("predict.target_accuracy", 0.9)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "predict.abstain_below=0.5 and predict.target_accuracy=0.9 both say when there is no"
                + " prediction: leave one out");
    assertThatThrownBy(
            () -> calibration(12).model(model).set("calibrate.coverage", "[0.8, 0.95]").run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage=0.95 needs at least 19 calibration rows, and there are 12: give"
                + " more, or ask for less");
    for (Object wrong : List.of("1", 0, "x", List.of(0.9, 2))) {
      assertThatThrownBy(() -> calibration(12).model(model).set("calibrate.coverage", wrong).run())
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              "calibrate.coverage=.* is not allowed: expected a number above 0 and below 1, or several"
                  + " in brackets: calibrate.coverage=\\[0.9,0.95\\]");
    }
  }

  @Test
  void multiLabelModelsAreRefused() {
    String model = model(ProblemType.MULTI_LABEL_CLASSIFICATION);
    for (Map.Entry<String, Object> setting :
        Map.<String, Object>of(
                "predict.coverage", 0.9,
                "predict.abstain_below", 0.5,
                "predict.target_accuracy", 0.5,
                "predict.out_of_scope_score", "energy")
            .entrySet()) {
      assertThatThrownBy(
              () -> predicted(prediction(model).set(setting.getKey(), setting.getValue())))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "%s=%s is for single-label models, and this one is multi-label: leave it out"
                  .formatted(setting.getKey(), setting.getValue()));
    }
    assertThatThrownBy(() -> calibration(30).model(model).set("calibrate.coverage", 0.9).run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage is for single-label models, and this one is multi-label: leave it"
                + " out");
  }
}
