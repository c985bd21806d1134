package org.sparkfinetune.study;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.pipeline.ClassifierTraining;
import org.sparkfinetune.pipeline.FineTuneSchema;

/**
 * The examples that trials share: read once for each setting of the data that is tried, tokenized
 * once for each way to tokenize. Thread-safe.
 */
final class SharedExamples implements AutoCloseable {
  /** The settings of the model that shape its examples. */
  private static final List<String> SHAPING =
      List.of("model.base", "model.max_length", "model.problem_type");

  private final SparkSession spark;
  private final int folds;
  private final Map<Map<String, Object>, ExampleSplits> data = new ConcurrentHashMap<>();
  private final Map<Map<String, Object>, List<ClassifierTraining>> examples =
      new ConcurrentHashMap<>();

  /**
   * @param folds of a cross-validation; 0 for the validation rows
   */
  SharedExamples(SparkSession spark, int folds) {
    this.spark = spark;
    this.folds = folds;
  }

  /** The rows of a setting. */
  ExampleSplits data(Settings setting) {
    return data.computeIfAbsent(
        shape(setting, List.of()),
        shape ->
            DatasetPreparation.prepare(
                spark,
                setting.get(DataArguments.SCHEMA),
                setting.get(FineTuneSchema.MODEL).problemType()));
  }

  /** The examples of a setting, one for each fold. */
  List<ClassifierTraining> of(Settings setting) {
    return examples.computeIfAbsent(shape(setting, SHAPING), shape -> prepare(setting));
  }

  private static Map<String, Object> shape(Settings setting, List<String> keys) {
    Map<String, Object> shape = new TreeMap<>();
    setting
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith(DataArguments.SCHEMA.section() + ".") || keys.contains(key)) {
                shape.put(key, value);
              }
            });
    return shape;
  }

  private List<ClassifierTraining> prepare(Settings setting) {
    ExampleSplits rows = data(setting);
    if (folds == 0) {
      return List.of(prepare(rows.examples(), setting));
    }
    DataArguments arguments = setting.get(DataArguments.SCHEMA);
    // By the text: rows of the same text are never on both sides.
    Column fold = pmod(xxhash64(lit(arguments.seed()), col(ExampleColumns.TEXT)), lit(folds));
    List<ClassifierTraining> prepared = new ArrayList<>();
    try {
      for (int i = 0; i < folds; i++) {
        Column isValidation = fold.equalTo(i);
        prepared.add(
            prepare(
                rows.examples().withColumn(ExampleColumns.IS_VALIDATION, isValidation), setting));
      }
      return prepared;
    } catch (RuntimeException e) {
      prepared.forEach(ClassifierTraining::close);
      throw e;
    }
  }

  private static ClassifierTraining prepare(Dataset<Row> examples, Settings setting) {
    ModelArguments model = setting.get(FineTuneSchema.MODEL);
    return ClassifierTraining.prepare(
        examples,
        model,
        setting.get(FineTuneSchema.TRAINING),
        setting.get(FineTuneSchema.RESOURCES));
  }

  /** Lets go of all rows and examples. */
  @Override
  public void close() {
    examples.values().forEach(folds -> folds.forEach(ClassifierTraining::close));
    data.values().forEach(ExampleSplits::close);
  }
}
