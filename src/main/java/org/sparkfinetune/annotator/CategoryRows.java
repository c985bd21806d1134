package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.sparkfinetune.UserException;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Spark's rows as a classifier has them: the documents in them, and what is written beside these.
 */
final class CategoryRows {
  private final String[] inputCols;
  private final String probabilityCol;
  private final String rawPredictionCol;
  private final String featuresCol;

  /**
   * @param inputCols one column of documents, of pairs two
   * @param probabilityCol a column that rows have, for the probabilities; empty for none
   * @param rawPredictionCol likewise, for the logits
   * @param featuresCol likewise, for the vectors that the logits are made of
   */
  CategoryRows(
      String[] inputCols, String probabilityCol, String rawPredictionCol, String featuresCol) {
    this.inputCols = inputCols;
    this.probabilityCol = probabilityCol;
    this.rawPredictionCol = rawPredictionCol;
    this.featuresCol = featuresCol;
  }

  /** The documents of a row; of pairs all first ones, then as many second ones. */
  Annotation[] documents(Row row) {
    List<List<Annotation>> columns = new ArrayList<>();
    for (String column : inputCols) {
      Seq<Row> annotations = row.getAs(column);
      columns.add(
          annotations == null
              ? List.of()
              : JavaConverters.seqAsJavaList(annotations).stream().map(Annotation::apply).toList());
    }
    if (columns.stream().anyMatch(List::isEmpty)) {
      return new Annotation[0];
    }
    if (inputCols.length == 2 && columns.get(0).size() != columns.get(1).size()) {
      throw CategoryAnnotator.unpaired(
          "%d documents in %s and %d in %s"
              .formatted(columns.get(0).size(), inputCols[0], columns.get(1).size(), inputCols[1]));
    }
    return columns.stream().flatMap(List::stream).toArray(Annotation[]::new);
  }

  /**
   * The row with its probabilities, logits and features, and its categories in a further column.
   */
  Row with(Row row, CategoryAnnotator.Categories categories) {
    Object[] values = new Object[row.size() + 1];
    for (int column = 0; column < row.size(); column++) {
      values[column] = row.get(column);
    }
    if (!probabilityCol.isEmpty()) {
      values[row.fieldIndex(probabilityCol)] =
          vector("probabilityCol=" + probabilityCol, "probabilities", categories.probabilities());
    }
    if (!rawPredictionCol.isEmpty()) {
      List<double[]> logits = categories.logits().stream().map(CategoryRows::doubles).toList();
      values[row.fieldIndex(rawPredictionCol)] =
          vector("rawPredictionCol=" + rawPredictionCol, "logits", logits);
    }
    if (!featuresCol.isEmpty()) {
      List<double[]> features = categories.features().stream().map(CategoryRows::doubles).toList();
      values[row.fieldIndex(featuresCol)] =
          vector("featuresCol=" + featuresCol, "features", features);
    }
    values[row.size()] = categories.annotations().stream().map(CategoryRows::toRow).toArray();
    return RowFactory.create(values);
  }

  private static double[] doubles(float[] floats) {
    double[] values = new double[floats.length];
    Arrays.setAll(values, i -> floats[i]);
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

  private static Row toRow(Annotation annotation) {
    return RowFactory.create(
        annotation.annotatorType(),
        annotation.begin(),
        annotation.end(),
        annotation.result(),
        annotation.metadata(),
        annotation.embeddings());
  }
}
