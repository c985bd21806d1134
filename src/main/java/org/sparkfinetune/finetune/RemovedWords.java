package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.WordRemoval;
import org.sparkfinetune.report.ClassWord;

/** Listed words with what becomes of the predictions where they are removed. */
final class RemovedWords {
  /** Of a word in more rows about as many are drawn: a share of them is known to 3 %. */
  private static final int MOST_ROWS = 1000;

  private static final long DRAWS = 1_000_000;

  private RemovedWords() {}

  /**
   * Removes each word from the explained rows of its group.
   *
   * @param words columns {@code word} and {@code rows}, those of {@code groups}, and any others
   * @param explained of {@link ExplainedWords}, with the columns of {@code groups}
   * @param groups what words and rows have in common
   * @return the words with {@link WordRemoval#ROWS}, {@link WordRemoval#FLIPPED} and {@link
   *     WordRemoval#CHANGE}
   */
  static Dataset<Row> with(
      ClassifierPipeline pipeline,
      Dataset<Row> words,
      Dataset<Row> explained,
      List<String> groups) {
    Column[] group = groups.stream().map(functions::col).toArray(Column[]::new);
    Dataset<Row> listed =
        words
            .select(struct(group).as(WordRemoval.GROUP), struct("word", "rows").as("of"))
            .groupBy(WordRemoval.GROUP)
            .agg(collect_list("of").as("listed"));
    Dataset<Row> rows =
        explained
            .withColumn(WordRemoval.GROUP, struct(group))
            .join(broadcast(listed), WordRemoval.GROUP);
    Column draw =
        pmod(
            xxhash64(
                Arrays.stream(new String[] {ExampleColumns.TEXT, ExampleColumns.TEXT_PAIR})
                    .filter(Arrays.asList(rows.columns())::contains)
                    .map(functions::col)
                    .toArray(Column[]::new)),
            lit(DRAWS));
    Column removed =
        transform(
            filter(
                col("listed"),
                of ->
                    array_contains(col(ExplainedWords.SEEN), of.getField("word"))
                        .and(draw.multiply(of.getField("rows")).lt(DRAWS * MOST_ROWS))),
            of -> of.getField("word"));
    Dataset<Row> changes =
        WordRemoval.of(
            pipeline,
            rows.withColumn(WordRemoval.WORDS, removed)
                .where(size(col(WordRemoval.WORDS)).gt(0))
                .drop("listed", ExplainedWords.SEEN));
    Dataset<Row> flat =
        changes.select(WordRemoval.GROUP + ".*", changes.columns()).drop(WordRemoval.GROUP);
    List<String> keys = new ArrayList<>(groups);
    keys.add(WordRemoval.WORD);
    return words
        .join(flat, keys.toArray(String[]::new), "left_outer")
        .withColumn(WordRemoval.ROWS, coalesce(col(WordRemoval.ROWS), lit(0L)));
  }

  /** As a page has it. */
  static Optional<ClassWord.Removal> of(Row row) {
    return row.<Long>getAs(WordRemoval.ROWS) == 0
        ? Optional.empty()
        : Optional.of(
            new ClassWord.Removal(
                row.<Long>getAs(WordRemoval.ROWS),
                row.<Double>getAs(WordRemoval.FLIPPED),
                row.<Double>getAs(WordRemoval.CHANGE)));
  }
}
