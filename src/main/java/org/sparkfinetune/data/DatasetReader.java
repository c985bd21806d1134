package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * Reads rows from CSV, JSON lines, Parquet, a table of Delta or Iceberg or one of Spark's, with all
 * their columns.
 *
 * <ul>
 *   <li>CSV is RFC 4180 in UTF-8 unless a {@link DataFormat} says otherwise: a header, fields in
 *       double quotes with commas, line breaks and doubled quotes. Every column is a string, an
 *       empty field is null. All files of a folder must have the same header. Names lose the white
 *       space around them; a column without a name is {@code _c0}, {@code _c1}, ... by its place,
 *       and so are names that occur twice told apart ({@code id0}, {@code id1}).
 *   <li>JSON has one object a line; Spark infers the columns in a pass over all lines.
 *   <li>Parquet has the columns of all its files, each of one type.
 *   <li>Files may be compressed, by their ending ({@code .csv.gz}).
 *   <li>Folders such as {@code label=01} give a column of strings, {@code 01}, as CSV would.
 *   <li>A table of Delta or Iceberg is read by its log, never as the Parquet files that it has.
 * </ul>
 *
 * <p>A look into each file (of text, up to 64 MB in all) comes before Spark reads it, so that a
 * file of another format, encoding or separator ends in a message and not in damaged rows.
 *
 * <p>A CSV row with more or fewer fields than the header, and a line that is no JSON, is neither
 * dropped nor guessed at: the column {@link #MALFORMED} holds it as it was read, and is null in
 * every other row. CSV always has this column, JSON when there is such a line. Spark does not read
 * that column alone: select another beside it, or cache the rows.
 */
public final class DatasetReader {
  /** The column that holds a malformed row as it was read; null in well-formed rows. */
  public static final String MALFORMED = DataSource.MALFORMED;

  private static final Logger LOG = LoggerFactory.getLogger(DatasetReader.class);

  private static final Pattern FILE_READ = Pattern.compile("while reading file (\\S+?)\\.?(\\s|$)");

  private DatasetReader() {}

  /**
   * Reads every column of a location, of files as {@link DataFormat#of} has them.
   *
   * @param location a file, folder or glob on any Hadoop file system, the name of a table, or
   *     {@code hf://datasets/ORG/NAME/CONFIG/SPLIT}
   * @param format {@code auto}, {@code csv}, {@code json}, {@code parquet}, {@code delta}, {@code
   *     iceberg} or {@code table}; see {@link DataFormat#format}
   * @throws UserException when nothing is there, it is empty, or it is not of that format
   */
  public static Dataset<Row> read(SparkSession session, String location, String format) {
    return read(session, location, DataFormat.of(format));
  }

  /** As {@link #read(SparkSession, String, String)}, of files of any separator or encoding. */
  public static Dataset<Row> read(SparkSession session, String location, DataFormat format) {
    DataSource source = DataSource.resolve(session, location, format);
    format.requireUsed(Map.of("rows", source.format().format()));
    return read(session, source, new ColumnNeeds(true, List.of()), LOG::warn);
  }

  /**
   * As {@link #read(SparkSession, String, String)}, of what a location turned out to be.
   *
   * @param needs columns that are not needed may be left out
   * @param warnings takes what does not hinder the reading but should be known, a sentence each
   */
  static Dataset<Row> read(
      SparkSession session, DataSource source, ColumnNeeds needs, Consumer<String> warnings) {
    try {
      return switch (source.format().format()) {
        case "csv" -> CsvFiles.read(session, source, warnings);
        case "json" -> JsonFiles.read(session, source);
        case "parquet" -> ParquetFiles.read(session, source, needs);
        case "delta", "iceberg" ->
            LakeTable.read(session, source.format().format(), source.roots().get(0));
        case "table" -> session.table(source.name());
        default -> throw new IllegalArgumentException("unknown format: " + source.format());
      };
    } catch (UserException | IllegalArgumentException e) {
      throw e;
    } catch (Exception e) { // Spark's checked exceptions, which its Java signatures do not declare
      throw new UserException(
          "cannot read %s as %s: %s"
              .formatted(
                  source.name(), source.format().format(), OneLine.of(rootMessage(e).strip())),
          e);
    }
  }

  /**
   * Reads rows to predict: every column and every row, those with a null or blank text included.
   * {@link #MALFORMED} is there only when there are malformed rows, which costs a pass over them.
   *
   * @param arguments its {@code input}, {@code format}, {@code text_column} and {@code
   *     text_pair_column} count
   * @throws UserException as {@link #read(SparkSession, String, String)}, and when there is no such
   *     text column
   */
  public static Dataset<Row> readTexts(SparkSession session, DataArguments arguments) {
    return readTexts(session, arguments, LOG::warn);
  }

  /**
   * As {@link #readTexts(SparkSession, DataArguments)}.
   *
   * @param warnings takes what does not hinder the reading but should be known, a sentence each
   */
  public static Dataset<Row> readTexts(
      SparkSession session, DataArguments arguments, Consumer<String> warnings) {
    List<String> texts = new ArrayList<>(List.of(arguments.textColumn()));
    arguments.textPair().ifPresent(texts::add);
    Dataset<Row> rows;
    DataSource source;
    try {
      source = DataSource.resolve(session, arguments.input(), arguments.dataFormat());
    } catch (UserException e) {
      throw new UserException("data.input: " + e.getMessage(), e);
    }
    arguments.dataFormat().requireUsed(Map.of("data.input", source.format().format()));
    try {
      rows = read(session, source, new ColumnNeeds(true, texts), warnings);
      InputColumns.requireDistinct(rows, arguments.input());
    } catch (UserException e) {
      throw new UserException("data.input: " + e.getMessage(), e);
    }
    InputColumns.text(rows, "data.text_column", arguments.textColumn(), arguments.input());
    arguments
        .textPair()
        .ifPresent(
            pair -> InputColumns.text(rows, "data.text_pair_column", pair, arguments.input()));
    return withoutEmptyMalformed(rows);
  }

  private static Dataset<Row> withoutEmptyMalformed(Dataset<Row> rows) {
    try {
      boolean none =
          Arrays.asList(rows.columns()).contains(MALFORMED)
              && rows.filter(col(MALFORMED).isNotNull()).takeAsList(1).isEmpty();
      return none ? rows.drop(MALFORMED) : rows;
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      throw readFailure(e);
    }
  }

  /**
   * What to throw when a Spark job that reads data has failed: a {@link UserException} when it was
   * the data that could not be read, else the failure itself.
   */
  public static RuntimeException readFailure(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      Matcher file = FILE_READ.matcher(message);
      if (file.find() || message.contains("is not a Parquet file")) {
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
