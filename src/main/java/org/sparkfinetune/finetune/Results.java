package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.data.KeptColumns;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.SliceOptions;
import org.sparkfinetune.pipeline.SlicedMetrics;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;

/** Makes what users are given of what this project's own packages have. */
public final class Results {
  private Results() {}

  /** A pipeline as its users see it. */
  public static TextClassifier classifier(ClassifierPipeline pipeline) {
    return new TextClassifier(pipeline);
  }

  /** Prepares the labeled rows of {@code data.test} to measure a classifier by. */
  static ExampleSplits prepareTest(
      RunOptions options, DataArguments rows, ClassifierPipeline pipeline) {
    return prepareTest(options, rows, pipeline, KeptColumns.NONE);
  }

  /** The same with columns to slice the rows by. */
  static ExampleSplits prepareTest(
      RunOptions options, DataArguments rows, ClassifierPipeline pipeline, KeptColumns columns) {
    return DatasetPreparation.prepareTest(
        options.spark(), rows, pipeline.problemType(), LabelIndex.of(pipeline.labels()), columns);
  }

  /** Measures prepared rows. */
  public static EvaluationResult evaluate(ClassifierPipeline pipeline, Dataset<Row> rows) {
    return evaluate(pipeline, rows, Optional.empty());
  }

  /** Measures prepared rows, with intervals. */
  static EvaluationResult evaluate(
      ClassifierPipeline pipeline, Dataset<Row> rows, Optional<Bootstrap> intervals) {
    return EvaluationResult.of(pipeline.evaluate(rows, intervals), pipeline.labels());
  }

  /** The same by slice too. */
  static EvaluationResult evaluate(
      ClassifierPipeline pipeline,
      Dataset<Row> rows,
      Optional<Bootstrap> intervals,
      SliceOptions slices) {
    SlicedMetrics measured = pipeline.evaluate(rows, intervals, slices);
    return EvaluationResult.of(measured.all(), pipeline.labels(), measured.slices());
  }

  /** Writes what is known of the classes, for people and for programs. */
  public static void writeReport(EvaluationResult result, OutputDirectory output)
      throws IOException {
    output.write(OutputFiles.TEXT_REPORT, result.report());
    if (result.confusionMatrixCsv().isPresent()) {
      output.write(OutputFiles.CONFUSION_MATRIX, result.confusionMatrixCsv().get());
    }
    output.write(
        OutputFiles.CLASS_SCORES, ClassScoresFile.write(result.classResults(), result.ranked()));
  }

  /** Writes the rows that could not be used, where there are any, and says where they are. */
  public static void writeRejected(ExampleSplits data, OutputDirectory output, Console console) {
    String path = output.path(OutputFiles.REJECTED_ROWS);
    if (data.writeRejected(path)) {
      console.line("The rejected rows are in %s", path);
    }
  }
}
