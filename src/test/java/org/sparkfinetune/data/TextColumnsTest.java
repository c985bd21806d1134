package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestSpark;

class TextColumnsTest {
  @Test
  void blankIsWhatShowsNothing() {
    List<String> blank = List.of("", " ", "\t\n", "\u00A0", "\u3000", "\u200B", " \uFEFF ");
    for (String text : blank) {
      assertThat(isBlank(text)).as("U+%04X", text.isEmpty() ? 0 : (int) text.charAt(0)).isTrue();
    }
    assertThat(isBlank(null)).isTrue();
    assertThat(isBlank("\u200Ba")).isFalse();
    assertThat(isBlank("?")).isFalse();
  }

  private static boolean isBlank(String text) {
    Dataset<Row> rows =
        TestSpark.session()
            .createDataFrame(
                List.of(RowFactory.create(text)),
                new StructType().add("a.b`c", DataTypes.StringType));
    return rows.select(TextColumns.isBlank(TextColumns.named("a.b`c")).as("blank"))
            .where(col("blank"))
            .count()
        == 1;
  }
}
