package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.substring;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** Reads JSON lines. */
final class JsonFiles {
  private static final int EXAMPLE_CHARACTERS = 60;

  /** A first line of more characters is not looked into. */
  private static final int LINE_CHARACTERS = 1 << 20;

  /**
   * Spark's own limit of 1000 is more than its threads have stack for: a job with such a type
   * hangs.
   */
  private static final int MAX_NESTING = 100;

  private JsonFiles() {}

  static Dataset<Row> read(SparkSession session, DataSource source) {
    if (!CheckedText.isOfBytes(source.format().charset())) {
      throw new UserException(
          "data.encoding=%s is not allowed for JSON lines: expected UTF-8, or an encoding in which"
                  .formatted(source.format().encoding())
              + " a line break is one byte; convert the file (iconv -t UTF-8)");
    }
    FileScan.of(session, source, (file, hadoop, bytes) -> check(file, hadoop, source, bytes));
    Dataset<Row> rows =
        source.partitions().isEmpty()
            ? reader(session, source).json(source.sparkPaths())
            : withPartitions(session, source);
    String[] columns = rows.columns();
    if (columns.length == 0) {
      throw new UserException(source.name() + " holds no JSON object: expected one object a line");
    }
    if (Arrays.equals(columns, new String[] {DataSource.MALFORMED})) {
      // A file of one huge line is no reason to bring it all here.
      String first =
          session
              .read()
              .textFile(source.sparkPaths())
              .select(substring(col("value"), 1, EXAMPLE_CHARACTERS))
              .first()
              .getString(0);
      throw new UserException(
          "%s is not JSON lines (one object a line): no line could be parsed; the first is %s"
              .formatted(source.name(), OneLine.of(first)));
    }
    return rows;
  }

  private static DataFrameReader reader(SparkSession session, DataSource source) {
    DataFrameReader reader =
        session
            .read()
            .option("columnNameOfCorruptRecord", DataSource.MALFORMED)
            .option("maxNestingDepth", MAX_NESTING);
    // With an encoding that is named, Spark does without splitting files.
    return source.format().charset().equals(StandardCharsets.UTF_8)
        ? reader
        : reader.option("encoding", source.format().encoding()).option("lineSep", "\n");
  }

  /** The rows with what the folders' names say as text, where Spark would make numbers of it. */
  private static Dataset<Row> withPartitions(SparkSession session, DataSource source) {
    // Files that are named one by one have no columns from their folders.
    String[] files =
        source.files().stream()
            .map(file -> LiteralPath.escaped(file.getPath()))
            .toArray(String[]::new);
    StructType schema = new StructType();
    for (StructField field : reader(session, source).json(files).schema().fields()) {
      source.partitions().forEach(partition -> source.requireApart(field.name(), partition));
      schema = schema.add(field);
    }
    for (String partition : source.partitions()) {
      schema = schema.add(partition, DataTypes.StringType);
    }
    return reader(session, source).schema(schema).json(source.sparkPaths());
  }

  private static boolean check(Path file, Configuration hadoop, DataSource source, long bytes)
      throws IOException {
    try (CheckedText text = CheckedText.open(file, hadoop, source.format());
        BufferedReader lines = new BufferedReader(text, 1 << 16)) {
      StringBuilder first = new StringBuilder();
      boolean inFirst = true;
      boolean more = false;
      long read = 0;
      for (int c = lines.read(); c >= 0 && read < bytes; c = lines.read()) {
        read++;
        more |= !inFirst && !Character.isWhitespace(c);
        if (inFirst && first.length() < LINE_CHARACTERS) {
          first.append((char) c);
        }
        if (inFirst && c == '\n' && !first.toString().isBlank()) {
          inFirst = false;
        }
      }
      text.requireSound();
      if (more && !inFirst && endsWithin(first.toString())) {
        throw new UserException(
            first.toString().strip().startsWith("[")
                ? file
                    + " is one JSON array over several lines: expected one object a line; convert it"
                    + " (jq -c '.[]' in.json > out.jsonl)"
                : file
                    + " has JSON objects over several lines: expected one object a line; convert it"
                    + " (jq -c . in.json > out.jsonl)");
      }
      return true;
    }
  }

  /** Whether a text ends within a JSON value that has begun. */
  private static boolean endsWithin(String line) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(line)) {
      while (parser.nextToken() != null) {
        continue;
      }
      return false;
    } catch (JsonEOFException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
