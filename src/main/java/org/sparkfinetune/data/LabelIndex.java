package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.udf;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import scala.collection.Seq;

/**
 * The label names of a classifier, each with its index.
 *
 * <p>Serializable, so that a function running on executors can carry it; lookups take constant
 * time.
 */
public final class LabelIndex implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What a column of labels carries its index as: the names, in its metadata. */
  private static final String METADATA = "sparkfinetune.labels";

  private final List<String> names;
  private final HashMap<String, Integer> indices = new HashMap<>();

  private LabelIndex(List<String> names) {
    this.names = names;
    for (int i = 0; i < names.size(); i++) {
      indices.put(names.get(i), i);
    }
  }

  /**
   * Indexes labels in a stable order: numerically when all are whole numbers, else by {@link
   * String#compareTo}.
   *
   * @param labels label names; repeated ones count once
   * @throws UserException when there are fewer than two different ones
   */
  public static LabelIndex of(Collection<String> labels) {
    List<String> distinct = labels.stream().distinct().toList();
    if (distinct.size() < 2) {
      throw new UserException(
          (distinct.isEmpty()
                  ? "there is no label"
                  : "there is one class only, \"" + OneLine.of(distinct.get(0)) + "\"")
              + ": a classifier needs rows of at least two classes");
    }
    boolean numeric = distinct.stream().allMatch(label -> label.matches("[+-]?[0-9]{1,18}"));
    // "7" and "07" are two labels of one value: the spelling then decides.
    Comparator<String> order =
        numeric
            ? Comparator.<String>comparingLong(Long::parseLong)
                .thenComparing(Comparator.naturalOrder())
            : Comparator.naturalOrder();
    return new LabelIndex(distinct.stream().sorted(order).toList());
  }

  /**
   * The index of the labels that a column holds, where it says it: {@link ExampleSplits} gives such
   * columns, whose labels have been checked. Rows that were left out since may have had some of
   * them alone.
   */
  public static Optional<LabelIndex> carriedBy(StructField column) {
    return column.metadata().contains(METADATA)
        ? Optional.of(new LabelIndex(List.of(column.metadata().getStringArray(METADATA))))
        : Optional.empty();
  }

  /** The metadata by which a column of labels carries this index. */
  Metadata metadata() {
    return new MetadataBuilder().putStringArray(METADATA, names.toArray(String[]::new)).build();
  }

  /** The label names, by index. */
  public List<String> names() {
    return names;
  }

  /** The number of classes. */
  public int size() {
    return names.size();
  }

  /** The index of a label, or -1 when it is not known. */
  public int indexOf(String label) {
    return indices.getOrDefault(label, -1);
  }

  /**
   * The indices of rows' labels.
   *
   * @param labels an array of strings, of this index all of them; not null
   * @return an array of ints, in the order of the strings
   */
  public Column indicesOf(Column labels) {
    return udf(
            (UDF1<Seq<String>, int[]>)
                names -> {
                  int[] found = new int[names.size()];
                  Arrays.setAll(found, i -> indices.get(names.apply(i)));
                  return found;
                },
            DataTypes.createArrayType(DataTypes.IntegerType, false))
        .apply(labels);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelIndex index && index.names.equals(names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    return names.toString();
  }
}
