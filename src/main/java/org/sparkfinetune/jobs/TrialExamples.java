package org.sparkfinetune.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.model.ModelArguments;

/**
 * The examples that trials share: read once for each setting of the data that is tried, tokenised
 * once for each way to tokenise. Thread-safe.
 */
final class TrialExamples implements AutoCloseable {
  /** The settings of the model that shape its examples. */
  private static final List<String> SHAPING =
      List.of("model.base", "model.max_length", "model.problem_type");

  private final SparkSession spark;
  private final int folds;
  private final Map<Map<String, Object>, PreparedData> data = new ConcurrentHashMap<>();
  private final Map<Map<String, Object>, List<ClassifierPipeline.Prepared>> examples =
      new ConcurrentHashMap<>();

  /**
   * @param folds of a cross-validation; 0 for the validation rows
   */
  TrialExamples(SparkSession spark, int folds) {
    this.spark = spark;
    this.folds = folds;
  }

  /** The rows of a setting. */
  PreparedData data(JobConfig setting) {
    return data.computeIfAbsent(
        shape(setting, List.of()),
        shape ->
            JobData.prepare(
                spark, setting.get(JobData.SCHEMA), setting.get(FineTuning.MODEL).problemType()));
  }

  /** The examples of a setting, one for each fold. */
  List<ClassifierPipeline.Prepared> of(JobConfig setting) {
    return examples.computeIfAbsent(shape(setting, SHAPING), shape -> prepare(setting));
  }

  private static Map<String, Object> shape(JobConfig setting, List<String> keys) {
    Map<String, Object> shape = new TreeMap<>();
    setting
        .values()
        .forEach(
            (key, value) -> {
              if (key.startsWith(JobData.SCHEMA.section() + ".") || keys.contains(key)) {
                shape.put(key, value);
              }
            });
    return shape;
  }

  private List<ClassifierPipeline.Prepared> prepare(JobConfig setting) {
    PreparedData rows = data(setting);
    if (folds == 0) {
      return List.of(prepare(rows.train(), rows.validation(), setting));
    }
    Dataset<Row> all = rows.validation().map(rows.train()::unionByName).orElse(rows.train());
    DataArguments arguments = setting.get(JobData.SCHEMA);
    // By the text: rows of the same text are never on both sides.
    Column fold = pmod(xxhash64(lit(arguments.seed()), col(JobData.TEXT)), lit(folds));
    List<ClassifierPipeline.Prepared> prepared = new ArrayList<>();
    try {
      for (int i = 0; i < folds; i++) {
        prepared.add(
            prepare(all.where(fold.notEqual(i)), Optional.of(all.where(fold.equalTo(i))), setting));
      }
      return prepared;
    } catch (RuntimeException e) {
      prepared.forEach(ClassifierPipeline.Prepared::close);
      throw e;
    }
  }

  private static ClassifierPipeline.Prepared prepare(
      Dataset<Row> train, Optional<Dataset<Row>> validation, JobConfig setting) {
    ModelArguments model = setting.get(FineTuning.MODEL);
    return ClassifierPipeline.prepare(
        train,
        validation,
        model,
        setting.get(FineTuning.TRAINING),
        setting.get(FineTuning.RESOURCES));
  }

  /** Lets go of all rows and examples. */
  @Override
  public void close() {
    examples.values().forEach(folds -> folds.forEach(ClassifierPipeline.Prepared::close));
    data.values().forEach(PreparedData::close);
  }
}
