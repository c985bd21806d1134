package org.sparkfinetune.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.LocalChecksums;
import org.sparkfinetune.storage.Storage;
import org.sparkfinetune.text.OneLine;

/**
 * What a location turned out to be: files or a table that exist, and their format.
 *
 * <p>A location that is the very name of a file or folder is that, whatever its characters; any
 * other is a glob.
 *
 * @param name the qualified path (which may be a glob), or the table's name
 * @param format never {@code auto}; with the separator that the files' ending tells
 * @param separatorIsSet whether the separator was set, not told by an ending
 * @param roots the files and folders that the location names; none for a table
 * @param files all files that Spark reads of them, in their order; none for tables of any kind
 * @param partitions the columns that folders such as {@code label=01} name
 */
record DataSource(
    String name,
    DataFormat format,
    boolean separatorIsSet,
    List<Path> roots,
    List<FileStatus> files,
    List<String> partitions) {
  /** The column that holds a malformed row as it was read. */
  static final String MALFORMED = "_malformed";

  private static final String TABLE = "table";

  /** Folders that are looked at for a table around them. */
  private static final int MAX_NAMES = 1000;

  /** Refuses a column that both the files and their folders' names have. */
  void requireApart(String column, String partition) {
    if (partition.equalsIgnoreCase(column)) {
      throw new UserException(
          "%s has a column %s in its files and in the names of its folders (%s=...): rename one"
              .formatted(name, OneLine.of(column), OneLine.of(partition)));
    }
  }

  /** Whether rows are text, which may be malformed. */
  boolean isText() {
    return isOf("csv") || isOf("json");
  }

  /**
   * Finds what a location names, and fetches it where it is a data set of the hub.
   *
   * @throws UserException when nothing is there, nothing in it has any bytes, or the format cannot
   *     be told
   */
  static DataSource resolve(SparkSession session, String location, DataFormat format) {
    return resolve(session, location, format, Optional.empty());
  }

  /**
   * As the other.
   *
   * @param split that is meant where a location of the hub names none
   */
  static DataSource resolve(
      SparkSession session, String location, DataFormat format, Optional<String> split) {
    if (location.isBlank()) {
      throw new UserException("no location given: expected a path or the name of a table");
    }
    Optional<HubFiles.Found> ofHub = HubFiles.find(session, location, split, format);
    if (ofHub.isPresent()) {
      return new DataSource(
          ofHub.get().name(),
          format.as("parquet"),
          false,
          ofHub.get().paths(),
          ofHub.get().files(),
          List.of());
    }
    if (format.format().equals(TABLE)) {
      if (!isTable(session, location)) {
        throw new UserException(LocationHints.noTable(session, location));
      }
      return table(location, format);
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
      if (format.isAuto() && isTable(session, location)) {
        return table(location, format);
      }
      throw e;
    }
  }

  boolean isOf(String other) {
    return format.format().equals(other);
  }

  /** The roots as Spark's readers take them. */
  String[] sparkPaths() {
    return roots.stream().map(LiteralPath::escaped).toArray(String[]::new);
  }

  private static DataSource table(String name, DataFormat format) {
    return new DataSource(name, format.as(TABLE), false, List.of(), List.of(), List.of());
  }

  private static DataSource filesOrTable(
      SparkSession session, FileSystem fileSystem, Path path, String location, DataFormat format)
      throws IOException {
    FileStatus[] found = find(fileSystem, path);
    if (found.length > 0) {
      return found(fileSystem, path, found, format);
    }
    if (format.isAuto() && isTable(session, location)) {
      return table(location, format);
    }
    throw new UserException(
        (format.isAuto() ? "no such file or table: " : "no such file: ")
            + path
            + LocationHints.nearest(fileSystem, path));
  }

  private static FileStatus[] find(FileSystem fileSystem, Path path) throws IOException {
    try {
      return new FileStatus[] {fileSystem.getFileStatus(path)};
    } catch (FileNotFoundException e) {
      FileStatus[] matches = fileSystem.globStatus(path);
      return matches == null ? new FileStatus[0] : matches;
    }
  }

  private static DataSource found(
      FileSystem fileSystem, Path path, FileStatus[] found, DataFormat format) throws IOException {
    boolean mayBeLake = !format.format().matches("csv|json");
    if (mayBeLake && found.length == 1 && found[0].isDirectory()) {
      Optional<LakeTable> table = LakeTable.at(fileSystem, found[0].getPath());
      if (table.isPresent()) {
        return lake(table.get(), format);
      }
    }
    if (format.format().matches("delta|iceberg")) {
      throw new UserException(
          "%s is no table of %s: there is no %s in it"
              .formatted(
                  path,
                  format.format(),
                  LakeTable.Kind.valueOf(format.format().toUpperCase(Locale.ROOT)).log));
    }
    DataSource files = files(fileSystem, path, found, format);
    if (files.isOf("parquet")) {
      Set<Path> folders = new LinkedHashSet<>();
      for (FileStatus file : files.files()) {
        folders.add(file.getPath().getParent());
      }
      for (Path folder : folders.stream().limit(MAX_NAMES).toList()) {
        Optional<LakeTable> table = LakeTable.around(fileSystem, new Path(folder, "file"));
        if (table.isPresent()) {
          throw table.get().partOf(path);
        }
      }
    }
    return files;
  }

  private static DataSource lake(LakeTable table, DataFormat format) {
    String name = table.kind().format;
    if (name.isEmpty() || !format.isAuto() && !format.format().equals(name)) {
      throw table.notOf(format.format());
    }
    return new DataSource(
        table.root().toString(),
        format.as(name),
        false,
        List.of(table.root()),
        List.of(),
        List.of());
  }

  private static DataSource files(
      FileSystem fileSystem, Path path, FileStatus[] found, DataFormat format) throws IOException {
    List<FileStatus> files = new ArrayList<>();
    Set<String> partitions = new LinkedHashSet<>();
    TreeSet<String> formats = new TreeSet<>();
    FileStatus unknown = null;
    for (FileStatus root : found) {
      int first = files.size();
      collect(fileSystem, root, files, partitions);
      for (FileStatus file : files.subList(first, files.size())) {
        String byEnding = formatByEnding(root, file);
        if (byEnding.isEmpty()) {
          unknown = unknown == null ? file : unknown;
        } else {
          formats.add(byEnding);
        }
      }
    }
    if (files.isEmpty()) {
      throw new UserException(
          "no data in %s: the folder holds no files to read%s"
              .formatted(path, LocationHints.tablesIn(fileSystem, found)));
    }
    for (FileStatus file : files) {
      // Nor does it say so: it makes a name of it for a file of checksums, which is no path.
      if (fileSystem instanceof ChecksumFileSystem && file.getPath().getName().contains(":")) {
        throw new UserException(
            file.getPath()
                + ": Hadoop opens no file of this machine with a colon in its name: rename it");
      }
      LocalChecksums.requireSound(file.getPath(), fileSystem);
    }
    if (files.stream().allMatch(file -> file.getLen() == 0)) {
      throw new UserException(
          files.size() == 1 && !found[0].isDirectory()
              ? path + " is empty (0 bytes)"
              : "no data in " + path + ": each of its " + files.size() + " files is empty");
    }
    if (format.isAuto()) {
      requireOneFormat(path, formats, unknown);
    }
    String name =
        format.isAuto() ? formats.first().replace(DataFormat.TSV, "csv") : format.format();
    DataFormat told =
        format.as(name).orSeparator(formats.equals(Set.of(DataFormat.TSV)) ? "\t" : ",");
    List<Path> roots = Stream.of(found).map(FileStatus::getPath).toList();
    return new DataSource(
        path.toString(),
        told,
        !format.separator().isEmpty(),
        roots,
        files,
        List.copyOf(partitions));
  }

  private static void requireOneFormat(Path path, TreeSet<String> formats, FileStatus unknown) {
    if (formats.size() > 1) {
      throw new UserException(
          path
              + " holds files of several formats ("
              + String.join(", ", formats)
              + "): name those to read with a glob, as in "
              + new Path(path, "*." + formats.first()));
    }
    if (unknown == null) {
      return;
    }
    Path file = unknown.getPath();
    Optional<String> cure = ForeignFile.cure(file.getName());
    throw new UserException(
        cure.isPresent()
            ? "%s is of a format that is not read (%s are): %s"
                .formatted(file, DataFormat.ENDINGS, cure.get())
            : "cannot tell the format of %s by its ending (%s): set data.format to csv, json or parquet"
                .formatted(path, DataFormat.ENDINGS));
  }

  /** Adds the files that Spark would read of a root: plain ones, and those of partition folders. */
  private static void collect(
      FileSystem fileSystem, FileStatus root, List<FileStatus> files, Set<String> partitions)
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
      if (!hidden) {
        if (child.isFile()) {
          files.add(child);
        } else if (name.contains("=")) {
          int before = files.size();
          collect(fileSystem, child, files, partitions);
          if (files.size() > before) {
            partitions.add(
                ExternalCatalogUtils.unescapePathName(name.substring(0, name.indexOf('='))));
          }
        }
      }
    }
  }

  /**
   * The format that a file's ending names, or its folder's: files of train.json may be named
   * part-00000, and Spark ends the names of those of train.tsv with .csv.
   */
  private static String formatByEnding(FileStatus root, FileStatus file) {
    String ofRoot = DataFormat.byEnding(root.getPath().getName());
    String ofFile = DataFormat.byEnding(file.getPath().getName());
    return ofFile.isEmpty() || ofFile.equals("csv") && ofRoot.equals(DataFormat.TSV)
        ? ofRoot
        : ofFile;
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
