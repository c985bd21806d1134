package org.sparkfinetune.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.Footer;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * Reads Parquet, by the footers of all files: Spark takes the columns of one file for those of all,
 * and refuses a file for a column that nobody needs.
 *
 * <p>The columns are those of all files together. Where a file lacks one that is not used, its rows
 * have null there.
 */
final class ParquetFiles {
  private static final String NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong";

  /**
   * A file's columns.
   *
   * @param columns as Spark reads them
   * @param unread the Parquet type of those that it does not read, by name
   */
  private record FileColumns(Path file, StructType columns, Map<String, Type> unread) {}

  /** A column, and the first file that has it. */
  private record Known(StructField field, Path file) {}

  private ParquetFiles() {}

  static Dataset<Row> read(SparkSession session, DataSource source, ColumnNeeds needs) {
    ParquetToSparkSchemaConverter converter =
        new ParquetToSparkSchemaConverter(session.sessionState().conf());
    boolean caseSensitive = session.sessionState().conf().caseSensitiveAnalysis();
    List<FileColumns> files =
        FileScan.of(session, source, (file, hadoop, bytes) -> columns(file, hadoop, converter));
    StructType schema = merged(files, needs, caseSensitive);
    for (String partition : source.partitions()) {
      for (String name : schema.fieldNames()) {
        source.requireApart(name, partition);
      }
    }
    for (String partition : source.partitions()) {
      schema = schema.add(partition, DataTypes.StringType);
    }
    return session.read().schema(schema).parquet(source.sparkPaths());
  }

  private static FileColumns columns(
      Path file, Configuration hadoop, ParquetToSparkSchemaConverter converter) throws IOException {
    ParquetMetadata footer;
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(file, hadoop))) {
      footer = reader.getFooter();
    }
    try {
      StructType columns =
          ParquetFileFormat.readSchemaFromFooter(new Footer(file, footer), converter);
      return new FileColumns(file, columns, Map.of());
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      MessageType whole = footer.getFileMetaData().getSchema();
      StructType columns = new StructType();
      Map<String, Type> unread = new LinkedHashMap<>();
      for (Type column : whole.getFields()) {
        try {
          StructType one = converter.convert(new MessageType(whole.getName(), column));
          columns = columns.add(one.fields()[0]);
        } catch (Exception notRead) {
          unread.put(column.getName(), column);
        }
      }
      return new FileColumns(file, columns, unread);
    }
  }

  private static StructType merged(
      List<FileColumns> files, ColumnNeeds needs, boolean caseSensitive) {
    Map<String, Known> known = new LinkedHashMap<>();
    List<String> conflicting = new ArrayList<>();
    for (FileColumns file : files) {
      file.unread()
          .forEach(
              (name, type) -> {
                if (needs.has(name)) {
                  throw new UserException(notRead(file.file(), name, type));
                }
                conflicting.add(name);
              });
      for (StructField field : file.columns().fields()) {
        String key = caseSensitive ? field.name() : field.name().toLowerCase(Locale.ROOT);
        Known before = known.putIfAbsent(key, new Known(field, file.file()));
        if (before != null && !sameType(before.field(), field)) {
          if (needs.has(field.name())) {
            throw new UserException(
                "column %s is of type %s in %s and of type %s in %s: write both with one type"
                    .formatted(
                        OneLine.of(field.name()),
                        before.field().dataType().catalogString(),
                        before.file(),
                        field.dataType().catalogString(),
                        file.file()));
          }
          conflicting.add(field.name());
        }
      }
    }
    requireEvery(files, needs, known);
    StructType schema = new StructType();
    for (Known column : known.values()) {
      if (!conflicting.contains(column.field().name())) {
        schema = schema.add(column.field());
      }
    }
    return schema;
  }

  private static boolean sameType(StructField a, StructField b) {
    return a.dataType().catalogString().equals(b.dataType().catalogString());
  }

  /** Refuses files some of which lack a column that is used. */
  private static void requireEvery(
      List<FileColumns> files, ColumnNeeds needs, Map<String, Known> known) {
    Map<String, Path> with = new TreeMap<>();
    known.values().forEach(column -> with.put(column.field().name(), column.file()));
    for (String column : needs.every()) {
      for (FileColumns file : files) {
        boolean has =
            List.of(file.columns().fieldNames()).stream().anyMatch(column::equalsIgnoreCase);
        if (!has && with.containsKey(column)) {
          throw new UserException(
              "%s has no column %s, which %s has; it has: %s"
                  .formatted(
                      file.file(),
                      OneLine.of(column),
                      with.get(column),
                      OneLine.of(String.join(", ", file.columns().fieldNames()))));
        }
      }
    }
  }

  private static String notRead(Path file, String name, Type type) {
    String written = String.valueOf(type).strip();
    return "column %s of %s is of Parquet's type %s, which Spark does not read: %s"
        .formatted(
            OneLine.of(name),
            file,
            OneLine.of(written),
            written.contains("TIMESTAMP(NANOS")
                ? "set "
                    + NANOS_AS_LONG
                    + "=true (it is read as nanoseconds since 1970), or write"
                    + " it in microseconds"
                : "leave it out, or write it with another type");
  }
}
