package org.sparkfinetune.annotator;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.explain.RandomizedPart;

/** Compares an explainer's attributions with those of its model of random weights. */
public final class RandomizedExplanations {
  private RandomizedExplanations() {}

  /**
   * Compares those of texts, in one task, which holds them and a copy of the model.
   *
   * @param texts a column of texts, of pairs also one of second texts; a few hundred rows at most
   * @return from the head down to the embeddings
   */
  public static List<RandomizedPart> of(
      TransformerClassifierExplainer explainer, Dataset<Row> texts) {
    explainer.beforeAnnotate(texts);
    boolean pairs = texts.columns().length == 2;
    return texts
        .coalesce(1)
        .javaRDD()
        .mapPartitions(rows -> of(explainer, rows, pairs).iterator())
        .collect();
  }

  private static List<RandomizedPart> of(
      TransformerClassifierExplainer explainer, Iterator<Row> rows, boolean pairs) {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    rows.forEachRemaining(
        row -> {
          first.add(row.getString(0));
          if (pairs) {
            second.add(row.getString(1));
          }
        });
    return explainer.randomized(first, pairs ? Optional.of(second) : Optional.empty());
  }
}
