package org.sparkfinetune.fuzz;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A kind of file that comes from outside, with a reader to try on damaged ones. A new kind is a
 * class and a line in {@link FuzzTargets}.
 */
interface FuzzTarget {
  /** The kind's name on the command line. */
  String name();

  /** Sound inputs, small ones, each of which {@link #read} takes. */
  List<Sample> samples() throws Exception;

  /**
   * Values, as JSON, that are put in the place of others: what a blind mutation would hardly find.
   */
  default List<String> values() {
    return List.of();
  }

  /**
   * Reads what lies in the folder, and uses it as a job would.
   *
   * @throws org.sparkfinetune.UserException when it refuses the input; any other exception, and the
   *     JVM's end, is a fault
   */
  void read(Path folder) throws Exception;

  /**
   * An input that is sound.
   *
   * @param files the contents by name, or path in the folder
   * @param mutated the name of the file that is damaged
   */
  record Sample(Map<String, byte[]> files, String mutated) {
    static Sample of(String name, byte[] content) {
      return new Sample(Map.of(name, content), name);
    }
  }
}
