package org.sparkfinetune.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.OneLine;

/**
 * The names that Parquet files of Hugging Face datasets give to the numbers in a column: their
 * feature {@code ClassLabel}, of the column or of the elements of its lists, in the metadata {@code
 * huggingface}.
 *
 * @param names by number, from 0 on
 * @param files how many files there are
 * @param looked how many of them were looked at
 */
record ClassLabels(List<String> names, int files, int looked) {
  /** Hugging Face splits data sets into files of 500 MB: these are 500 GB. */
  static final int MAX_FILES = 1000;

  private static final String KEY = "huggingface";
  private static final int AT_ONCE = 16;
  private static final int NAMES_SHOWN = 8;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Keeps a copy. */
  ClassLabels {
    names = List.copyOf(names);
  }

  /** The names that a source's files give to its label column; empty when they give none. */
  static Optional<ClassLabels> of(
      SparkSession session, DataSource source, Dataset<Row> rows, StructField label) {
    DataType type =
        label.dataType() instanceof ArrayType array ? array.elementType() : label.dataType();
    // What a view makes of a file's columns may be something else.
    boolean asStored =
        source.isOf("parquet") || source.isOf("table") && isStored(session, source.name());
    return asStored && type instanceof NumericType
        ? of(rows.inputFiles(), label.name(), session.sessionState().newHadoopConf())
        : Optional.empty();
  }

  private static boolean isStored(SparkSession session, String table) {
    try {
      return List.of("MANAGED", "EXTERNAL").contains(session.catalog().getTable(table).tableType());
    } catch (AnalysisException e) {
      return false; // of a catalog that does not say so
    }
  }

  /**
   * The names that the files give to a column's numbers; empty when they give none.
   *
   * @param files Parquet files, as Spark lists those that it reads; the first {@link #MAX_FILES}
   *     are looked at
   * @throws UserException when two files differ in it, or one says what makes no sense
   */
  static Optional<ClassLabels> of(String[] files, String column, Configuration hadoop) {
    List<Path> paths =
        Arrays.stream(files).limit(MAX_FILES).map(file -> new Path(URI.create(file))).toList();
    List<Optional<List<String>>> names = names(paths, column, hadoop);
    for (int i = 1; i < paths.size(); i++) {
      if (!names.get(i).equals(names.get(0))) {
        throw new UserException(
            ("the files do not agree in the names of the labels in column %s: in %s they are %s, in"
                    + " %s %s; read them apart, or write them anew with the same names")
                .formatted(
                    column, paths.get(0), shown(names.get(0)), paths.get(i), shown(names.get(i))));
      }
    }
    return paths.isEmpty()
        ? Optional.empty()
        : names.get(0).map(given -> new ClassLabels(given, files.length, paths.size()));
  }

  /** What a user should know of it, as in {@code 0 negative, 1 positive}. */
  String inWords() {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < Math.min(names.size(), NAMES_SHOWN); i++) {
      words.append(i == 0 ? "" : ", ").append(i).append(' ').append(OneLine.of(names.get(i)));
    }
    return words
        + (names.size() > NAMES_SHOWN ? ", ... (" + NumberFormat.thousands(names.size()) + ")" : "")
        + (looked < files
            ? "; of %s files the first %s were looked at"
                .formatted(NumberFormat.thousands(files), NumberFormat.thousands(looked))
            : "");
  }

  private static List<Optional<List<String>>> names(
      List<Path> files, String column, Configuration hadoop) {
    ExecutorService readers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Optional<List<String>>>> asked = new ArrayList<>();
      for (Path file : files) {
        asked.add(readers.submit(() -> names(file, column, hadoop)));
      }
      List<Optional<List<String>>> names = new ArrayList<>();
      for (Future<Optional<List<String>>> answer : asked) {
        names.add(answer.get());
      }
      return names;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof UserException user ? user : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading the footers of files", e);
    } finally {
      readers.shutdownNow();
    }
  }

  private static Optional<List<String>> names(Path file, String column, Configuration hadoop) {
    Optional<String> metadata = ParquetFooter.value(file, KEY, hadoop);
    if (metadata.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode features = MAPPER.readTree(metadata.get()).path("info").path("features");
      JsonNode feature = feature(features, column);
      if (!feature.path("_type").asText().equals("ClassLabel") || !feature.hasNonNull("names")) {
        return Optional.empty();
      }
      return Optional.of(checked(feature.get("names"), file, column));
    } catch (JsonProcessingException e) {
      throw new UserException(
          "%s: its metadata \"%s\", which may name the labels, is no JSON: %s"
              .formatted(file, KEY, OneLine.of(e.getOriginalMessage())),
          e);
    }
  }

  /** The feature of a column's values, of the elements where they are lists. */
  private static JsonNode feature(JsonNode features, String column) {
    JsonNode feature = features.path(column);
    // A list is written as [element], or as Sequence, List or LargeList with a feature.
    return feature.isArray()
        ? feature.path(0)
        : feature.path("feature").isObject() ? feature.get("feature") : feature;
  }

  private static List<String> checked(JsonNode names, Path file, String column) {
    List<String> checked = new ArrayList<>();
    names.forEach(
        name -> checked.add(TextColumns.trimmed(name.isTextual() ? name.textValue() : "")));
    boolean sound =
        names.isArray()
            && checked.stream().noneMatch(String::isEmpty)
            && checked.stream().distinct().count() == checked.size();
    if (!sound) {
      throw new UserException(
          ("%s: its metadata \"%s\" names the labels in column %s %s: expected different names, a"
                  + " string each")
              .formatted(
                  file, KEY, column, names.isArray() ? shown(Optional.of(checked)) : "by no list"));
    }
    return checked;
  }

  private static String shown(Optional<List<String>> names) {
    return names
        .map(
            given ->
                given.stream()
                        .limit(NAMES_SHOWN)
                        .map(OneLine::of)
                        .collect(Collectors.joining(", ", "(", ""))
                    + (given.size() > NAMES_SHOWN ? ", ...)" : ")"))
        .orElse("not named");
  }
}
