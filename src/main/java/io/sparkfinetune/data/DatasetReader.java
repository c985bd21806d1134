package io.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.substring;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.OneLine;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Reads rows from CSV, JSON lines, Parquet or a Spark table, with all their columns.
 *
 * <ul>
 *   <li>CSV is RFC 4180 in UTF-8: a header, fields in double quotes with commas, line breaks and
 *       doubled quotes. Every column is a string, an empty field is null. All files of a folder
 *       must have the same header. Names lose the white space around them; a column without a name
 *       is {@code _c0}, {@code _c1}, ... by its place, and so are names that occur twice told apart
 *       ({@code id0}, {@code id1}).
 *   <li>JSON has one object a line; Spark infers the columns in a pass over all lines.
 *   <li>Files may be compressed, by their ending ({@code .csv.gz}).
 * </ul>
 *
 * <p>A CSV row with more or fewer fields than the header, and a line that is no JSON, is neither
 * dropped nor guessed at: the column {@link #MALFORMED} holds it as it was read, and is null in
 * every other row. CSV always has this column, JSON when there is such a line. Spark does not read
 * that column alone: select another beside it, or cache the rows.
 */
public final class DatasetReader {
  /** The column that holds a malformed row as it was read; null in well-formed rows. */
  public static final String MALFORMED = "_malformed";

  private static final int EXAMPLE_CHARACTERS = 60;

  private static final Pattern FILE_READ = Pattern.compile("while reading file (\\S+?)\\.?(\\s|$)");

  private DatasetReader() {}

  /**
   * Reads every column of a location.
   *
   * @param location a file, folder or glob on any Hadoop file system, or the name of a table
   * @param format {@code auto}, {@code csv}, {@code json}, {@code parquet} or {@code table}; see
   *     {@link DataArguments#format}
   * @throws UserException when nothing is there, it is empty, or it is not of that format
   */
  public static Dataset<Row> read(SparkSession session, String location, String format) {
    return read(session, DataSource.resolve(session, location, format));
  }

  /** As {@link #read(SparkSession, String, String)}, of what a location turned out to be. */
  static Dataset<Row> read(SparkSession session, DataSource source) {
    try {
      return switch (source.format()) {
        case "csv" -> csv(session, source.name());
        case "json" -> json(session, source.name());
        case "parquet" -> session.read().parquet(source.name());
        case "table" -> session.table(source.name());
        default -> throw new IllegalArgumentException("unknown format: " + source.format());
      };
    } catch (UserException | IllegalArgumentException e) {
      throw e;
    } catch (Exception e) { // Spark's checked exceptions, which its Java signatures do not declare
      throw new UserException(
          "cannot read %s as %s: %s".formatted(source.name(), source.format(), rootMessage(e)), e);
    }
  }

  /**
   * Reads rows to predict: every column and every row, those with a null or blank text included.
   *
   * @param arguments its {@code input}, {@code format}, {@code text_column} and {@code
   *     text_pair_column} count
   * @throws UserException as {@link #read(SparkSession, String, String)}, and when there is no such
   *     text column
   */
  public static Dataset<Row> readTexts(SparkSession session, DataArguments arguments) {
    Dataset<Row> rows;
    try {
      rows = read(session, arguments.input(), arguments.format());
      InputColumns.requireDistinct(rows, arguments.input());
    } catch (UserException e) {
      throw new UserException("data.input: " + e.getMessage(), e);
    }
    InputColumns.text(rows, "data.text_column", arguments.textColumn(), arguments.input());
    arguments
        .textPair()
        .ifPresent(
            pair -> InputColumns.text(rows, "data.text_pair_column", pair, arguments.input()));
    return rows;
  }

  private static Dataset<Row> csv(SparkSession session, String path) {
    StructType header = csvReader(session).csv(path).schema();
    if (header.isEmpty()) {
      throw new UserException(path + " has no header: expected the column names in its first line");
    }
    boolean named = CsvHeaders.areAsWritten(header.fieldNames());
    Dataset<Row> rows =
        csvReader(session)
            .schema(header.add(MALFORMED, DataTypes.StringType))
            .option("columnNameOfCorruptRecord", MALFORMED)
            // Without this, Spark takes the columns of every further file by position, whatever its
            // header says.
            .option("enforceSchema", !named)
            .csv(path);
    if (!named) {
      CsvHeaders.requireEqual(
          rows.inputFiles(), file -> csvReader(session).csv(file).schema().fieldNames());
    }
    return rows.toDF(CsvHeaders.trimmed(rows.columns()));
  }

  private static DataFrameReader csvReader(SparkSession session) {
    return session
        .read()
        .option("header", true)
        .option("multiLine", true)
        .option("quote", "\"")
        .option("escape", "\"")
        .option("encoding", "UTF-8");
  }

  private static Dataset<Row> json(SparkSession session, String path) {
    Dataset<Row> rows = session.read().option("columnNameOfCorruptRecord", MALFORMED).json(path);
    String[] columns = rows.columns();
    if (columns.length == 0) {
      throw new UserException(path + " holds no JSON object: expected one object a line");
    }
    if (Arrays.equals(columns, new String[] {MALFORMED})) {
      // A file of one huge line is no reason to bring it all here.
      String first =
          session
              .read()
              .textFile(path)
              .select(substring(col("value"), 1, EXAMPLE_CHARACTERS))
              .first()
              .getString(0);
      throw new UserException(
          "%s is not JSON lines (one object a line): no line could be parsed; the first is %s"
              .formatted(path, OneLine.of(first)));
    }
    return rows;
  }

  /**
   * What to throw when a Spark job that reads data has failed: a {@link UserException} when it was
   * the data that could not be read, else the failure itself.
   */
  public static RuntimeException readFailure(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      Matcher file = FILE_READ.matcher(message);
      if (file.find()
          || message.contains("is not a Parquet file")
          || message.contains("CSV header does not conform")) {
        String root = rootMessage(cause).strip().replaceAll("\\s+", " ");
        boolean names = file.reset().find() && !root.contains(file.group(1));
        return new UserException(
            "cannot read the data: " + (names ? file.group(1) + ": " : "") + OneLine.of(root),
            failure);
      }
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(failure);
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }
}
