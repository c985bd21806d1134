package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestSpark;

class LikelyWordsTest {
  private final SparkSession spark = TestSpark.session();

  private static Row row(String text, String pair, String... labels) {
    return RowFactory.create(text, pair, labels);
  }

  /** Shares of rows by hand; a word counts once a row, and words of one row are none. */
  @Test
  void wordsThatTellALabelComeFirst() {
    Dataset<Row> rows =
        spark.createDataFrame(
            List.of(
                row("My Visa, my card!", "is lost", "card"),
                row("the card is lost", "", "card"),
                row("the visa card once", "", "card", "else"),
                row("lost my refund", "the money", "refund"),
                row("refund is the money", "", "refund"),
                row("the refund", "", "refund")),
            StructType.fromDDL("text string, text_pair string, labels array<string>"));
    // card 3/3 - 0, visa 2/3 - 0, lost 2/3 - 1/3, is 2/3 - 1/3; the 2/3 - 1, my 1 row of each.
    // refund 3/3 - 0, money 2/3 - 0, the 1 - 2/3.
    assertThat(LikelyWords.of(rows, List.of("card", "refund", "none"), 4))
        .isEqualTo(
            Map.of(
                "card", List.of("card", "visa", "is", "lost"),
                "refund", List.of("refund", "money", "the")));
    assertThat(LikelyWords.of(rows.repartition(5), List.of("card"), 1))
        .isEqualTo(Map.of("card", List.of("card")));
  }
}
