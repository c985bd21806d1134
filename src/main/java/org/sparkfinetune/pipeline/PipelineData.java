package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;

import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DataFormat;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.task.ProblemType;

/** What the jobs ask of package {@code data}. */
public final class PipelineData {
  public static final Schema<DataArguments> SCHEMA = Schema.of("data", DataArguments.class);

  /** The keys of how rows are stored. */
  public static final String[] FORMAT =
      Schema.of("data", DataFormat.class).settings().stream()
          .map(Setting::name)
          .toArray(String[]::new);

  private PipelineData() {}

  /** Training rows, and validation and test rows, given or held out. */
  public static PreparedData prepare(
      SparkSession spark, DataArguments arguments, ProblemType problemType) {
    return DatasetPreparation.prepare(spark, arguments, problemType.task().hasLabelSets());
  }

  /** The test rows for a model, whose labels are known. */
  public static PreparedData prepareTest(
      SparkSession spark, DataArguments arguments, ClassifierPipeline model) {
    return DatasetPreparation.prepareTest(
        spark, arguments, model.problemType().task().hasLabelSets(), LabelIndex.of(model.labels()));
  }

  /**
   * The rows to predict with all their columns. The column of malformed rows is there only when
   * there are some.
   */
  public static Dataset<Row> readTexts(
      SparkSession spark, DataArguments arguments, Consumer<String> warnings) {
    Dataset<Row> rows = DatasetReader.readTexts(spark, arguments, warnings);
    String malformed = DatasetReader.MALFORMED;
    try {
      boolean none =
          Arrays.asList(rows.columns()).contains(malformed)
              && rows.filter(col(malformed).isNotNull()).takeAsList(1).isEmpty();
      return none ? rows.drop(malformed) : rows;
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      throw DatasetReader.readFailure(e);
    }
  }

  /** Prints what was read. */
  public static void report(PreparedData data, Console console) {
    console.text(data.report().render() + "\n");
  }

  /** Writes the rejected rows, where there are any, to a path. */
  public static void writeRejected(PreparedData data, Console console, String path) {
    if (data.report().splits().stream().anyMatch(split -> split.rowsRejected() > 0)) {
      data.rejected().write().mode("overwrite").json(path);
      console.line("The rejected rows are in %s", path);
    }
  }
}
