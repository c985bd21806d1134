package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.slice.SliceColumn;
import org.sparkfinetune.slice.SlicePlan;
import org.sparkfinetune.slice.SliceSearch;

/** Which slices rows are in, and how rows tell. */
final class PlannedSlices implements Serializable {
  private static final long serialVersionUID = 1L;

  /** None but that of all rows. */
  static final PlannedSlices NONE =
      new PlannedSlices(
          SlicePlan.NONE, Optional.empty(), List.of(), new SliceColumns(new StructType()));

  private final SlicePlan plan;

  /** Null for none: there is no {@code Optional} that can be sent. */
  private final SliceSearch search;

  private final transient List<String> notes;
  private final transient SliceColumns columns;

  PlannedSlices(
      SlicePlan plan, Optional<SliceSearch> search, List<String> notes, SliceColumns columns) {
    this.plan = plan;
    this.search = search.orElse(null);
    this.notes = notes;
    this.columns = columns;
  }

  SlicePlan plan() {
    return plan;
  }

  Optional<SliceSearch> search() {
    return Optional.ofNullable(search);
  }

  /** How each column was sliced, for people. */
  List<String> notes() {
    return notes;
  }

  /**
   * A struct that {@link #slices} and {@link #words} read.
   *
   * @param example where the examples' columns are
   */
  Column struct(SliceColumns.FieldOf example) {
    List<Column> values = new ArrayList<>();
    for (SliceColumn column : plan.columns()) {
      SliceColumns.Value value = columns.of(column.name(), example);
      values.add(column.isBinned() ? value.number() : value.value());
    }
    List<Column> texts = new ArrayList<>();
    if (search != null) {
      texts.add(example.field(ExampleColumns.TEXT));
      if (columns.isPairs()) {
        texts.add(example.field(ExampleColumns.TEXT_PAIR));
      }
    }
    return functions.struct(of(values), of(texts)).as("slices");
  }

  private static Column of(List<Column> columns) {
    List<Column> named = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      named.add(columns.get(i).as("_" + i));
    }
    // A struct of nothing cannot be.
    return named.isEmpty()
        ? functions.struct(functions.lit(0).as("_0"))
        : functions.struct(named.toArray(Column[]::new));
  }

  /** The numbers of a row's slices, as {@link SlicePlan#of} has them. */
  int[] slices(Row struct) {
    List<Object> values = new ArrayList<>();
    Row given = struct.getStruct(0);
    for (int i = 0; i < plan.columns().size(); i++) {
      values.add(given.get(i));
    }
    return plan.of(values);
  }

  /** The words of a row's texts, each once; none where they are not searched. */
  Set<String> words(Row struct) {
    return search == null ? Set.of() : FrequentWords.ofRow(struct.getStruct(1));
  }
}
