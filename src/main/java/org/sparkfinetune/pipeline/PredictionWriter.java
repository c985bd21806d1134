package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.to_json;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Observation;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.DataFormat;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.data.TextColumns;

/** Writes predicted rows with Spark, and counts them on the way. */
public final class PredictionWriter {
  /**
   * What was written.
   *
   * @param rows in all
   * @param withoutPrediction those of them whose text is null or blank
   * @param abstained those of them whose confidence is too low for a prediction
   */
  @PublicApi
  public record Counts(long rows, long withoutPrediction, long abstained, Format format) {}

  /** The formats written. */
  @PublicApi
  public enum Format {
    CSV(","),
    TSV("\t"),
    JSON(null),
    PARQUET(null);

    private final String separator;

    Format(String separator) {
      this.separator = separator;
    }

    /** Whether rows are lines of text with separators, as spreadsheets open them. */
    public boolean isSeparated() {
      return separator != null;
    }

    /** The format that a path's ending names; empty when it names none. */
    static Optional<Format> ofPath(String path) {
      String name = path.toLowerCase(Locale.ROOT).replaceFirst("/+$", "");
      return Stream.of(values())
          .filter(f -> name.endsWith("." + f.code()))
          .findFirst()
          .or(() -> name.matches(".*\\.(jsonl|ndjson)") ? Optional.of(JSON) : Optional.empty())
          .or(() -> name.endsWith(".tab") ? Optional.of(TSV) : Optional.empty());
    }

    /** Its name, as an ending of files. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What spreadsheets take for a formula: also in full width, as on Chinese keyboards. */
  private static final String FORMULA =
      "(?U)^[\\s\\u200B\\uFEFF]*[-=+@\\uFF0D\\uFF1D\\uFF0B\\uFF20]";

  private static final String NUMBER = "^[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?$";

  private PredictionWriter() {}

  /**
   * The format to write: by the output's ending, else the input's format where it is set or told by
   * its ending, else Parquet, which keeps every type.
   *
   * @param inputFormat the setting {@code data.format}
   */
  public static Format format(String output, String inputFormat, String input) {
    return Format.ofPath(output)
        .or(() -> Format.ofPath("." + inputFormat))
        .or(() -> Format.ofPath(input))
        .orElse(Format.PARQUET);
  }

  /**
   * Writes the rows to a folder, as Spark does, which must not exist unless {@code overwrite} is
   * set. In CSV and TSV, which have no nested values, maps, lists and structs are JSON text.
   *
   * @param abstains whether the rows have {@link PredictionColumns#ABSTAINED}
   * @throws UserException when the rows cannot be read
   */
  public static Counts write(
      Dataset<Row> predicted, String path, Format format, boolean overwrite, boolean abstains)
      throws InterruptedException {
    Observation counted = new Observation();
    Dataset<Row> rows =
        predicted.observe(
            counted,
            count(lit(1)).as("rows"),
            count(col(PredictionColumns.PREDICTION)).as("predicted"),
            count(abstains ? when(col(PredictionColumns.ABSTAINED), 1) : lit(null))
                .as("abstained"));
    write(path, format, overwrite, rows);
    Map<String, Object> counts = counted.getAsJava();
    long total = (Long) counts.get("rows");
    long abstained = (Long) counts.get("abstained");
    return new Counts(total, total - abstained - (Long) counts.get("predicted"), abstained, format);
  }

  /** Rows that were written to a folder; of CSV and TSV, as {@link DatasetReader} has them. */
  public static Dataset<Row> read(SparkSession spark, String path, Format format) {
    return switch (format) {
      case PARQUET -> spark.read().parquet(path);
      case JSON -> spark.read().json(path);
      case CSV, TSV ->
          DatasetReader.read(spark, path, DataFormat.of("csv")).drop(DatasetReader.MALFORMED);
    };
  }

  /**
   * Writes any rows in the way of predicted ones.
   *
   * @throws UserException when the rows cannot be read
   */
  public static void write(String path, Format format, boolean overwrite, Dataset<Row> rows) {
    DataFrameWriter<Row> writer =
        (format.isSeparated() ? flat(rows) : rows)
            .write()
            .mode(overwrite ? "overwrite" : "errorifexists");
    try {
      switch (format) {
        case CSV, TSV -> csv(writer.option("sep", format.separator), path);
        case JSON -> writer.option("ignoreNullFields", false).json(path);
        case PARQUET -> writer.parquet(path);
      }
    } catch (Exception e) { // Spark's checked exceptions are not declared in Java
      throw DatasetReader.readFailure(e);
    }
  }

  /**
   * Rows for a spreadsheet: texts and column names that it would take for a formula start with an
   * apostrophe, which makes them texts (OWASP, CSV injection). Numbers stay numbers; nested values
   * are JSON, which starts with a bracket.
   */
  public static Dataset<Row> withoutFormulas(Dataset<Row> rows) {
    Column[] columns =
        Arrays.stream(rows.schema().fields())
            .map(
                field -> {
                  Column column = TextColumns.named(field.name());
                  Column formula = column.rlike(FORMULA).and(not(column.rlike(NUMBER)));
                  return (field.dataType() instanceof StringType
                          ? when(formula, concat(lit("'"), column)).otherwise(column)
                          : column)
                      .as(isFormula(field.name()) ? "'" + field.name() : field.name());
                })
            .toArray(Column[]::new);
    return rows.select(columns);
  }

  private static boolean isFormula(String name) {
    return Pattern.compile(FORMULA).matcher(name).find() && !name.matches(NUMBER);
  }

  private static void csv(DataFrameWriter<Row> writer, String path) {
    writer
        .option("header", true)
        .option("quote", "\"")
        .option("escape", "\"")
        // Spark would trim texts otherwise.
        .option("ignoreLeadingWhiteSpace", false)
        .option("ignoreTrailingWhiteSpace", false)
        .csv(path);
  }

  private static Dataset<Row> flat(Dataset<Row> rows) {
    Column[] columns =
        Arrays.stream(rows.schema().fields()).map(PredictionWriter::flat).toArray(Column[]::new);
    return rows.select(columns);
  }

  private static Column flat(StructField field) {
    Column column = TextColumns.named(field.name());
    boolean nested =
        field.dataType() instanceof MapType
            || field.dataType() instanceof ArrayType
            || field.dataType() instanceof StructType;
    return nested ? to_json(column).as(field.name()) : column;
  }
}
