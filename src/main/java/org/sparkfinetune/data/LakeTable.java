package org.sparkfinetune.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * A folder in which a log, not the list of files, says which rows there are: the files also hold
 * rows that were deleted or replaced. Tables of Delta and Iceberg are read by their own code, where
 * Spark has it; those of Hudi are not read.
 *
 * @param root the folder that holds the log
 */
record LakeTable(Kind kind, Path root) {
  /** Folders above a file that are looked at for a log. */
  private static final int LEVELS = 8;

  /** The formats, with the name of Spark's data source; Hudi's is not read. */
  enum Kind {
    DELTA("Delta", "delta", "_delta_log", "io.delta:delta-spark_2.12:3.2.1"),
    ICEBERG(
        "Iceberg",
        "iceberg",
        "metadata/*.metadata.json",
        "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.6.1"),
    HUDI("Hudi", "", ".hoodie", "");

    final String words;
    final String format;
    final String log;
    final String jar;

    Kind(String words, String format, String log, String jar) {
      this.words = words;
      this.format = format;
      this.log = log;
      this.jar = jar;
    }
  }

  /** The table that a folder is, if it is one. */
  static Optional<LakeTable> at(FileSystem fileSystem, Path folder) throws IOException {
    for (Kind kind : Kind.values()) {
      if (has(fileSystem, folder, kind)) {
        return Optional.of(new LakeTable(kind, folder));
      }
    }
    return Optional.empty();
  }

  private static boolean has(FileSystem fileSystem, Path folder, Kind kind) throws IOException {
    if (kind != Kind.ICEBERG) {
      return fileSystem.exists(new Path(folder, kind.log));
    }
    try {
      return Arrays.stream(fileSystem.listStatus(new Path(folder, "metadata")))
          .anyMatch(file -> file.getPath().getName().endsWith(".metadata.json"));
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  /** The table that a file or folder lies in, if it lies in one. */
  static Optional<LakeTable> around(FileSystem fileSystem, Path inside) {
    Path folder = inside.getParent();
    try {
      for (int level = 0; folder != null && level < LEVELS; level++) {
        Optional<LakeTable> table = at(fileSystem, folder);
        if (table.isPresent()) {
          return table;
        }
        folder = folder.getParent();
      }
    } catch (IOException e) {
      // Folders further up may be closed to us.
    }
    return Optional.empty();
  }

  /** Refuses a part of the table. */
  UserException partOf(Path part) {
    return new UserException(
        "%s lies in the %s table %s (it has %s), whose files hold deleted and replaced rows too: name"
                .formatted(part, kind.words, root, kind.log)
            + " the table itself"
            + (kind == Kind.HUDI ? ", by its name in Spark's catalog (data.format=table)" : ""));
  }

  /**
   * What says that the table cannot be read as another format.
   *
   * @param format as it was asked for
   */
  UserException notOf(String format) {
    return new UserException(
        kind == Kind.HUDI
            ? "%s is a Hudi table (it has .hoodie), which is not read by its folder: name it as a table of"
                    .formatted(root)
                + " Spark's catalog (data.format=table), or write its rows as Parquet"
            : "%s is a %s table (it has %s), whose files hold deleted and replaced rows too: read it with"
                    .formatted(root, kind.words, kind.log)
                + " data.format="
                + kind.format
                + " in place of "
                + format);
  }

  /**
   * The rows of a table, by its log.
   *
   * @param format {@code delta} or {@code iceberg}
   */
  static Dataset<Row> read(SparkSession session, String format, Path root) {
    Kind kind = format.equals(Kind.DELTA.format) ? Kind.DELTA : Kind.ICEBERG;
    String path = root.toString();
    try {
      return session.read().format(kind.format).load(path);
    } catch (Exception | LinkageError e) { // Spark's checked exceptions are not declared in Java
      if (has(e, ClassNotFoundException.class) || has(e, LinkageError.class)) {
        throw new UserException(
            "%s is a table of %s, whose jar Spark does not have: set spark.jars.packages=%s with"
                    .formatted(path, kind.words, kind.jar)
                + " spark-submit; on Maven's Spark, SPARK_FINETUNE_CLASSPATH adds jars",
            e);
      }
      if (String.valueOf(e.getMessage()).contains("DELTA_CONFIGURE_SPARK_SESSION")) {
        throw new UserException(
            path
                + " is a table of Delta, which Spark must be started for: set"
                + " spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension and"
                + " spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog",
            e);
      }
      if (kind == Kind.ICEBERG) {
        throw new UserException(
            "%s cannot be read as a table of Iceberg by its path: %s; name it by its catalog (data.format=table),"
                    .formatted(path, OneLine.of(String.valueOf(e.getMessage()).strip()))
                + " or set spark.sql.catalog.default_iceberg to a catalog of type hadoop",
            e);
      }
      throw e;
    }
  }

  private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }
}
