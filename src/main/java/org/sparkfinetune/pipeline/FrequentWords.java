package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.slice.Words;
import org.sparkfinetune.text.NumberFormat;
import scala.Tuple2;

/**
 * The words that many rows have, counted where the rows are.
 *
 * @param words those of the most rows first
 * @param frequent how many words as many rows have as were asked for; of these some may be left out
 * @param minRows how many rows that is
 */
record FrequentWords(List<String> words, long frequent, int minRows) {
  /** Those with the most rows first; of equally many in the order of the alphabet. */
  private static final class Order implements Comparator<Tuple2<String, Long>>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Tuple2<String, Long> one, Tuple2<String, Long> other) {
      int rows = Long.compare(other._2(), one._2());
      return rows != 0 ? rows : one._1().compareTo(other._1());
    }
  }

  /**
   * Counts.
   *
   * @param examples columns as {@link ExampleColumns} has them
   * @param minRows so many rows a word has at least
   * @param most so many words are listed
   */
  static FrequentWords of(Dataset<Row> examples, boolean pairs, int minRows, int most) {
    List<Column> texts = new ArrayList<>(List.of(functions.col(ExampleColumns.TEXT)));
    if (pairs) {
      texts.add(functions.col(ExampleColumns.TEXT_PAIR));
    }
    JavaPairRDD<String, Long> rows =
        examples
            .select(texts.toArray(Column[]::new))
            .javaRDD()
            .flatMapToPair(
                row -> ofRow(row).stream().map(word -> new Tuple2<>(word, 1L)).iterator())
            .reduceByKey(Long::sum)
            .filter(counted -> counted._2() >= minRows);
    List<Tuple2<String, Long>> first = rows.takeOrdered(most, new Order());
    return new FrequentWords(
        first.stream().map(Tuple2::_1).toList(),
        first.size() < most ? first.size() : rows.count(),
        minRows);
  }

  /** The words of the texts that a row holds, each once. */
  static Set<String> ofRow(Row texts) {
    Set<String> words = new LinkedHashSet<>();
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.isNullAt(i)) {
        words.addAll(Words.of(texts.getString(i)));
      }
    }
    return words;
  }

  /** How many there are, for people. */
  String note() {
    return "words: %s that at least %s rows have%s"
        .formatted(
            NumberFormat.thousands(words.size()),
            NumberFormat.thousands(minRows),
            words.size() < frequent
                ? ", of %s the most frequent".formatted(NumberFormat.thousands(frequent))
                : "");
  }
}
