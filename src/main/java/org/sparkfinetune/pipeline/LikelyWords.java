package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.udf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.data.ExampleColumns;

/**
 * The words that rows of a label are likely to hold and others are not: those with the largest
 * share of the label's rows beyond their share of all other rows. Counted where the rows are.
 */
public final class LikelyWords {
  private static final int FEWEST_ROWS = 2;

  private static final UserDefinedFunction WORDS =
      udf(
          (UDF1<Row, List<String>>) texts -> List.copyOf(FrequentWords.ofRow(texts)),
          DataTypes.createArrayType(DataTypes.StringType));

  private LikelyWords() {}

  /**
   * Finds them.
   *
   * @param rows columns as {@link ExampleColumns} has texts, and {@link NeighborColumns#LABELS}
   * @param labels whose words are wanted
   * @param most so many of each
   * @return by label, those first that tell it best; only of labels that have some
   */
  public static Map<String, List<String>> of(Dataset<Row> rows, List<String> labels, int most) {
    Column[] texts =
        Arrays.stream(new String[] {ExampleColumns.TEXT, ExampleColumns.TEXT_PAIR})
            .filter(Arrays.asList(rows.columns())::contains)
            .map(functions::col)
            .toArray(Column[]::new);
    Dataset<Row> words =
        rows.select(col(NeighborColumns.LABELS), WORDS.apply(struct(texts)).as("words"));
    long all = words.count();
    Dataset<Row> ofLabels =
        words
            .select(explode(col(NeighborColumns.LABELS)).as("label"))
            .where(col("label").isin(labels.toArray()))
            .groupBy("label")
            .agg(count(lit(1)).as("label_rows"));
    Dataset<Row> ofWords =
        words
            .select(explode(col("words")).as("word"))
            .groupBy("word")
            .agg(count(lit(1)).as("word_rows"));
    Column others = greatest(lit(all).minus(col("label_rows")), lit(1L));
    Column score =
        col("both")
            .divide(col("label_rows"))
            .minus(col("word_rows").minus(col("both")).divide(others));
    List<Row> found =
        words
            .select(explode(col(NeighborColumns.LABELS)).as("label"), col("words"))
            .select(col("label"), explode(col("words")).as("word"))
            .groupBy("label", "word")
            .agg(count(lit(1)).as("both"))
            .where(col("both").geq(FEWEST_ROWS))
            .join(ofLabels, "label")
            .join(ofWords, "word")
            .withColumn("score", score)
            .where(col("score").gt(0))
            .withColumn(
                "place",
                row_number()
                    .over(Window.partitionBy("label").orderBy(col("score").desc(), col("word"))))
            .where(col("place").leq(most))
            .orderBy("label", "place")
            .select("label", "word")
            .collectAsList();
    Map<String, List<String>> byLabel = new LinkedHashMap<>();
    found.forEach(
        row ->
            byLabel
                .computeIfAbsent(row.getString(0), of -> new ArrayList<>())
                .add(row.getString(1)));
    return byLabel;
  }
}
