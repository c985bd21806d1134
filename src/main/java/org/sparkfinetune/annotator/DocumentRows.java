package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Spark's rows as an annotator of documents has them. */
class DocumentRows {
  private final String[] inputCols;

  /**
   * @param inputCols one column of documents, of pairs two
   */
  DocumentRows(String[] inputCols) {
    this.inputCols = inputCols;
  }

  /** The documents of a row; of pairs all first ones, then as many second ones. */
  final Annotation[] documents(Row row) {
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
      throw DocumentTexts.unpaired(
          "%d documents in %s and %d in %s"
              .formatted(columns.get(0).size(), inputCols[0], columns.get(1).size(), inputCols[1]));
    }
    return columns.stream().flatMap(List::stream).toArray(Annotation[]::new);
  }

  /** The row with annotations in a further column. */
  final Row annotated(Row row, List<Annotation> annotations) {
    return RowFactory.create(values(row, annotations));
  }

  /** The row's values, and behind them one for its annotations. */
  final Object[] values(Row row, List<Annotation> annotations) {
    Object[] values = new Object[row.size() + 1];
    for (int column = 0; column < row.size(); column++) {
      values[column] = row.get(column);
    }
    values[row.size()] = annotations.stream().map(DocumentRows::toRow).toArray();
    return values;
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
