package org.sparkfinetune.data;

import java.io.IOException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.text.Nearest;

/** What a message says of a location that names no rows: what is there instead. */
final class LocationHints {
  /** Names that are looked through. */
  private static final int MAX_NAMES = 1000;

  private static final int NAMES_SHOWN = 5;

  private LocationHints() {}

  /** What lies in folders that hold no files themselves: tables, or just folders. */
  static String tablesIn(FileSystem fileSystem, FileStatus[] found) throws IOException {
    List<String> tables = new ArrayList<>();
    List<String> folders = new ArrayList<>();
    for (FileStatus root : found) {
      for (FileStatus child : fileSystem.listStatus(root.getPath())) {
        String name = child.getPath().getName();
        if (child.isDirectory() && folders.size() < MAX_NAMES && !name.matches("[._].*")) {
          folders.add(name);
          if (LakeTable.at(fileSystem, child.getPath()).isPresent()) {
            tables.add(name);
          }
        }
      }
    }
    return !tables.isEmpty()
        ? ", but tables (" + some(tables) + "): name one of them"
        : folders.isEmpty() ? "" : " (folders in it are not looked into: " + some(folders) + ")";
  }

  private static String some(List<String> names) {
    return names.stream().sorted().limit(NAMES_SHOWN).collect(Collectors.joining(", "))
        + (names.size() > NAMES_SHOWN ? ", ..." : "");
  }

  /** What is there instead of a missing path: its nearest sibling, or how far the path exists. */
  static String nearest(FileSystem fileSystem, Path missing) throws IOException {
    Path parent = missing.getParent();
    if (parent == null) {
      return "";
    }
    if (fileSystem.exists(parent)) {
      List<String> siblings =
          Arrays.stream(fileSystem.listStatus(parent))
              .map(status -> status.getPath().getName())
              .filter(name -> !name.startsWith(".") && !name.startsWith("_"))
              .limit(MAX_NAMES)
              .toList();
      if (siblings.stream().anyMatch(name -> composed(name).equals(composed(missing.getName())))) {
        return " (a name there has these characters in another Unicode form: rename it)";
      }
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

  private static String composed(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC);
  }

  /** That a table is missing, and what a catalog needs to have it. */
  static String noTable(SparkSession session, String name) {
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
}
