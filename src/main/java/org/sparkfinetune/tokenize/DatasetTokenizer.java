package org.sparkfinetune.tokenize;

import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.sparkfinetune.UserException;

/** Tokenizes a column of texts, or two columns of text pairs, on the executors. */
public final class DatasetTokenizer {
  /** The added column of token ids: {@code array<int>}, as in {@link Encoding#inputIds()}. */
  public static final String INPUT_IDS = "input_ids";

  /**
   * The added column of where token type 1 starts: {@code int}, {@link
   * Encoding#secondSegmentStart()}.
   */
  public static final String SECOND_SEGMENT_START = "second_segment_start";

  /** The added column that says whether tokens were cut off: {@code boolean}. */
  public static final String TRUNCATED = "truncated";

  /** The added column of how many tokens stand for what the tokenizer has none for: {@code int}. */
  public static final String UNKNOWN_TOKENS = "unknown_tokens";

  /** No token's id. */
  private static final int NONE = -1;

  /** Rows of one call to the tokenizer: enough for every core, few enough to hold. */
  private static final int ROWS_PER_CALL = 256;

  private DatasetTokenizer() {}

  /**
   * Adds {@link #INPUT_IDS}, {@link #SECOND_SEGMENT_START}, {@link #TRUNCATED} and {@link
   * #UNKNOWN_TOKENS} to the columns that are there. Rows keep their order and partitions. Nothing
   * is computed before an action asks for it, and each action tokenizes anew: a caller that needs
   * the rows more than once persists them.
   *
   * @param rows rows with a column of texts, none of them null
   * @param textColumn that column's name
   * @param pairColumn the name of the column of second texts, none of them null; empty for single
   *     texts
   * @param tokenizerJson the text of a {@code tokenizer.json}; it goes to each executor once
   * @param maxLength the most tokens of a text, special tokens included
   * @throws UserException at once when a column is missing or holds no strings, when an added
   *     column is there already, or for what {@link TextTokenizer#of} refuses; from the action, as
   *     a cause, when a text is null
   */
  public static Dataset<Row> tokenize(
      Dataset<Row> rows,
      String textColumn,
      Optional<String> pairColumn,
      String tokenizerJson,
      int maxLength) {
    Text text = text(rows.schema(), textColumn);
    Text pair = pairColumn.map(column -> text(rows.schema(), column)).orElse(null);
    requireNoAddedColumn(rows.schema());
    // On the driver first: a bad setting should not come back as a failed stage.
    try (TextTokenizer tokenizer = TextTokenizer.of(tokenizerJson, maxLength)) {
      if (pair != null) {
        tokenizer.encodePairs(List.of(), List.of());
      }
    }
    Broadcast<String> broadcast =
        JavaSparkContext.fromSparkContext(rows.sparkSession().sparkContext())
            .broadcast(tokenizerJson);
    StructType schema =
        rows.schema()
            .add(INPUT_IDS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
            .add(SECOND_SEGMENT_START, DataTypes.IntegerType, false)
            .add(TRUNCATED, DataTypes.BooleanType, false)
            .add(UNKNOWN_TOKENS, DataTypes.IntegerType, false);
    int unknown = TokenizerSummary.of(tokenizerJson).unknownToken().orElse(NONE);
    return rows.mapPartitions(
        new TokenizePartition(broadcast, maxLength, unknown, text, pair), Encoders.row(schema));
  }

  private static Text text(StructType schema, String textColumn) {
    List<String> columns = List.of(schema.fieldNames());
    int index = columns.indexOf(textColumn);
    if (index < 0) {
      throw new UserException(
          "There is no column '%s' to tokenize. The columns are: %s."
              .formatted(textColumn, String.join(", ", columns)));
    }
    StructField field = schema.fields()[index];
    if (!field.dataType().equals(DataTypes.StringType)) {
      throw new UserException(
          "Column '%s' is of type %s; only strings can be tokenized."
              .formatted(textColumn, field.dataType().simpleString()));
    }
    return new Text(textColumn, index);
  }

  private static void requireNoAddedColumn(StructType schema) {
    for (String added : List.of(INPUT_IDS, SECOND_SEGMENT_START, TRUNCATED, UNKNOWN_TOKENS)) {
      // Spark's names differ in case only when told so, hence any case is taken.
      if (Arrays.stream(schema.fieldNames()).anyMatch(added::equalsIgnoreCase)) {
        throw new UserException(
            "There is a column '%s' already; tokenizing adds one of that name. Rename or drop it."
                .formatted(added));
      }
    }
  }

  /** A column of texts by its name and its place in a row. */
  record Text(String column, int index) implements Serializable {
    String of(Row row) {
      if (row.isNullAt(index)) {
        throw new UserException(
            "Column '%s' is null in the row %s. Set rows without text aside before tokenizing."
                .formatted(column, row));
      }
      return row.getString(index);
    }
  }

  /** One tokenizer a partition, freed when its task ends, however it ends. */
  record TokenizePartition(
      Broadcast<String> tokenizerJson, int maxLength, int unknownToken, Text text, Text pair)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
      if (!rows.hasNext()) {
        return rows;
      }
      TextTokenizer tokenizer = TextTokenizer.of(tokenizerJson.value(), maxLength);
      // The cast picks one of two overloads, of which the other is for Scala.
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) c -> tokenizer.close());
      return new Iterator<>() {
        private final Queue<Row> ready = new ArrayDeque<>(ROWS_PER_CALL);

        @Override
        public boolean hasNext() {
          return !ready.isEmpty() || rows.hasNext();
        }

        @Override
        public Row next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }
          if (ready.isEmpty()) {
            tokenize(rows, tokenizer, ready);
          }
          return ready.remove();
        }
      };
    }

    private void tokenize(Iterator<Row> rows, TextTokenizer tokenizer, Queue<Row> ready) {
      List<Row> chunk = new ArrayList<>(ROWS_PER_CALL);
      List<String> texts = new ArrayList<>(ROWS_PER_CALL);
      List<String> pairs = new ArrayList<>(ROWS_PER_CALL);
      while (chunk.size() < ROWS_PER_CALL && rows.hasNext()) {
        Row row = rows.next();
        chunk.add(row);
        texts.add(text.of(row));
        if (pair != null) {
          pairs.add(pair.of(row));
        }
      }
      List<Encoding> encodings =
          pair == null ? tokenizer.encode(texts) : tokenizer.encodePairs(texts, pairs);
      for (int i = 0; i < chunk.size(); i++) {
        ready.add(append(chunk.get(i), encodings.get(i)));
      }
    }

    private Row append(Row row, Encoding encoding) {
      Object[] values = new Object[row.size() + 4];
      for (int i = 0; i < row.size(); i++) {
        values[i] = row.get(i);
      }
      values[row.size()] = encoding.inputIds();
      values[row.size() + 1] = encoding.secondSegmentStart();
      values[row.size() + 2] = encoding.truncated();
      values[row.size() + 3] =
          (int) Arrays.stream(encoding.inputIds()).filter(id -> id == unknownToken).count();
      return RowFactory.create(values);
    }
  }
}
