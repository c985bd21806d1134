package org.sparkfinetune.annotator;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.sparkfinetune.UserException;

/**
 * Spark's rows as a classifier has them: the documents in them, and what is written beside these.
 */
final class CategoryRows extends DocumentRows {
  private final String probabilityCol;
  private final String rawPredictionCol;
  private final String pooledCol;

  /**
   * @param inputCols one column of documents, of pairs two
   * @param probabilityCol a column that rows have, for the probabilities; empty for none
   * @param rawPredictionCol likewise, for the logits
   * @param pooledCol likewise, for what the last layer takes
   */
  CategoryRows(
      String[] inputCols, String probabilityCol, String rawPredictionCol, String pooledCol) {
    super(inputCols);
    this.probabilityCol = probabilityCol;
    this.rawPredictionCol = rawPredictionCol;
    this.pooledCol = pooledCol;
  }

  /** The row with its probabilities and logits, and its categories in a further column. */
  Row with(Row row, CategoryAnnotator.Categories categories) {
    Object[] values = values(row, categories.annotations());
    if (!probabilityCol.isEmpty()) {
      values[row.fieldIndex(probabilityCol)] =
          vector("probabilityCol=" + probabilityCol, "probabilities", categories.probabilities());
    }
    if (!rawPredictionCol.isEmpty()) {
      List<double[]> logits = categories.logits().stream().map(CategoryRows::doubles).toList();
      values[row.fieldIndex(rawPredictionCol)] =
          vector("rawPredictionCol=" + rawPredictionCol, "logits", logits);
    }
    if (!pooledCol.isEmpty()) {
      List<double[]> pooled = categories.pooled().stream().map(CategoryRows::doubles).toList();
      values[row.fieldIndex(pooledCol)] =
          vector("pooledCol=" + pooledCol, "a pooled vector", pooled);
    }
    return RowFactory.create(values);
  }

  private static double[] doubles(float[] numbers) {
    double[] values = new double[numbers.length];
    Arrays.setAll(values, i -> numbers[i]);
    return values;
  }

  private static Vector vector(String setting, String what, List<double[]> ofDocuments) {
    if (ofDocuments.size() > 1) {
      throw new UserException(
          "%s: a row has %d documents, each with %s of its own: give a row"
                  .formatted(setting, ofDocuments.size(), what)
              + " one document (explode them, as SentenceDetector's setExplodeSentences does), or"
              + " leave "
              + setting.substring(0, setting.indexOf('='))
              + " out");
    }
    return ofDocuments.isEmpty() ? null : Vectors.dense(ofDocuments.get(0));
  }
}
