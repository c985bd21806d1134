package org.sparkfinetune.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.task.ProblemType;

class CalibrationTest {
  private static final List<String> LABELS = List.of("card", "loan", "transfer");

  @TempDir Path folder;

  private static Dataset<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
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

  private static EvaluationResult evaluate(String model) {
    return Evaluation.on(TestSpark.session())
        .console(Console.quiet())
        .set("evaluate.bootstrap", 0)
        .model(model)
        .test(rows())
        .run();
  }

  private Calibration calibration() {
    return Calibration.on(TestSpark.session()).console(Console.quiet()).validation(rows());
  }

  @ParameterizedTest
  @EnumSource
  void lowersTheLogLossPredictsTheSameAndIsReadBack(ProblemType problemType) throws Exception {
    Path output = folder.resolve("calibrated");
    CalibrationResult result =
        calibration().model(model(problemType)).output(output.toString()).run();

    assertThat(result.temperature()).isGreaterThan(0.1);
    assertThat(result.after().loss()).isLessThan(result.before().loss());
    assertThat(result.after().accuracy()).isEqualTo(result.before().accuracy());
    assertThat(Files.readString(output.resolve("report.html"))).contains("before", "calibrated");

    EvaluationResult again = evaluate(output.resolve("model").toString());
    assertThat(again.loss()).isCloseTo(result.after().loss(), within(1e-5));
    assertThat(again.accuracy()).isEqualTo(result.after().accuracy());
    CalibrationResult twice = calibration().model(output.resolve("model").toString()).run();
    assertThat(twice.temperature())
        .isCloseTo(result.temperature(), within(1e-3 * result.temperature()));
  }

  @Test
  void aSlopeAndAnInterceptALabelAreInTheWeights() throws Exception {
    String model = model(ProblemType.MULTI_LABEL_CLASSIFICATION);
    Path output = folder.resolve("calibrated");
    CalibrationResult temperature = calibration().model(model).run();
    CalibrationResult platt =
        calibration().set("calibrate.method", "platt").model(model).output(output.toString()).run();

    // A temperature is a slope that all labels share, without an intercept.
    assertThat(platt.after().loss()).isLessThan(temperature.after().loss() - 0.01);
    assertThat(platt.slopes()).containsOnlyKeys(LABELS);
    assertThat(platt.intercepts()).containsOnlyKeys(LABELS);
    assertThat(platt.temperature()).isEqualTo(1);
    assertThat(temperature.slopes()).isEmpty();
    EvaluationResult again = evaluate(output.resolve("model").toString());
    assertThat(again.loss()).isCloseTo(platt.after().loss(), within(1e-6));
    assertThat(again.metrics().get("test_f1_micro"))
        .isGreaterThanOrEqualTo(platt.before().metrics().get("test_f1_micro"));

    // There is nothing left to do, but for the smoothing of targets.
    CalibrationResult twice =
        calibration()
            .set("calibrate.method", "platt")
            .model(output.resolve("model").toString())
            .run();
    assertThat(twice.after().loss()).isCloseTo(again.loss(), within(1e-3));
  }

  @Test
  void aSlopeALabelIsRefusedOfSingleLabels() {
    assertThatThrownBy(
            () ->
                calibration()
                    .set("calibrate.method", "platt")
                    .model(model(ProblemType.SINGLE_LABEL_CLASSIFICATION))
                    .run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.method=platt is for multi-label models, and this one is single-label: leave"
                + " it out");
  }

  @Test
  void severalCoveragesWantBracketsAndRejectedRowsAreWritten() throws Exception {
    String model = model(ProblemType.SINGLE_LABEL_CLASSIFICATION);
    assertThatThrownBy(() -> calibration().set("calibrate.coverage", "0.9,0.95"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage=0.9,0.95 is not one value: several stand in brackets,"
                + " calibrate.coverage=[0.9,0.95]");
    assertThatThrownBy(() -> calibration().set("calibrate.coverage", "[0.9,2]").model(model).run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "calibrate.coverage=[0.9,2] is not allowed: expected a number above 0 and below 1, or"
                + " several in brackets: calibrate.coverage=[0.9,0.95]");
    Path output = folder.resolve("rejected");
    Dataset<Row> blank =
        TestSpark.session()
            .createDataFrame(List.of(RowFactory.create(" ", "card")), rows().schema());
    calibration().validation(rows().union(blank)).model(model).output(output.toString()).run();
    assertThat(TestSpark.session().read().json(output + "/rejected_rows"))
        .satisfies(rejected -> assertThat(rejected.count()).isEqualTo(1));
  }

  @Test
  void rowsAreAskedFor() {
    String model = model(ProblemType.SINGLE_LABEL_CLASSIFICATION);
    assertThatThrownBy(
            () -> Calibration.on(TestSpark.session()).console(Console.quiet()).model(model).run())
        .isInstanceOf(UserException.class)
        .hasMessage(
            "data.validation is not set: expected labeled rows that the model was not trained on");
  }
}
