package org.sparkfinetune.data;

import org.apache.hadoop.fs.Path;

/** Paths whose characters stand for themselves. */
final class LiteralPath {
  private LiteralPath() {}

  /**
   * A path as Spark and Hadoop take it where they expect a glob, which is wherever rows are read.
   */
  static String escaped(Path path) {
    return path.toString().replaceAll("[\\[\\]{}*?\\\\]", "\\\\$0");
  }
}
