package io.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.array_position;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode_outer;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.sparkfinetune.UserException;
import io.sparkfinetune.data.LabelIndex;
import io.sparkfinetune.data.Split;
import io.sparkfinetune.data.StratifiedSplit;
import io.sparkfinetune.tokenize.DatasetTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The examples of one fit, tokenised and cached until they are closed.
 *
 * <p>Read once: the labelled texts are cached, counted, and from them the token ids are made and
 * cached in turn.
 */
final class TrainingExamples implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingExamples.class);

  private static final String TEXT = "text";
  private static final String LABEL = "label";
  private static final String SPLIT = "split";
  private static final String REASON = "reason";

  /** A key of the metadata that Spark NLP's classifiers write. */
  private static final String RESERVED = "sentence";

  private final List<Dataset<Row>> cached = new ArrayList<>();
  private final boolean validated;
  private LabelIndex labels;
  private Dataset<Row> tokenized;
  private long truncated;

  private TrainingExamples(boolean validated) {
    this.validated = validated;
  }

  /**
   * Takes the examples of a data set: checks them, indexes their labels and tokenises them.
   *
   * @param share of each class to hold out when no column marks the rows to validate on
   * @throws UserException when columns are missing or the examples cannot be trained on
   */
  static TrainingExamples of(
      Dataset<?> dataset,
      TrainingColumns columns,
      double share,
      long seed,
      String tokenizerJson,
      int maxLength) {
    columns.check(dataset.schema());
    boolean validated = columns.validationIndicator().isPresent() || share > 0;
    TrainingExamples examples = new TrainingExamples(validated);
    try {
      Dataset<Row> texts = examples.cache(split(labelledTexts(dataset, columns), share, seed));
      examples.index(texts);
      examples.tokenize(texts, tokenizerJson, maxLength);
      return examples;
    } catch (RuntimeException | Error e) {
      examples.close();
      throw e;
    }
  }

  /** The labels of the training examples, in sorted order. */
  LabelIndex labels() {
    return labels;
  }

  /** Columns {@code input_ids} and {@code label}. */
  Dataset<Row> train() {
    return tokenized.where(col(SPLIT).equalTo(Split.TRAIN)).drop(SPLIT);
  }

  /** The same columns; empty when nothing was asked to be validated on. */
  Optional<Dataset<Row>> validation() {
    return validated
        ? Optional.of(tokenized.where(col(SPLIT).equalTo(Split.VALIDATION)).drop(SPLIT))
        : Optional.empty();
  }

  /** How many examples were cut to {@code max_length}. */
  long truncated() {
    return truncated;
  }

  @Override
  public void close() {
    cached.forEach(Dataset::unpersist);
  }

  private Dataset<Row> cache(Dataset<Row> dataset) {
    Dataset<Row> persisted = dataset.persist(StorageLevel.MEMORY_AND_DISK());
    cached.add(persisted);
    return persisted;
  }

  /** One row a document; a row without documents stays, without text, so that it is counted. */
  private static Dataset<Row> labelledTexts(Dataset<?> dataset, TrainingColumns columns) {
    Column indicator =
        columns.validationIndicator().map(TrainingExamples::column).orElse(lit(false));
    return dataset
        .select(
            explode_outer(column(columns.document())).as("document"),
            column(columns.label()).cast("string").as(LABEL),
            when(indicator, Split.VALIDATION).otherwise(Split.TRAIN).as(SPLIT))
        .select(col("document.result").as(TEXT), col(LABEL), col(SPLIT))
        .withColumn(
            REASON,
            when(blank(col(TEXT)), "without text").when(blank(col(LABEL)), "without a label"));
  }

  /** Holds out a share of each class as {@code data} does it, whatever the partitions. */
  private static Dataset<Row> split(Dataset<Row> texts, double share, long seed) {
    return share == 0
        ? texts
        : StratifiedSplit.holdOut(StratifiedSplit.compareTexts(texts, seed), share, 0)
            .select(TEXT, LABEL, SPLIT, REASON);
  }

  private void index(Dataset<Row> texts) {
    Map<String, Long> setAside = new TreeMap<>();
    Map<String, Long> train = new TreeMap<>();
    Map<String, Long> validation = new TreeMap<>();
    for (Row row : texts.groupBy(REASON, LABEL, SPLIT).count().collectAsList()) {
      if (!row.isNullAt(0)) {
        setAside.merge(row.getString(0), row.getLong(3), Long::sum);
      } else {
        (row.getString(2).equals(Split.TRAIN) ? train : validation)
            .put(row.getString(1), row.getLong(3));
      }
    }
    LOG.info("{} training and {} validation examples", total(train), total(validation));
    setAside.forEach((reason, n) -> LOG.warn("set aside: {} examples {}", n, reason));
    checkClasses(train, validation, setAside);
    labels = LabelIndex.of(train.keySet());
  }

  private void checkClasses(
      Map<String, Long> train, Map<String, Long> validation, Map<String, Long> setAside) {
    String aside = setAside.isEmpty() ? "" : "; set aside: " + setAside;
    if (train.size() < 2) {
      throw new UserException(
          String.format(
              "cannot train on %d examples of %s: expected at least two classes%s",
              total(train),
              train.isEmpty() ? "no class" : "one class, " + train.keySet().iterator().next(),
              aside));
    }
    if (validated && validation.isEmpty()) {
      throw new UserException(
          "no example to validate on: mark rows in validationIndicatorCol, or choose a"
              + " validation_split that holds out at least one example of a class (the largest has "
              + train.values().stream().max(Long::compare).orElseThrow()
              + ")"
              + aside);
    }
    if (train.containsKey(RESERVED)) {
      throw new UserException(
          "the label '"
              + RESERVED
              + "' cannot be used: an annotation's metadata holds the document's position under that"
              + " name, beside the labels' probabilities. Rename it");
    }
    Map<String, Long> unseen = new TreeMap<>(validation);
    unseen.keySet().removeAll(train.keySet());
    if (!unseen.isEmpty()) {
      throw new UserException(
          "validation examples have labels that no training example has (label=examples): "
              + unseen
              + "; add training examples of them, or leave those rows out");
    }
  }

  private void tokenize(Dataset<Row> texts, String tokenizerJson, int maxLength) {
    Column index = array_position(lit(labels.names().toArray(String[]::new)), col(LABEL));
    Dataset<Row> usable =
        texts
            .where(col(REASON).isNull())
            .select(col(TEXT), index.minus(1).cast("int").as(LABEL), col(SPLIT));
    Dataset<Row> encoded =
        cache(DatasetTokenizer.tokenize(usable, TEXT, tokenizerJson, maxLength).drop(TEXT));
    truncated = encoded.where(col("truncated")).count();
    if (truncated > 0) {
      LOG.warn("truncated: {} examples to max_length={} tokens", truncated, maxLength);
    }
    tokenized = encoded.drop("truncated");
  }

  private static Column blank(Column text) {
    return text.isNull().or(text.rlike("\\S").equalTo(false));
  }

  /** A column by its exact name, dots and all. */
  private static Column column(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  private static long total(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
