package org.sparkfinetune.pipeline;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_position;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.udf;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.data.ExampleColumns;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * What becomes of a model's predictions where a word is removed from the rows that hold it: all its
 * occurrences in a row at once, with the token that masks in the place of each, as the text of a
 * {@link ExplanationColumns#COUNTERFACTUAL} has it, or without them where the tokenizer has none.
 */
public final class WordRemoval {
  /** What rows are taken together by, of any type. */
  public static final String GROUP = "group";

  /** The words to remove from a row, one after the other: an array of strings in lower case. */
  public static final String WORDS = "words";

  /** A word. */
  public static final String WORD = "word";

  /** From how many rows the word was removed. */
  public static final String ROWS = "removed_rows";

  /**
   * In how many of them another label is predicted without the word, from 0 to 1; multi-label: in
   * how many the explained label comes or goes.
   */
  public static final String FLIPPED = "flipped_share";

  /** What the explained label's probability gains without the word, on average. */
  public static final String CHANGE = "probability_change";

  private WordRemoval() {}

  /**
   * Removes words.
   *
   * @param rows columns as {@link ExampleColumns} has texts, {@link ExplanationColumns#EXPLAINED},
   *     {@link ExplanationColumns#ATTRIBUTIONS}, {@link #GROUP} and {@link #WORDS}, each of them
   *     among the row's
   * @return of each group and word {@link #GROUP}, {@link #WORD}, {@link #ROWS}, {@link #FLIPPED}
   *     and {@link #CHANGE}; a row of which no text would be left is not counted
   */
  public static Dataset<Row> of(ClassifierPipeline pipeline, Dataset<Row> rows) {
    boolean sets = pipeline.problemType().task().hasLabelSets();
    Column explained = col(PredictionColumns.ROW).getField(ExplanationColumns.EXPLAINED);
    List<Column> whole = new ArrayList<>();
    for (String name :
        List.of(
            GROUP,
            WORDS,
            ExampleColumns.TEXT,
            ExplanationColumns.EXPLAINED,
            ExplanationColumns.ATTRIBUTIONS)) {
      whole.add(col(PredictionColumns.ROW).getField(name).as(name));
    }
    if (pipeline.isPairs()) {
      whole.add(
          col(PredictionColumns.ROW)
              .getField(ExampleColumns.TEXT_PAIR)
              .as(ExampleColumns.TEXT_PAIR));
    }
    whole.add(col(PredictionColumns.PREDICTION).as("before"));
    whole.add(probability(pipeline, explained).as("probability_before"));
    Dataset<Row> each =
        pipeline
            .vectors(rows)
            .select(whole.toArray(Column[]::new))
            .withColumn(WORD, explode(col(WORDS)));
    List<Column> without = new ArrayList<>();
    for (String name :
        List.of(GROUP, WORD, ExplanationColumns.EXPLAINED, "before", "probability_before")) {
      without.add(col(name));
    }
    String mask = pipeline.mask().orElse("");
    without.add(without(mask, ExampleColumns.TEXT, pipeline.isPairs() ? lit(0) : null));
    if (pipeline.isPairs()) {
      without.add(without(mask, ExampleColumns.TEXT_PAIR, lit(1)));
    }
    Dataset<Row> predicted = pipeline.vectors(each.select(without.toArray(Column[]::new)));
    Column before = col(PredictionColumns.ROW).getField("before");
    Column after = col(PredictionColumns.PREDICTION);
    Column flipped =
        sets
            ? not(contains(before, explained).equalTo(contains(after, explained)))
            : not(before.equalTo(after));
    Column change =
        probability(pipeline, explained)
            .minus(col(PredictionColumns.ROW).getField("probability_before"));
    return predicted
        .select(
            col(PredictionColumns.ROW).getField(GROUP).as(GROUP),
            col(PredictionColumns.ROW).getField(WORD).as(WORD),
            flipped.cast(DataTypes.DoubleType).as(FLIPPED),
            change.as(CHANGE))
        .groupBy(GROUP, WORD)
        .agg(
            count(col(CHANGE)).as(ROWS),
            avg(col(FLIPPED)).as(FLIPPED),
            avg(col(CHANGE)).as(CHANGE));
  }

  private static Column contains(Column labels, Column label) {
    return array_contains(labels, label);
  }

  /** That of a label. */
  private static Column probability(ClassifierPipeline pipeline, Column label) {
    Column index = array_position(lit(pipeline.labels().toArray(String[]::new)), label);
    return element_at(
        vector_to_array(col(PredictionColumns.PROBABILITY), "float64"),
        index.cast(DataTypes.IntegerType));
  }

  /**
   * A text without a word.
   *
   * @param sequence which text of a pair it is; null of single texts
   */
  private static Column without(String mask, String text, Column sequence) {
    Column places =
        filter(
            col(ExplanationColumns.ATTRIBUTIONS),
            word -> {
              Column same = lower(word.getField("word")).equalTo(col(WORD));
              return sequence == null ? same : same.and(word.getField("text").equalTo(sequence));
            });
    return removing(mask)
        .apply(
            col(text),
            transform(places, word -> word.getField("begin")),
            transform(places, word -> word.getField("end")))
        .as(text);
  }

  private static UserDefinedFunction removing(String mask) {
    return udf(
        (UDF3<String, Seq<Integer>, Seq<Integer>, String>)
            (text, begins, ends) ->
                without(
                    text,
                    JavaConverters.seqAsJavaList(begins),
                    JavaConverters.seqAsJavaList(ends),
                    mask),
        DataTypes.StringType);
  }

  /** With {@code mask} in the place of words, whose characters are counted as code points. */
  static String without(String text, List<Integer> begins, List<Integer> ends, String mask) {
    StringBuilder left = new StringBuilder(text);
    // From the end, so that what is before a word stays where it is.
    for (int i = begins.size() - 1; i >= 0; i--) {
      int begin = text.offsetByCodePoints(0, begins.get(i));
      left.replace(begin, text.offsetByCodePoints(begin, ends.get(i) - begins.get(i)), mask);
    }
    return left.toString();
  }
}
