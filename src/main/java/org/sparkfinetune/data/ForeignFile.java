package org.sparkfinetune.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;

/**
 * File formats that are recognized but not read, by a file's ending or its first bytes: the
 * format's name, and how to convert its rows.
 */
final class ForeignFile {
  private static final String WITH_PANDAS = "write its rows as Parquet (in pandas, df.to_parquet)";
  private static final String WITH_SPARK =
      "write its rows as Parquet with Spark, or make it a table and set data.format=table";
  private static final String WITH_EXCEL = "save the sheet as CSV UTF-8";
  private static final String UNPACK = "unpack it";

  private static final Map<String, String> CURES = new TreeMap<>();

  static {
    cure(WITH_EXCEL, "xls", "xlsx", "xlsm", "xlsb", "ods", "numbers");
    cure(WITH_SPARK, "orc", "avro");
    cure(WITH_PANDAS, "arrow", "feather", "ipc", "h5", "hdf5", "dta", "sas7bdat", "sav", "npy");
    cure(WITH_PANDAS, "npz", "sqlite", "db", "rds", "rdata", "mat");
    cure(WITH_PANDAS + ", where you trust it: reading it runs code", "pkl", "pickle", "joblib");
    cure(UNPACK, "zip", "tar", "tgz", "tbz2", "txz", "7z", "rar");
    cure("unpack it, or pack it anew with gzip or bzip2", "xz", "lzma", "br", "lzo", "z");
    cure("save it as CSV in UTF-8, or its rows as JSON lines", "xml", "html", "htm", "pdf", "docx");
    cure("write an object a line instead", "yaml", "yml");
    cure("write its examples as Parquet or JSON lines", "tfrecord", "tfrecords", "bin", "pt");
  }

  /** The first bytes of files, as ISO-8859-1. */
  private static final List<Content> CONTENTS =
      List.of(
          new Content("PK\u0003\u0004", "a zip archive, as Excel's .xlsx is too", null),
          new Content("\u00D0\u00CF\u0011\u00E0", "an old Excel or Word file", WITH_EXCEL),
          new Content("PAR1", "a Parquet file", "set data.format=parquet"),
          new Content("ORC", "an ORC file", WITH_SPARK),
          new Content("Obj\u0001", "an Avro file", WITH_SPARK),
          new Content("ARROW1", "an Arrow or Feather file", WITH_PANDAS),
          new Content("FEA1", "a Feather file", WITH_PANDAS),
          new Content("\u0089HDF", "an HDF5 file", WITH_PANDAS),
          new Content("SQLite format 3", "an SQLite database", WITH_PANDAS),
          new Content("%PDF", "a PDF", "save its rows as CSV in UTF-8"),
          new Content("\u001F\u008B", "compressed with gzip", "let its name end with .gz"),
          new Content("BZh", "compressed with bzip2", "let its name end with .bz2"),
          new Content("\u0028\u00B5\u002F\u00FD", "compressed with zstd", "let it end with .zst"),
          new Content("\u00FD7zXZ", "compressed with xz", UNPACK),
          new Content("7z\u00BC\u00AF", "a 7z archive", UNPACK),
          new Content("Rar!", "a RAR archive", UNPACK),
          new Content(
              "version https://git-lfs.github.com/", "a pointer of Git LFS", "run git lfs pull"),
          new Content("<!DOCTYPE html", "a web page", "fetch the file itself"),
          new Content("<!doctype html", "a web page", "fetch the file itself"),
          new Content("<html", "a web page", "fetch the file itself"),
          new Content("<?xml", "XML", "save its rows as CSV or JSON lines"));

  private record Content(String start, String kind, String cure) {}

  private ForeignFile() {}

  private static void cure(String cure, String... endings) {
    Arrays.stream(endings).forEach(ending -> CURES.put(ending, cure));
  }

  /** How the rows of a file that is not read are had, by its name; empty for other names. */
  static Optional<String> cure(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    if (name.contains(".tar.")) {
      return Optional.of(UNPACK);
    }
    return name.contains(".")
        ? Optional.ofNullable(CURES.get(name.substring(name.lastIndexOf('.') + 1)))
        : Optional.empty();
  }

  /**
   * Refuses a file that is read as text and is none.
   *
   * @param head its first bytes, unpacked where its name says that it is packed
   */
  static void requireText(Path file, String format, byte[] head) {
    String start = new String(head, StandardCharsets.ISO_8859_1);
    for (Content content : CONTENTS) {
      if (start.startsWith(content.start())) {
        throw new UserException(
            "%s is no %s file but %s: %s"
                .formatted(
                    file,
                    format.toUpperCase(Locale.ROOT),
                    content.kind(),
                    content.cure() == null
                        ? "unpack it, or save the sheet as CSV UTF-8"
                        : content.cure()));
      }
    }
  }
}
