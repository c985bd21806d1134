package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.runs.MlflowMetrics;
import org.sparkfinetune.task.ProblemType;

/** Metrics by MLflow's names, beside those of its own evaluator. */
class MlflowMetricsTest {
  /** scikit-learn's own log loss is by the same formula; it sums in another order. */
  private static final double TOLERANCE = 1e-9;

  /** What MLflow says of a classifier that predicts what a file has. */
  private static final String EVALUATE =
      """
      import json
      import logging
      import pathlib
      import sys
      import warnings

      warnings.simplefilter("ignore")
      import mlflow
      import numpy as np
      import pandas as pd
      from sklearn.base import BaseEstimator, ClassifierMixin

      logging.disable()
      folder = pathlib.Path(sys.argv[1])
      case = json.loads((folder / "case.json").read_text())


      class Known(ClassifierMixin, BaseEstimator):
          def __init__(self, names, rows):
              self.names, self.rows = names, rows
              self.classes_ = np.array(sorted(names))

          def fit(self, x, y):
              return self

          def predict_proba(self, x):
              order = np.argsort(self.names)
              return np.array(self.rows)[np.asarray(x)[:, 0].astype(int)][:, order]

          def predict(self, x):
              return self.classes_[self.predict_proba(x).argmax(axis=1)]


      mlflow.set_tracking_uri(f"sqlite:///{folder}/own.db")
      data = pd.DataFrame({"row": range(len(case["labels"])), "label": [case["names"][k] for k in case["labels"]]})
      with mlflow.start_run():
          options = {"serialization_format": "cloudpickle"}
          model = mlflow.sklearn.log_model(Known(case["names"], case["rows"]), "model", **options)
          result = mlflow.models.evaluate(
              model.model_uri, data, targets="label", model_type="classifier", evaluators="default",
              evaluator_config={"log_model_explainability": False, "log_explainer": False, "label_list": sorted(case["names"])},
          )
      metrics = {name: float(value) for name, value in result.metrics.items()}
      (folder / "metrics.json").write_text(json.dumps(metrics))
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  @Tag("slow")
  void areThoseOfMlflowsEvaluator(int classes) throws Exception {
    ScoreGoldens.Case random = random(classes);
    // Not in the order of the names, which decides what MLflow takes for the positive label.
    List<String> names = List.of("parcel", "login", "refund", "card").subList(0, classes);
    ObjectMapper mapper = new ObjectMapper();
    mapper.writeValue(
        folder.resolve("case.json").toFile(),
        Map.of(
            "names",
            names,
            "labels",
            Arrays.stream(random.labels()).mapToInt(row -> row[0]).toArray(),
            "rows",
            random.probabilities()));
    Path script = Files.writeString(folder.resolve("evaluate.py"), EVALUATE);
    MlflowVersion.V3.run(folder, script.toString(), folder.toString());
    JsonNode theirs = mapper.readTree(folder.resolve("metrics.json").toFile());

    Map<String, Double> ours = MlflowMetrics.of(random.metrics(), names);

    ours.forEach(
        (name, value) ->
            assertThat(value)
                .as(name)
                .isCloseTo(theirs.path(name).asDouble(Double.NaN), within(TOLERANCE)));
    Map<String, Double> others = new LinkedHashMap<>();
    theirs
        .fields()
        .forEachRemaining(
            metric -> {
              if (!ours.containsKey(metric.getKey())) {
                others.put(metric.getKey(), metric.getValue().asDouble());
              }
            });
    // score is scikit-learn's own name for the accuracy.
    others.remove("score");
    others.remove("precision_recall_auc");
    assertThat(others).isEmpty();
  }

  @Test
  void rowsOfLabelSetsHaveTheirNumberAlone() {
    for (ScoreGoldens.Case golden : ScoreGoldens.all()) {
      if (golden.problemType() == ProblemType.MULTI_LABEL_CLASSIFICATION) {
        assertThat(MlflowMetrics.of(golden.metrics(), names(golden.classes())))
            .isEqualTo(Map.of("example_count", (double) golden.labels().length));
      }
    }
  }

  @Test
  void whatIsNotDefinedIsLeftOut() {
    for (ScoreGoldens.Case golden : ScoreGoldens.all()) {
      assertThat(MlflowMetrics.of(golden.metrics(), names(golden.classes())).values())
          .as(golden.name())
          .noneMatch(value -> value.isNaN());
    }
  }

  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(k -> "label " + k).toList();
  }

  private static ScoreGoldens.Case random(int classes) {
    Random random = new Random(7);
    int rows = 300;
    int[][] labels = new int[rows][];
    double[][] probabilities = new double[rows][classes];
    for (int i = 0; i < rows; i++) {
      labels[i] = new int[] {random.nextInt(classes)};
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        probabilities[i][k] = random.nextDouble() + (k == labels[i][0] ? 0.3 : 0);
        sum += probabilities[i][k];
      }
      for (int k = 0; k < classes; k++) {
        probabilities[i][k] /= sum;
      }
    }
    return new ScoreGoldens.Case(
        "random", ProblemType.SINGLE_LABEL_CLASSIFICATION, labels, probabilities, null, null, null);
  }
}
