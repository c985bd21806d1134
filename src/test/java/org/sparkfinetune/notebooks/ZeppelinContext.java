package org.sparkfinetune.notebooks;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** The {@code z} of Zeppelin's Spark interpreter, as far as the notes use it. */
public final class ZeppelinContext {
  private static final int MAX_RESULT = 1000;

  /** Shows rows as a table. */
  public void show(Object rows) {
    if (!(rows instanceof Dataset<?> dataset)) {
      throw new IllegalArgumentException(
          "z.show of %s: Zeppelin shows Datasets as tables".formatted(rows.getClass()));
    }
    System.out.println(
        "%table "
            + Arrays.stream(dataset.columns())
                .map(ZeppelinContext::cell)
                .collect(Collectors.joining("\t")));
    for (Row row : dataset.toDF().takeAsList(MAX_RESULT)) {
      System.out.println(
          IntStream.range(0, row.size())
              .mapToObj(i -> cell(row.get(i)))
              .collect(Collectors.joining("\t")));
    }
  }

  private static String cell(Object value) {
    return String.valueOf(value).replaceAll("[\\t\\n\\r]+", " ");
  }
}
