package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.sparkfinetune.task.ProblemType;

/** Reads predicted rows: their labels by index, and their probabilities. */
final class LabeledRows implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HashMap<String, Integer> indices = new HashMap<>();
  private final ProblemType problemType;

  /** Of rows whose labels are among {@code labels}. */
  LabeledRows(List<String> labels, ProblemType problemType) {
    this.problemType = problemType;
    labels.forEach(label -> indices.put(label, indices.size()));
  }

  /** How many labels there are. */
  int size() {
    return indices.size();
  }

  ProblemType problemType() {
    return problemType;
  }

  /**
   * The rows as {@link #labels} and {@link #probabilities} read them.
   *
   * @param predicted what {@link PredictionColumns#vectors} gives of rows with {@code labelColumn}
   */
  JavaRDD<Row> of(Dataset<Row> predicted, String labelColumn) {
    Column ofRow = array(col(PredictionColumns.ROW).getField(labelColumn));
    return predicted.select(ofRow, col(PredictionColumns.PROBABILITY)).javaRDD();
  }

  /** The rows with their logits, as {@link #labels} and {@link #vector} read them. */
  JavaRDD<Row> logits(Dataset<Row> predicted, String labelColumn) {
    Column ofRow = array(col(PredictionColumns.ROW).getField(labelColumn));
    return predicted.select(ofRow, col(PredictionColumns.LOGITS)).javaRDD();
  }

  /** The rows with their pooled vectors, as {@link #labels} and {@link #vector} read them. */
  JavaRDD<Row> pooled(Dataset<Row> predicted, String labelColumn) {
    Column ofRow = array(col(PredictionColumns.ROW).getField(labelColumn));
    return predicted.select(ofRow, col(PredictionColumns.POOLED)).javaRDD();
  }

  /** As {@link #of}, for {@link #hash} too. */
  JavaRDD<Row> hashed(Dataset<Row> predicted, String labelColumn) {
    Column ofRow = array(col(PredictionColumns.ROW).getField(labelColumn));
    return predicted
        .select(ofRow, col(PredictionColumns.PROBABILITY), col(PredictionColumns.TEXT_HASH))
        .javaRDD();
  }

  /**
   * As {@link #of}, with a struct that {@link #beside} reads, and for {@link #hash} where that is
   * asked for.
   */
  JavaRDD<Row> with(Dataset<Row> predicted, String labelColumn, boolean hashed, Column beside) {
    Column ofRow = array(col(PredictionColumns.ROW).getField(labelColumn));
    Column hash = hashed ? col(PredictionColumns.TEXT_HASH) : lit(0L);
    return predicted.select(ofRow, col(PredictionColumns.PROBABILITY), hash, beside).javaRDD();
  }

  /** A column of labels, or of sets of them, as arrays. */
  Column array(Column label) {
    return problemType.task().hasLabelSets()
        ? label.cast("array<string>")
        : functions.array(label.cast("string"));
  }

  /**
   * The indices of a row's labels.
   *
   * @throws IllegalStateException when it has no label, an unknown one, or no probabilities
   */
  int[] labels(Row row) {
    if (row.anyNull() || row.getList(0).contains(null)) {
      throw unmeasurable(row);
    }
    return row.<String>getList(0).stream().mapToInt(label -> index(row, label)).toArray();
  }

  /** The probabilities of a row, by label index. */
  double[] probabilities(Row row) {
    return vector(row);
  }

  /** The numbers of a row; a copy. */
  double[] vector(Row row) {
    return row.<Vector>getAs(1).toArray().clone();
  }

  /** The hash of a row's text; of rows of {@link #hashed}. */
  long hash(Row row) {
    return row.getLong(2);
  }

  /** The struct of rows of {@link #with}. */
  Row beside(Row row) {
    return row.getStruct(3);
  }

  private int index(Row row, String label) {
    Integer index = indices.get(label);
    if (index == null) {
      throw unmeasurable(row);
    }
    return index;
  }

  private static IllegalStateException unmeasurable(Row row) {
    return new IllegalStateException(
        "a row of labels "
            + (row.isNullAt(0) ? null : row.getList(0))
            + " got the probabilities "
            + row.get(1));
  }
}
