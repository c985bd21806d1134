package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.approx_count_distinct;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.sparkfinetune.UserException;
import org.sparkfinetune.slice.Quantiles;
import org.sparkfinetune.slice.SliceColumn;
import org.sparkfinetune.slice.SlicePlan;
import org.sparkfinetune.slice.SliceSearch;
import org.sparkfinetune.text.NumberFormat;

/**
 * Looks at the columns that rows are to be sliced by, before anything is predicted: how many values
 * they have, which are the most frequent, and where the bins of numbers end. Counts travel, rows do
 * not, and no column's values come to the driver that has more than {@value #MAX_DISTINCT}.
 */
final class SlicePlanning {
  /** A column of more values has no slices that could be read. */
  static final int MAX_DISTINCT = 1000;

  /** Of the estimate of how many values there are. */
  private static final double RELATIVE_ERROR = 0.02;

  private final Dataset<Row> examples;
  private final SliceOptions options;
  private final SliceColumns columns;

  private SlicePlanning(Dataset<Row> examples, SliceOptions options) {
    this.examples = examples;
    this.options = options;
    this.columns = new SliceColumns(examples.schema());
  }

  /** What is known of a column. */
  private record Known(String name, SliceColumns.Value value, boolean numbers, long distinct) {
    boolean isListed() {
      return distinct <= (1 + 3 * RELATIVE_ERROR) * MAX_DISTINCT;
    }
  }

  /**
   * The slices of examples.
   *
   * @param examples columns as {@code ExampleColumns} has them
   * @throws UserException when a column has too many values
   */
  static PlannedSlices of(Dataset<Row> examples, SliceOptions options) {
    return new SlicePlanning(examples, options).plan();
  }

  private PlannedSlices plan() {
    List<String> notes = new ArrayList<>();
    List<SliceColumn> sliced = options.columns().isEmpty() ? List.of() : sliced(known());
    sliced.forEach(column -> notes.add(column.note()));
    SlicePlan plan = new SlicePlan(sliced);
    Optional<SliceSearch> search = Optional.empty();
    if (options.worst() > 0) {
      FrequentWords words =
          FrequentWords.of(examples, columns.isPairs(), options.minRows(), SliceSearch.MAX_WORDS);
      notes.add(words.note());
      search =
          Optional.of(
              new SliceSearch(
                  plan, words.words(), options.worstBy(), options.minRows(), options.worst()));
    }
    return new PlannedSlices(plan, search, notes, columns);
  }

  /** One pass over the rows. */
  private List<Known> known() {
    List<String> names = options.columns();
    List<Column> figures = new ArrayList<>();
    for (String name : names) {
      SliceColumns.Value value = columns.of(name, functions::col);
      figures.add(approx_count_distinct(value.value(), RELATIVE_ERROR));
      figures.add(coalesce(min(value.isNumber().cast("int")), lit(0)));
    }
    Row row = examples.agg(figures.get(0), figures.stream().skip(1).toArray(Column[]::new)).first();
    List<Known> known = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Known column =
          new Known(
              names.get(i),
              columns.of(names.get(i), functions::col),
              row.getInt(2 * i + 1) == 1,
              row.getLong(2 * i));
      if (!column.isListed() && !column.numbers()) {
        throw new UserException(
            "%s=%s: this column has about %s different values: expected at most %s. Group them into fewer, or leave the column out"
                .formatted(
                    options.slices().contains(column.name())
                        ? "evaluate.slices"
                        : "evaluate.fairness",
                    column.name(),
                    NumberFormat.thousands(column.distinct()),
                    NumberFormat.thousands(MAX_DISTINCT)));
      }
      known.add(column);
    }
    return known;
  }

  private List<SliceColumn> sliced(List<Known> known) {
    List<Map<String, Long>> rows = rowsByValue(known);
    List<SliceColumn> sliced = new ArrayList<>();
    for (int i = 0; i < known.size(); i++) {
      Known column = known.get(i);
      Map<String, Long> byValue = rows.get(i);
      boolean nulls = byValue.containsKey(MISSING);
      byValue.remove(MISSING);
      sliced.add(
          column.numbers() && (!column.isListed() || byValue.size() > options.bins())
              ? bins(column, nulls)
              : values(column, byValue, nulls));
    }
    return sliced;
  }

  /** Stands for no value: one that is empty is none. */
  private static final String MISSING = "";

  /** How many rows have which value, of columns that have not too many; one pass for all. */
  private List<Map<String, Long>> rowsByValue(List<Known> known) {
    List<Map<String, Long>> rows = new ArrayList<>();
    List<Column> cells = new ArrayList<>();
    for (int i = 0; i < known.size(); i++) {
      rows.add(new TreeMap<>());
      Column value = known.get(i).value().value();
      // Of numbers to be put into bins all that counts here is whether there are some.
      Column cell = known.get(i).isListed() ? value : functions.when(value.isNotNull(), "number");
      cells.add(struct(lit(i).as("column"), coalesce(cell, lit(MISSING)).as("value")));
    }
    examples
        .select(explode(array(cells.toArray(Column[]::new))).as("cell"))
        .groupBy(col("cell.column"), col("cell.value"))
        .agg(sum(lit(1L)))
        .collectAsList()
        .forEach(row -> rows.get(row.getInt(0)).put(row.getString(1), row.getLong(2)));
    return rows;
  }

  private static SliceColumn values(Known column, Map<String, Long> byValue, boolean nulls) {
    Comparator<String> order =
        column.numbers()
            ? Comparator.comparingDouble(value -> Double.parseDouble(value.strip()))
            : Comparator.comparing((String value) -> -byValue.get(value));
    List<String> shown =
        byValue.keySet().stream()
            .sorted(order.thenComparing(Comparator.naturalOrder()))
            .limit(SliceColumn.MAX_VALUES)
            .toList();
    return SliceColumn.ofValues(column.name(), shown, nulls, byValue.size());
  }

  private SliceColumn bins(Known column, boolean nulls) {
    SortedNumbers numbers = SortedNumbers.of(examples.select(column.value().number()));
    Map<Long, Double> at = numbers.at(Quantiles.places(numbers.size(), options.bins()));
    double[] edges = Quantiles.edges(numbers.size(), options.bins(), at::get);
    return SliceColumn.ofBins(column.name(), edges, nulls, numbers.distinct());
  }
}
