package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.monotonically_increasing_id;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.RejectCounts;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.LikelyWords;
import org.sparkfinetune.pipeline.NeighborColumns;
import scala.collection.JavaConverters;

/** The training rows that rows are explained by. */
final class ExplanationNeighbors implements AutoCloseable {
  private static final String REASON = "reason";
  private static final String AT = "at";

  /** Of each label; of two labels they are tried at eight places of a text. */
  private static final int LIKELY_WORDS = 10;

  private final ClassifierPipeline pipeline;
  private final Dataset<Row> training;
  private final long rows;
  private final int most;
  private final List<Dataset<Row>> cached = new ArrayList<>();

  private ExplanationNeighbors(
      ClassifierPipeline pipeline, Dataset<Row> training, long rows, int most) {
    this.pipeline = pipeline;
    this.training = training;
    this.rows = rows;
    this.most = most;
  }

  /**
   * Reads them, and says which cannot be used.
   *
   * @return empty where none are asked for
   * @throws UserException when they cannot be read, or none can be used
   */
  static Optional<ExplanationNeighbors> read(
      RunOptions options,
      DataArguments data,
      ExplanationArguments arguments,
      ClassifierPipeline pipeline) {
    if (arguments.neighbors().isEmpty()) {
      return Optional.empty();
    }
    String key = "explain.neighbors=" + RunOptions.shown(arguments.neighbors());
    Dataset<Row> read =
        DatasetPreparation.readLabeled(
            options.spark(),
            key,
            arguments.neighbors(),
            data,
            pipeline.problemType(),
            warning -> options.console().line("warning: %s", warning));
    RejectCounts counts = counts(read);
    Map<RejectReason, Long> rejected = counts.rejected();
    long usable = counts.usable();
    if (usable == 0) {
      throw new UserException(
          "%s: no row can be a neighbor%s: expected rows with a text and a label"
              .formatted(
                  key, rejected.isEmpty() ? "" : " (" + RejectReason.inWords(rejected) + ")"));
    }
    if (!rejected.isEmpty()) {
      options
          .console()
          .line("warning: %s: rows that are not used: %s", key, RejectReason.inWords(rejected));
    }
    return Optional.of(
        new ExplanationNeighbors(
            pipeline, read.where(col(REASON).isNull()), usable, arguments.nNeighbors()));
  }

  private static RejectCounts counts(Dataset<Row> read) {
    try {
      // Spark does not read the column of malformed rows alone.
      return RejectCounts.of(read.select(REASON, ExampleColumns.TEXT), REASON);
    } catch (RuntimeException e) {
      throw DatasetReader.readFailure(e);
    }
  }

  /** The words that rows of each of the model's labels are likely to hold, by label. */
  Map<String, List<String>> likelyWords() {
    return LikelyWords.of(training, pipeline.labels(), LIKELY_WORDS);
  }

  /** How many there are. */
  long rows() {
    return rows;
  }

  /**
   * Rows in their order and as many parts, with {@link NeighborColumns#NEIGHBORS}; good until this
   * is closed.
   *
   * @param explained columns as {@link ExampleColumns} has texts, and any others
   */
  Dataset<Row> beside(Dataset<Row> explained) {
    Dataset<Row> found = NeighborColumns.of(pipeline, explained, training, most);
    cached.add(found);
    List<String> texts =
        List.of(found.columns()).stream()
            .filter(name -> !name.equals(NeighborColumns.NEIGHBORS))
            .toList();
    int parts = explained.rdd().getNumPartitions();
    Column at = col(AT);
    Dataset<Row> beside =
        explained
            .withColumn(AT, monotonically_increasing_id())
            .join(found, JavaConverters.asScalaBuffer(texts).toSeq(), "left")
            .repartitionByRange(parts, at)
            .sortWithinPartitions(at)
            .drop(AT)
            .persist(StorageLevel.MEMORY_AND_DISK());
    cached.add(beside);
    return beside;
  }

  @Override
  public void close() {
    cached.forEach(Dataset::unpersist);
  }
}
