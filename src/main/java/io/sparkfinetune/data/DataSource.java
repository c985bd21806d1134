package io.sparkfinetune.data;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.Nearest;
import io.sparkfinetune.config.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * What a location turned out to be: files or a table that exist, and their format.
 *
 * @param name the qualified path (which may be a glob), or the table's name
 * @param format {@code csv}, {@code json}, {@code parquet} or {@code table}
 */
record DataSource(String name, String format) {
  private static final String AUTO = "auto";
  private static final String TABLE = "table";
  private static final List<String> COMPRESSIONS =
      List.of(".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate");

  /** Enough to tell a folder's format; Spark lists the rest itself. */
  private static final int MAX_FILES_LISTED = 1000;

  /** Whether rows are text, which may be malformed. */
  boolean isText() {
    return format.equals("csv") || format.equals("json");
  }

  /**
   * Finds what a location names.
   *
   * @throws UserException when nothing is there, nothing in it has any bytes, or the format cannot
   *     be told
   */
  static DataSource resolve(SparkSession session, String location, String format) {
    if (location.isBlank()) {
      throw new UserException("no location given: expected a path or the name of a table");
    }
    if (format.equals(TABLE)) {
      if (!isTable(session, location)) {
        throw new UserException(noTable(session, location));
      }
      return new DataSource(location, TABLE);
    }
    try {
      return Storage.ask(
          location,
          location,
          session.sparkContext().hadoopConfiguration(),
          (fileSystem, path) ->
              filesOrTable(session, fileSystem, fileSystem.makeQualified(path), location, format));
    } catch (FileNotFoundException e) {
      throw new UserException(location + " went away while it was looked at", e);
    } catch (UserException e) {
      // A name such as catalog.db:table is no path, and may be a table all the same.
      if (format.equals(AUTO) && isTable(session, location)) {
        return new DataSource(location, TABLE);
      }
      throw e;
    }
  }

  private static DataSource filesOrTable(
      SparkSession session, FileSystem fileSystem, Path path, String location, String format)
      throws IOException {
    FileStatus[] found = fileSystem.globStatus(path);
    if (found != null && found.length > 0) {
      return files(fileSystem, path, found, format);
    }
    if (format.equals(AUTO) && isTable(session, location)) {
      return new DataSource(location, TABLE);
    }
    throw new UserException(
        (format.equals(AUTO) ? "no such file or table: " : "no such file: ")
            + path
            + hint(fileSystem, path));
  }

  private static DataSource files(
      FileSystem fileSystem, Path path, FileStatus[] found, String format) throws IOException {
    List<FileStatus> files = new ArrayList<>();
    TreeSet<String> formats = new TreeSet<>();
    boolean unknown = false;
    for (FileStatus root : found) {
      int first = files.size();
      collect(fileSystem, root, files);
      for (FileStatus file : files.subList(first, files.size())) {
        // Files of a folder may be named part-00000, the folder train.json.
        String ofFile = formatByEnding(file.getPath().getName());
        String byEnding = ofFile.isEmpty() ? formatByEnding(root.getPath().getName()) : ofFile;
        if (byEnding.isEmpty()) {
          unknown = true;
        } else {
          formats.add(byEnding);
        }
      }
    }
    if (files.isEmpty()) {
      throw new UserException("no data in " + path + ": the folder holds no files to read");
    }
    if (files.size() < MAX_FILES_LISTED && files.stream().allMatch(file -> file.getLen() == 0)) {
      throw new UserException(
          files.size() == 1 && !found[0].isDirectory()
              ? path + " is empty (0 bytes)"
              : "no data in " + path + ": each of its " + files.size() + " files is empty");
    }
    if (!format.equals(AUTO)) {
      return new DataSource(path.toString(), format);
    }
    if (formats.size() > 1) {
      throw new UserException(
          path
              + " holds files of several formats ("
              + String.join(", ", formats)
              + "): name those to read with a glob, as in "
              + new Path(path, "*." + formats.first()));
    }
    if (unknown || formats.isEmpty()) {
      throw new UserException(
          "cannot tell the format of "
              + path
              + " by its ending (.csv, .json, .jsonl, .ndjson, .parquet): set data.format to csv,"
              + " json or parquet");
    }
    return new DataSource(path.toString(), formats.first());
  }

  /** Adds the files that Spark would read of a root: plain ones, and those of partition folders. */
  private static void collect(FileSystem fileSystem, FileStatus root, List<FileStatus> files)
      throws IOException {
    if (root.isFile()) {
      files.add(root);
      return;
    }
    FileStatus[] children = fileSystem.listStatus(root.getPath());
    Arrays.sort(children);
    for (FileStatus child : children) {
      String name = child.getPath().getName();
      boolean hidden = name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
      if (files.size() < MAX_FILES_LISTED && !hidden) {
        if (child.isFile()) {
          files.add(child);
        } else if (name.contains("=")) {
          collect(fileSystem, child, files);
        }
      }
    }
  }

  private static String formatByEnding(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    for (String compression : COMPRESSIONS) {
      if (name.endsWith(compression)) {
        name = name.substring(0, name.length() - compression.length());
        break;
      }
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "csv" -> "csv";
      case "json", "jsonl", "ndjson" -> "json";
      case "parquet" -> "parquet";
      default -> "";
    };
  }

  /** What is there instead of a missing path: its nearest sibling, or how far the path exists. */
  private static String hint(FileSystem fileSystem, Path missing) throws IOException {
    Path parent = missing.getParent();
    if (parent == null) {
      return "";
    }
    if (fileSystem.exists(parent)) {
      List<String> siblings =
          Arrays.stream(fileSystem.listStatus(parent))
              .map(status -> status.getPath().getName())
              .filter(name -> !name.startsWith(".") && !name.startsWith("_"))
              .limit(MAX_FILES_LISTED)
              .toList();
      return siblings.isEmpty()
          ? " (its folder is empty)"
          : " (nearest name there: " + Nearest.of(missing.getName(), siblings) + ")";
    }
    Path ancestor = parent;
    while (ancestor != null && !fileSystem.exists(ancestor)) {
      ancestor = ancestor.getParent();
    }
    return ancestor == null ? "" : " (of this path, only " + ancestor + " exists)";
  }

  private static String noTable(SparkSession session, String name) {
    boolean hive =
        session.conf().get("spark.sql.catalogImplementation", "in-memory").equals("hive");
    return "no such table: "
        + name
        + (hive
            ? ""
            : ". Tables of a Hive metastore or of Glue are found where Spark is set up for one: its"
                + " hive-site.xml is on the class path, or spark.sql.catalogImplementation=hive is"
                + " set");
  }

  private static boolean isTable(SparkSession session, String name) {
    try {
      return session.catalog().tableExists(name);
    } catch (Exception e) {
      // Not an identifier, as most paths are: Spark's parser throws a checked exception that its
      // Java signature does not declare.
      return false;
    }
  }
}
