package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestDevice;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.EncodedDataset;

/** What a training writes is what {@link Metric} declares, no more and no less. */
class DeclaredMetricsTest {
  /** What is said of the weights kept, without a prefix. */
  private static final Set<String> OF_THE_END =
      Set.of(
          Metric.BEST_EPOCH.at(Stage.STEP),
          Metric.CALIBRATION_TEMPERATURE.at(Stage.STEP),
          Metric.CALIBRATED_LOSS.at(Stage.STEP));

  @ParameterizedTest
  @EnumSource
  void aTrainingWritesWhatIsDeclared(ProblemType problemType) {
    Set<String> logged = new TreeSet<>();
    Map<String, Double> result = train(problemType, logged);

    assertThat(logged)
        .containsExactlyInAnyOrderElementsOf(declared(problemType, Stage.STEP, Stage.EVAL));
    Set<String> whole = new TreeSet<>(Metric.ofTraining(problemType));
    whole.add(Metric.EPOCH.at(Stage.STEP));
    whole.addAll(OF_THE_END);
    assertThat(result.keySet()).containsExactlyInAnyOrderElementsOf(whole);
  }

  @ParameterizedTest
  @EnumSource
  void aRunKeepsWhatIsDeclaredOfTheWeightsKept(ProblemType problemType) {
    Map<String, Double> kept = RunJournal.summary(train(problemType, new TreeSet<>()));

    Set<String> expected = declared(problemType, Stage.BEST_EVAL, Stage.TRAIN);
    expected.addAll(OF_THE_END);
    assertThat(kept.keySet()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(kept.keySet()).allMatch(name -> MetricName.of(name).isPresent());
  }

  /** Names at some stages, but for what is known at the end alone. */
  private static Set<String> declared(ProblemType problemType, Stage... stages) {
    Set<String> names = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      for (Stage stage : stages) {
        if (metric.stages().contains(stage) && metric.isDefinedFor(problemType)) {
          names.add(metric.at(stage));
        }
      }
    }
    names.removeAll(OF_THE_END);
    return names;
  }

  private static Map<String, Double> train(ProblemType problemType, Set<String> logged) {
    boolean sets = problemType == ProblemType.MULTI_LABEL_CLASSIFICATION;
    EncodedDataset rows = sets ? TestRows.learnableSets(32, 4, 1) : TestRows.learnable(32, 4, 1);
    try (SequenceClassifier model =
            TestDevice.on(
                SequenceClassifier.fromScratch(
                    TestModels.tinyConfig(50, Trainings.LABELS, 0, problemType, Pooling.MEAN), 1));
        Trainer trainer =
            new Trainer(
                model,
                Trainings.arguments("num_train_epochs", 1, "calibrate", true),
                progress -> {})) {
      TrainingResult result = trainer.train(rows, rows);
      result.logHistory().forEach(entry -> logged.addAll(entry.toMap().keySet()));
      logged.remove("step");
      return result.metrics();
    }
  }
}
