package org.sparkfinetune.data;

import java.util.List;
import java.util.stream.Stream;

/**
 * Which columns of a source are used: one that is not may be of a type that Spark does not read, or
 * of another type in another file.
 *
 * @param all whether every column is
 * @param every those that every file must have, where any file has them
 */
record ColumnNeeds(boolean all, List<String> every) {
  ColumnNeeds {
    every = List.copyOf(every);
  }

  /** These and others. */
  ColumnNeeds and(List<String> more) {
    return new ColumnNeeds(all, Stream.concat(every.stream(), more.stream()).distinct().toList());
  }

  boolean has(String column) {
    return all || every.contains(column);
  }
}
