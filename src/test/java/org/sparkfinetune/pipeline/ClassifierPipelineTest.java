package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.train.TrainingArguments;

class ClassifierPipelineTest {
  private static final ModelArguments MODEL =
      Schema.of("model", ModelArguments.class)
          .create(
              Map.of(
                  "base",
                  "src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier",
                  "max_length",
                  16));
  private static final ResourceArguments RESOURCES =
      Schema.of("resources", ResourceArguments.class).create(Map.of("threads_per_worker", 1));

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsThatArePreparedOnceAreTrainedOnAsOthers(boolean pairs) {
    Dataset<Row> train = rows(24, pairs);
    Dataset<Row> examples =
        train
            .withColumn(ExampleColumns.IS_VALIDATION, lit(false))
            .union(rows(6, pairs).withColumn(ExampleColumns.IS_VALIDATION, lit(true)));
    ClassifierPipeline alone =
        ClassifierTraining.fit(examples, MODEL, training(1e-3), RESOURCES, p -> {});

    try (ClassifierTraining prepared =
        ClassifierTraining.prepare(examples, MODEL, training(1e-3), RESOURCES)) {
      ClassifierPipeline other = prepared.fit(MODEL, training(1e-1), RESOURCES, p -> {});
      ClassifierPipeline same = prepared.fit(MODEL, training(1e-3), RESOURCES, p -> {});

      assertThat(same.labels()).containsExactly("card", "loan", "transfer");
      assertThat(losses(same)).isEqualTo(losses(alone)).isNotEqualTo(losses(other));
      assertThat(same.trainingResult().metrics()).containsKey("eval_accuracy");
      assertThat(same.predict(train).collectAsList())
          .isEqualTo(alone.predict(train).collectAsList());
    }
  }

  /** Without rows to validate on, the last weights are kept. */
  @Test
  void preparesWithoutValidationRows() {
    try (ClassifierTraining prepared =
        ClassifierTraining.prepare(rows(12, false), MODEL, training(1e-3), RESOURCES)) {
      assertThat(prepared.fit(MODEL, training(1e-3), RESOURCES, p -> {}).trainingResult().metrics())
          .doesNotContainKey("eval_accuracy");
    }
  }

  /** The texts are in memory no longer than until there are tokens of them. */
  @Test
  void whileItTrainsTokensAloneAreHeld(@TempDir Path folder) throws IOException {
    StringBuilder csv = new StringBuilder("text,label\n");
    rows(30, false)
        .collectAsList()
        .forEach(row -> csv.append(row.getString(0) + "," + row.getString(1) + "\n"));
    DataArguments arguments =
        Schema.of("data", DataArguments.class)
            .create(
                Map.of(
                    "train",
                    Files.writeString(folder.resolve("rows.csv"), csv).toString(),
                    "validation_split",
                    0.2,
                    "test_split",
                    0.2));
    try (ExampleSplits data =
        DatasetPreparation.prepare(
            TestSpark.session(), arguments, ProblemType.SINGLE_LABEL_CLASSIFICATION)) {
      ClassifierPipeline other =
          ClassifierTraining.fit(data.examples(), MODEL, training(1e-3), RESOURCES, p -> {});
      Set<Integer> cached = ConcurrentHashMap.newKeySet();
      ClassifierPipeline pipeline =
          ClassifierTraining.fit(
              data, MODEL, training(1e-3), RESOURCES, p -> cached.add(cachedDataSets()));

      assertThat(losses(pipeline)).isEqualTo(losses(other));
      // The tokens, and the rows that are not trained on.
      assertThat(cached).containsExactly(2);
      assertThat(pipeline.evaluate(data.test().orElseThrow()).accuracy()).isBetween(0.0, 1.0);
    }
    assertThat(cachedDataSets()).isZero();
  }

  private static int cachedDataSets() {
    return TestSpark.session().sparkContext().getPersistentRDDs().size();
  }

  private static List<Double> losses(ClassifierPipeline pipeline) {
    return pipeline.trainingResult().logHistory().stream()
        .map(entry -> entry.values().get("loss"))
        .filter(loss -> loss != null)
        .toList();
  }

  private static TrainingArguments training(double learningRate) {
    return Schema.of("training", TrainingArguments.class)
        .create(
            Map.of(
                "learning_rate",
                learningRate,
                "num_train_epochs",
                2,
                "per_device_train_batch_size",
                8,
                "logging_steps",
                1,
                "precision",
                "fp32"));
  }

  private static Dataset<Row> rows(int count, boolean pairs) {
    List<String> intents = List.of("transfer", "card", "loan");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String intent = intents.get(i % intents.size());
      rows.add(
          pairs
              ? RowFactory.create("message " + i, "about a " + intent, intent)
              : RowFactory.create("message " + i + " about a " + intent, intent));
    }
    StructType schema = new StructType().add(ExampleColumns.TEXT, DataTypes.StringType);
    if (pairs) {
      schema = schema.add(ExampleColumns.TEXT_PAIR, DataTypes.StringType);
    }
    return TestSpark.session()
        .createDataFrame(rows, schema.add(ExampleColumns.LABEL, DataTypes.StringType));
  }
}
