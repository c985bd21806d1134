package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.UserException;

/**
 * Columns of the user's that prepared rows have beside text and label, in {@link
 * ExampleColumns#ROW}, a struct. Immutable.
 */
public final class KeptColumns {
  /** None: prepared rows have no such struct then. */
  public static final KeptColumns NONE = new KeptColumns(Map.of());

  /** By name the key that names it. */
  private final Map<String, String> keys;

  private KeptColumns(Map<String, String> keys) {
    this.keys = keys;
  }

  /** These and others, named by a key. A name is kept once, whatever its case. */
  public KeptColumns and(String key, List<String> names) {
    Map<String, String> more = new LinkedHashMap<>(keys);
    for (String name : names) {
      if (more.keySet().stream().noneMatch(name::equalsIgnoreCase)) {
        more.put(name, key);
      }
    }
    return new KeptColumns(more);
  }

  /** The names, as they were given. */
  public List<String> names() {
    return List.copyOf(keys.keySet());
  }

  /**
   * The columns, but {@link ExampleColumns#LENGTH} where there is none of that name.
   *
   * @throws UserException when another one is not there, is the text or the label, or is of a type
   *     whose values are no single ones
   */
  List<Column> of(Dataset<Row> rows, DataArguments arguments, String location) {
    List<Column> columns = new ArrayList<>();
    keys.forEach(
        (name, key) -> {
          if (name.equals(ExampleColumns.LENGTH) && !InputColumns.has(rows, name)) {
            return;
          }
          StructField field = InputColumns.field(rows, key, name, location);
          requireNoOther(key, name, "text_column", arguments.textColumn());
          requireNoOther(key, name, "label_column", arguments.labelColumn());
          arguments
              .textPair()
              .ifPresent(pair -> requireNoOther(key, name, "text_pair_column", pair));
          DataType type = field.dataType();
          if (type instanceof ArrayType
              || type instanceof MapType
              || type instanceof StructType
              || type instanceof BinaryType) {
            throw new UserException(
                "%s=%s: in %s this column is of type %s: expected strings, numbers, booleans or dates"
                    .formatted(key, name, location, type.catalogString()));
          }
          columns.add(InputColumns.column(rows, field).as(name));
        });
    return columns;
  }

  private static void requireNoOther(String key, String name, String of, String other) {
    if (name.equalsIgnoreCase(other)) {
      throw new UserException(
          "%s=%s: this is data.%s: expected a column that is neither text nor label%s"
              .formatted(
                  key,
                  name,
                  of,
                  of.equals("label_column")
                      ? "; what each label scores is known in any case"
                      : ""));
    }
  }
}
