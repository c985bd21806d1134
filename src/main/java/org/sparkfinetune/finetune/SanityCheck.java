package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.RandomizedPart;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.report.RandomizedFigure;
import org.sparkfinetune.text.NumberFormat;

/** How alike attributions stay where the weights are random, as figures and as a table. */
final class SanityCheck {
  private static final String PREFIX = "sanity_";
  private static final String ROWS = PREFIX + "rows";
  private static final int DIGITS = 4;

  private SanityCheck() {}

  /**
   * Checks some rows, the same ones however they are spread.
   *
   * @param explained of {@link ExplainedWords}
   * @param most so many of them
   * @return {@code sanity_head}, {@code sanity_layer_6} and so on to {@code sanity_embeddings}, and
   *     {@code sanity_rows}; none where no row has enough words
   */
  static Map<String, Double> figures(
      ClassifierPipeline pipeline, Dataset<Row> explained, ExplainArguments how, int most) {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (most == 0) {
      return figures;
    }
    boolean pairs = Arrays.asList(explained.columns()).contains(ExampleColumns.TEXT_PAIR);
    Column text = col(ExampleColumns.TEXT);
    Column pair = pairs ? col(ExampleColumns.TEXT_PAIR) : lit(null);
    Dataset<Row> some =
        explained
            .where(size(col(ExplainedWords.SEEN)).gt(0))
            .orderBy(xxhash64(text, pair), text, pair)
            .limit(most);
    for (RandomizedPart part : pipeline.randomized(some, how)) {
      if (part.rows() > 0) {
        figures.put(PREFIX + part.part(), part.correlation());
        figures.putIfAbsent(ROWS, (double) part.rows());
      }
    }
    return figures;
  }

  /** Of figures by name, from the head down. */
  static List<RandomizedFigure> of(Map<String, Double> figures) {
    List<RandomizedFigure> parts = new ArrayList<>();
    figures.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX) && !name.equals(ROWS)) {
            parts.add(
                new RandomizedFigure(name.substring(PREFIX.length()).replace('_', ' '), value));
          }
        });
    return parts;
  }

  /** As text, a line each; empty where nothing was checked. */
  static String text(Map<String, Double> figures) {
    List<RandomizedFigure> parts = of(figures);
    if (parts.isEmpty()) {
      return "";
    }
    StringBuilder text =
        new StringBuilder(
            "Rank correlation with random weights, from the head down, of %s rows%n"
                .formatted(NumberFormat.grouped(figures.get(ROWS).longValue())));
    parts.forEach(
        part ->
            text.append(
                "%-18s %8s%n"
                    .formatted(part.part(), NumberFormat.fixed(part.correlation(), DIGITS))));
    return text.toString();
  }
}
