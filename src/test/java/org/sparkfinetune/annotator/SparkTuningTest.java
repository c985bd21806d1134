package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.ml.tuning.TrainValidationSplitModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;

/** Spark's own tuning of a pipeline, with its own evaluator, two fits at once. */
@Tag("slow")
class SparkTuningTest {
  /** The first moves no weight by more than a rounding; the second learns. */
  private static final double[] LEARNING_RATES = {1e-9, 2e-2};

  private final MulticlassClassificationEvaluator accuracy =
      new MulticlassClassificationEvaluator().setMetricName("accuracy");

  private Pipeline pipeline;
  private ParamMap[] grid;

  @BeforeEach
  void createPipeline(@TempDir Path base) throws IOException {
    TestSpark.session();
    StringIndexer label = new StringIndexer().setInputCol("intent").setOutputCol("label");
    TransformerClassifierApproach approach = new TransformerClassifierApproach();
    approach
        .setInputCols(new String[] {"document"})
        .setLabelColumn("label")
        .setBase(Fixtures.folder(TestModels.tiny(), base).toString())
        .setNumTrainEpochs(5)
        .setPerDeviceTrainBatchSize(4)
        .setPrecision("fp32")
        .setMaxLength(16)
        .setThreadsPerWorker(1)
        .setOutputCol("category");
    // The indexer's numbers are the classifier's labels: as numbers again, they are predictions.
    SQLTransformer prediction =
        new SQLTransformer()
            .setStatement("SELECT *, DOUBLE(category.result[0]) AS prediction FROM __THIS__");
    pipeline =
        new Pipeline()
            .setStages(new PipelineStage[] {label, Fixtures.documents(), approach, prediction});
    grid = new ParamGridBuilder().addGrid(approach.learningRate(), LEARNING_RATES).build();
  }

  @Test
  void aCrossValidatorPicksTheModelThatLearns() {
    CrossValidatorModel picked =
        new CrossValidator()
            .setEstimator(pipeline)
            .setEstimatorParamMaps(grid)
            .setEvaluator(accuracy)
            .setNumFolds(2)
            .setSeed(1)
            .setParallelism(2)
            .fit(messages());

    assertThat(picked.avgMetrics()[1]).isGreaterThan(0.9).isGreaterThan(picked.avgMetrics()[0]);
    assertLearned((PipelineModel) picked.bestModel());
  }

  @Test
  void aTrainValidationSplitPicksTheModelThatLearns() {
    TrainValidationSplitModel picked =
        new TrainValidationSplit()
            .setEstimator(pipeline)
            .setEstimatorParamMaps(grid)
            .setEvaluator(accuracy)
            .setTrainRatio(0.7)
            .setSeed(1)
            .setParallelism(2)
            .fit(messages());

    assertThat(picked.validationMetrics()[1])
        .isGreaterThan(0.9)
        .isGreaterThan(picked.validationMetrics()[0]);
    assertLearned((PipelineModel) picked.bestModel());
  }

  private void assertLearned(PipelineModel model) {
    TransformerClassifierModel classifier = (TransformerClassifierModel) model.stages()[2];
    assertThat(classifier.provenance().orElseThrow().settings())
        .containsEntry("training.learning_rate", LEARNING_RATES[1]);
    assertThat(accuracy.evaluate(model.transform(messages()))).isGreaterThan(0.9);
  }

  private static Dataset<Row> messages() {
    List<String> intents = List.of("transfer", "card", "loan");
    List<Row> messages = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String intent = intents.get(i % intents.size());
      messages.add(RowFactory.create(intent + " " + i, intent));
    }
    return Fixtures.rows(
        new StructType().add("text", DataTypes.StringType).add("intent", DataTypes.StringType),
        messages);
  }
}
