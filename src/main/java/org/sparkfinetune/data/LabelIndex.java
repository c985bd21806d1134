package org.sparkfinetune.data;

import java.io.Serializable;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * The label names of a classifier, each with its index.
 *
 * <p>Serialisable, so that a function running on executors can carry it; lookups take constant
 * time.
 */
public final class LabelIndex implements Serializable {
  private static final long serialVersionUID = 1L;

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
