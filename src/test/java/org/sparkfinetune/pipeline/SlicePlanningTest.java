package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.struct;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.slice.Slice;
import org.sparkfinetune.slice.WorstBy;

class SlicePlanningTest {
  /** Rows numbered from 0 on, with a column of an expression of that number, {@code id}. */
  private static Dataset<Row> rows(long count, String expression, int partitions) {
    return TestSpark.session()
        .range(0, count, 1, partitions)
        .select(
            expr("concat('word ', repeat('more ', cast(id % 4 as int)), id)")
                .as(ExampleColumns.TEXT),
            struct(expr(expression).as("column"), functions.lit(1).as("one"))
                .as(ExampleColumns.ROW));
  }

  private static PlannedSlices plan(Dataset<Row> rows, String... columns) {
    return SlicePlanning.of(
        rows, new SliceOptions(List.of(columns), List.of(), 4, 0, WorstBy.ERROR, 2));
  }

  private static Stream<String> names(PlannedSlices planned) {
    return planned.plan().slices().stream().skip(1).map(Slice::name);
  }

  @Test
  void numbersOfFewValuesAreASliceEachAndOthersBins() {
    assertThat(names(plan(rows(40, "int(id % 4)", 3), "column")))
        .containsExactly("column=0", "column=1", "column=2", "column=3");
    assertThat(names(plan(rows(41, "if(id = 40, double('NaN'), id / 2.0D)", 3), "column")))
        .containsExactly(
            "column=[0, 4.875]",
            "column=(4.875, 9.75]",
            "column=(9.75, 14.625]",
            "column=(14.625, 19.5]",
            "column is missing");
    assertThat(names(plan(rows(30, "decimal(id % 2)", 3), "column")))
        .containsExactly("column=0", "column=1");
  }

  @Test
  void numbersOfManyValuesAreSortedWhereTheyAre() {
    for (int partitions : new int[] {1, 8}) {
      PlannedSlices planned = plan(rows(5000, "(id * 7919) % 5000", partitions), "column");
      assertThat(names(planned))
          .containsExactly(
              "column=[0, 1249.75]",
              "column=(1249.75, 2499.5]",
              "column=(2499.5, 3749.25]",
              "column=(3749.25, 4999]");
      assertThat(planned.notes()).containsExactly("column: 5,000 values in 4 bins");
    }
  }

  @Test
  void textsThatAreNumbersAreNumbersUnlessTheyBeginWithZero() {
    assertThat(names(plan(rows(40, "string(id)", 2), "column")).findFirst().orElseThrow())
        .isEqualTo("column=[0, 9.75]");
    assertThat(names(plan(rows(12, "concat('0', id)", 2), "column"))).contains("column=07");
    assertThat(names(plan(rows(12, "if(id = 3, 'three', string(id))", 2), "column")))
        .contains("column=three", "column=7");
  }

  @Test
  void theValuesOfMostRowsAreSlicesAndTheOthersOne() {
    PlannedSlices planned =
        plan(rows(400, "if(id < 200, concat('v', id % 5), concat('w', id % 97))", 2), "column");

    assertThat(names(planned))
        .hasSize(51)
        .startsWith("column=v0", "column=v1")
        .endsWith("column is one of 52 other values");
    assertThat(planned.notes())
        .containsExactly(
            "column: 102 values, the 50 with the most rows by themselves and the other 52 as one slice");
  }

  @Test
  void nullsAndEmptyTextsAreMissing() {
    assertThat(names(plan(rows(20, "if(id % 2 = 0, '', null)", 2), "column")))
        .containsExactly("column is missing");
    assertThat(names(plan(rows(20, "cast(id = 3 as boolean)", 2), "column")))
        .containsExactly("column=false", "column=true");
    assertThat(names(plan(rows(20, "date('2024-01-0' || (1 + id % 2))", 2), "column")))
        .containsExactly("column=2024-01-01", "column=2024-01-02");
  }

  @Test
  void aColumnOfAMillionValuesIsRefusedWithItsNumber() {
    assertThatThrownBy(() -> plan(rows(1_000_000, "concat('user', id)", 4), "column"))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "evaluate.slices=column: this column has about (9[5-9]\\d|1,0[0-4]\\d),\\d{3}"
                + " different values: expected at most 1,000. Group them into fewer, or leave the"
                + " column out");
  }

  @Test
  void lengthIsTheNumberOfWordsWhereThereIsNoSuchColumn() {
    assertThat(names(plan(rows(40, "id", 2), "length")))
        .containsExactly("length=2", "length=3", "length=4", "length=5");
    Dataset<Row> own =
        rows(40, "id", 2)
            .withColumn(
                ExampleColumns.ROW,
                struct(expr("if(row.column > 9, 'long', 'short')").as("length")));
    assertThat(names(plan(own, "length"))).containsExactly("length=long", "length=short");
  }

  @Test
  void wordsOfTooFewRowsAreNotLookedFor() {
    FrequentWords words = FrequentWords.of(rows(40, "id", 3), false, 5, 1);
    assertThat(words.words()).containsExactly("word");
    assertThat(words.note())
        .isEqualTo("words: 1 that at least 5 rows have, of 2 the most frequent");
    assertThat(FrequentWords.of(rows(40, "id", 3), false, 5, 10).words())
        .containsExactly("word", "more");
  }

  @Test
  void noRowsHaveNoSlices() {
    assertThat(names(plan(rows(0, "id", 1), "column", "length"))).isEmpty();
  }
}
