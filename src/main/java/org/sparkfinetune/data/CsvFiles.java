package org.sparkfinetune.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.OneLine;

/**
 * Reads CSV. The headers are read here, of every file: Spark takes the columns of every further
 * file by position, or says of a header that differs neither its file nor where. It reads the rows.
 */
final class CsvFiles {
  private static final String BACKSLASH = "\\";

  /** Excel's first line in places where a semicolon separates. */
  private static final String EXCEL_SEPARATOR = "sep=";

  private static final List<String> SEPARATORS = List.of(";", "\t", "|", ",");

  /** With so many rows damaged, in parts of all, a file is written otherwise than it is read. */
  private static final double MANY_DAMAGED = 0.01;

  private record Scanned(Path file, CsvScan scan, Optional<String> warning) {}

  private CsvFiles() {}

  static Dataset<Row> read(SparkSession session, DataSource source, Consumer<String> warnings) {
    List<Scanned> scans =
        FileScan.of(session, source, (file, hadoop, bytes) -> scan(file, hadoop, source, bytes))
            .stream()
            .filter(scanned -> !scanned.scan().header().isEmpty())
            .toList();
    if (scans.isEmpty()) {
      throw new UserException(
          source.name() + " has no header: expected the column names in its first line");
    }
    String[] names = commonNames(scans);
    scans.forEach(scanned -> scanned.warning().ifPresent(warnings));
    StructType schema = new StructType();
    for (String name : distinct(names)) {
      source.partitions().forEach(partition -> source.requireApart(name, partition));
      schema = schema.add(name, DataTypes.StringType);
    }
    schema = schema.add(DataSource.MALFORMED, DataTypes.StringType);
    for (String partition : source.partitions()) {
      schema = schema.add(partition, DataTypes.StringType);
    }
    return session
        .read()
        .schema(schema)
        .option("header", true)
        .option("multiLine", true)
        .option("sep", source.format().separator())
        .option("quote", source.format().quote())
        .option("escape", source.format().escape())
        .option("encoding", source.format().encoding())
        .option("columnNameOfCorruptRecord", DataSource.MALFORMED)
        .csv(source.sparkPaths());
  }

  /** Scans a file, and refuses one that is not written as it is read. */
  private static Scanned scan(Path file, Configuration hadoop, DataSource source, long bytes)
      throws IOException {
    DataFormat format = source.format();
    CsvScan scan = scan(file, hadoop, format, bytes);
    if (scan.header().isEmpty()) {
      return new Scanned(file, scan, Optional.empty());
    }
    if (!source.separatorIsSet()) {
      requireSeparator(file, hadoop, format, bytes, scan);
    }
    if (scan.damaged() > 0 && scan.hasBackslashQuotes() && format.escape().equals(format.quote())) {
      CsvScan other = scan(file, hadoop, format.withEscape(BACKSLASH), bytes);
      if (other.damaged() < scan.damaged() / 2.0) {
        String found =
            "%s: quotes within fields are written as \\\", from line %d on: set data.escape=%s"
                .formatted(file, scan.damagedLine(), BACKSLASH);
        if (scan.damaged() >= MANY_DAMAGED * scan.records()) {
          throw new UserException(found);
        }
        return new Scanned(file, scan, Optional.of(found));
      }
    }
    return new Scanned(file, scan, swallowed(file, scan));
  }

  /** What a stray quote has swallowed; refuses a file that it swallows to its end. */
  private static Optional<String> swallowed(Path file, CsvScan scan) {
    String cure =
        "; double it within a quoted field, or set data.quote= (empty) where no field is quoted";
    if (scan.openAtEnd() != null) {
      throw new UserException(
          "%s: the quote in line %d opens a field that never ends: %s lines to the file's end%s"
              .formatted(
                  file,
                  scan.openAtEnd().line(),
                  NumberFormat.thousands(scan.openAtEnd().lines()),
                  cure));
    }
    if (scan.swallows() == 0) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: the quote in line %d opens a field of %s lines that look like rows (%s such fields)%s"
            .formatted(
                file,
                scan.longest().line(),
                NumberFormat.thousands(scan.longest().lines()),
                NumberFormat.thousands(scan.swallows()),
                cure));
  }

  private static CsvScan scan(Path file, Configuration hadoop, DataFormat format, long bytes)
      throws IOException {
    try (CheckedText text = CheckedText.open(file, hadoop, format)) {
      CsvScan scan = CsvScan.of(text, format, bytes);
      text.requireSound();
      return scan;
    }
  }

  /** Refuses a file of one column that another separator makes several, row by row. */
  private static void requireSeparator(
      Path file, Configuration hadoop, DataFormat format, long bytes, CsvScan scan)
      throws IOException {
    if (scan.header().size() > 1) {
      return;
    }
    String only = scan.header().get(0).strip();
    if (only.toLowerCase(Locale.ROOT).startsWith(EXCEL_SEPARATOR)) {
      throw new UserException(
          "%s starts with Excel's line \"%s\": remove this line, and set data.separator=%s"
              .formatted(
                  file,
                  OneLine.of(only),
                  DataFormat.shown(only.substring(EXCEL_SEPARATOR.length()))));
    }
    for (String separator : SEPARATORS) {
      if (only.contains(separator)) {
        DataFormat other =
            new DataFormat(
                format.format(), separator, format.quote(), format.escape(), format.encoding());
        CsvScan separated = scan(file, hadoop, other, bytes);
        if (separated.damaged() <= separated.records() / 2) {
          throw new UserException(
              "%s has one column, \"%s\": its fields are separated by \"%s\": set data.separator=%3$s"
                  .formatted(file, OneLine.of(only), DataFormat.shown(separator)));
        }
      }
    }
  }

  /**
   * The names in the files' headers, without the white space around them.
   *
   * @throws UserException when two differ, by more than case
   */
  private static String[] commonNames(List<Scanned> scans) {
    Scanned first = scans.get(0);
    for (Scanned other : scans) {
      if (!lowerCase(other.scan().header()).equals(lowerCase(first.scan().header()))) {
        throw new UserException(
            "CSV header does not conform to the one of %s (%s): %s has %s"
                .formatted(
                    first.file(),
                    joined(first.scan().header()),
                    other.file(),
                    joined(other.scan().header())));
      }
    }
    return first.scan().header().toArray(String[]::new);
  }

  /**
   * Names for columns: those of the header, without the white space around them where that leaves
   * them different. A column without a name is called by its place, {@code _c0}, and so are names
   * that occur twice told apart, {@code id0}.
   */
  static String[] distinct(String[] header) {
    String[] names =
        IntStream.range(0, header.length)
            .mapToObj(i -> header[i].isBlank() ? "_c" + i : header[i])
            .toArray(String[]::new);
    List<String> lower = Arrays.stream(names).map(name -> name.toLowerCase(Locale.ROOT)).toList();
    String[] apart =
        IntStream.range(0, names.length)
            .mapToObj(
                i ->
                    lower.indexOf(lower.get(i)) == lower.lastIndexOf(lower.get(i))
                        ? names[i]
                        : names[i] + i)
            .toArray(String[]::new);
    String[] trimmed = Arrays.stream(apart).map(String::strip).toArray(String[]::new);
    return lowerCase(Arrays.asList(trimmed)).stream().distinct().count() == names.length
        ? trimmed
        : apart;
  }

  private static List<String> lowerCase(List<String> names) {
    List<String> lower = new ArrayList<>();
    names.forEach(name -> lower.add(name.strip().toLowerCase(Locale.ROOT)));
    return lower;
  }

  private static String joined(List<String> names) {
    return OneLine.of(String.join(", ", names));
  }
}
