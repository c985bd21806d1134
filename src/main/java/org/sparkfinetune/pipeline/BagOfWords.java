package org.sparkfinetune.pipeline;

import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.feature.CountVectorizer;
import org.apache.spark.ml.feature.IDF;
import org.apache.spark.ml.feature.NGram;
import org.apache.spark.ml.feature.RegexTokenizer;
import org.apache.spark.ml.feature.StringIndexerModel;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.ClassificationMetrics.Accumulator;

/**
 * The classifier to beat: TF-IDF of words and word pairs, and Spark MLlib's logistic regression,
 * whose regularization is chosen on the validation rows, as a careful user would.
 */
public final class BagOfWords {
  private static final double[] REGULARIZATION = {0.001, 0.01, 0.03, 0.1, 0.3};
  private static final int MAX_ITERATIONS = 200;

  private BagOfWords() {}

  /** Trains on rows of {@code text} and {@code label}, and measures the test rows. */
  public static ClassificationMetrics evaluate(
      Dataset<Row> train, Dataset<Row> validation, Dataset<Row> test, List<String> labels) {
    PipelineModel features = features(labels).fit(train);
    // One partition: an iteration on rows this few takes less time than starting its tasks.
    Dataset<Row> trainFeatures = features.transform(train).coalesce(1).cache();
    try {
      PipelineModel best = null;
      double bestAccuracy = -1;
      for (double regularization : REGULARIZATION) {
        LogisticRegression regression =
            new LogisticRegression()
                .setLabelCol("index")
                .setRegParam(regularization)
                .setMaxIter(MAX_ITERATIONS);
        PipelineModel model =
            new Pipeline().setStages(new PipelineStage[] {regression}).fit(trainFeatures);
        double accuracy = measure(model, features.transform(validation), labels).accuracy();
        if (accuracy > bestAccuracy) {
          best = model;
          bestAccuracy = accuracy;
        }
      }
      return measure(best, features.transform(test), labels);
    } finally {
      trainFeatures.unpersist();
    }
  }

  private static Pipeline features(List<String> labels) {
    StringIndexerModel indexer =
        new StringIndexerModel(labels.toArray(String[]::new))
            .setInputCol(ExampleColumns.LABEL)
            .setOutputCol("index");
    RegexTokenizer words =
        new RegexTokenizer()
            .setInputCol(ExampleColumns.TEXT)
            .setOutputCol("words")
            .setPattern("[\\p{L}\\p{N}']+")
            .setGaps(false);
    NGram pairs = new NGram().setN(2).setInputCol("words").setOutputCol("pairs");
    return new Pipeline()
        .setStages(
            new PipelineStage[] {
              indexer,
              words,
              pairs,
              new CountVectorizer().setInputCol("words").setOutputCol("word_counts"),
              new CountVectorizer().setMinDF(2).setInputCol("pairs").setOutputCol("pair_counts"),
              new IDF().setInputCol("word_counts").setOutputCol("word_tf_idf"),
              new IDF().setInputCol("pair_counts").setOutputCol("pair_tf_idf"),
              new VectorAssembler()
                  .setInputCols(new String[] {"word_tf_idf", "pair_tf_idf"})
                  .setOutputCol("features")
            });
  }

  private static ClassificationMetrics measure(
      PipelineModel model, Dataset<Row> rows, List<String> labels) {
    Accumulator accumulator = new Accumulator(labels.size());
    for (Row row : model.transform(rows).select("index", "probability").collectAsList()) {
      accumulator.add((int) row.getDouble(0), ((Vector) row.get(1)).toArray());
    }
    return accumulator.metrics();
  }
}
