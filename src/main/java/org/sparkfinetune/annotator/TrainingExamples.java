package org.sparkfinetune.annotator;

import static org.apache.spark.sql.functions.array_position;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode_outer;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.posexplode_outer;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.zip_with;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.storage.StorageLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.LabelCheck;
import org.sparkfinetune.data.LabelColumn;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.data.Split;
import org.sparkfinetune.data.StratifiedSplit;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.tokenize.DatasetTokenizer;

/**
 * The examples of a data set, tokenised and cached until they are closed.
 *
 * <p>Read once: the labelled texts are cached, counted, and from them the token ids are made and
 * cached in turn.
 */
final class TrainingExamples implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingExamples.class);

  private static final String TEXT = "text";
  private static final String TEXT_PAIR = StratifiedSplit.TEXT_PAIR;
  private static final String LABELS = "labels";
  private static final String FAULT = "fault";
  private static final String UNEQUAL = "unequal";
  private static final String SPLIT = "split";
  private static final String REASON = "reason";

  private static final int LABELS_SHOWN = 10;

  /** A key of the metadata that Spark NLP's classifiers write. */
  private static final String RESERVED = "sentence";

  private final List<Dataset<Row>> cached = new ArrayList<>();
  private final boolean validated;
  private final boolean pairs;
  private LabelIndex labels;
  private Dataset<Row> tokenized;
  private long truncated;
  private UnknownTokens unknown;
  private long trainRows;
  private long validationRows;

  private TrainingExamples(boolean validated, boolean pairs) {
    this.validated = validated;
    this.pairs = pairs;
  }

  /**
   * Takes the examples of a data set: checks them, indexes their labels and tokenises them.
   *
   * @param share of each class, or label, to hold out when no column marks the rows to validate on
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
    TrainingExamples examples = new TrainingExamples(validated, columns.documents().size() == 2);
    try {
      Dataset<Row> texts =
          examples.cache(split(labeledTexts(dataset, columns), columns, share, seed));
      examples.index(texts, columns, dataset.schema().apply(columns.label()));
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

  /** Columns {@code input_ids}, {@code second_segment_start} and {@code labels} (indices). */
  Dataset<Row> train() {
    return tokenized.where(col(SPLIT).equalTo(Split.TRAIN)).drop(SPLIT);
  }

  /** The same columns; empty when nothing was asked to be validated on. */
  Optional<Dataset<Row>> validation() {
    return validated
        ? Optional.of(tokenized.where(col(SPLIT).equalTo(Split.VALIDATION)).drop(SPLIT))
        : Optional.empty();
  }

  /** How many examples are trained on. */
  long trainRows() {
    return trainRows;
  }

  /** How many examples are validated on. */
  long validationRows() {
    return validationRows;
  }

  /** How many examples were cut to {@code max_length}. */
  long truncated() {
    return truncated;
  }

  /** How many of their tokens the tokenizer does not know. */
  UnknownTokens unknown() {
    return unknown;
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

  /**
   * One row a document, or a pair of documents; a row without documents stays, without text, so
   * that it is counted.
   */
  private static Dataset<Row> labeledTexts(Dataset<?> dataset, TrainingColumns columns) {
    Column indicator = columns.validationIndicator().map(TextColumns::named).orElse(lit(false));
    Column first = TextColumns.named(columns.documents().get(0)).getField("result");
    boolean pairs = columns.documents().size() == 2;
    Column second =
        pairs ? TextColumns.named(columns.documents().get(1)).getField("result") : first;
    Column unequal = coalesce(size(first).notEqual(size(second)), lit(false));
    Column texts = zip_with(first, second, (a, b) -> struct(a.as(TEXT), b.as(TEXT_PAIR)));
    LabelColumn label =
        LabelColumn.of(
            TextColumns.named(columns.label()),
            columns.labelType(dataset.schema()),
            columns.problemType().isMultiLabel(),
            columns.labelSeparator());
    Dataset<Row> examples =
        dataset
            .select(
                explode_outer(when(not(unequal), texts)).as("texts"),
                label.labels().as(LABELS),
                label.fault().as(FAULT),
                when(indicator, Split.VALIDATION).otherwise(Split.TRAIN).as(SPLIT),
                unequal.as(UNEQUAL))
            .select(col("texts.*"), col(LABELS), col(FAULT), col(SPLIT), col(UNEQUAL))
            .withColumn(
                REASON,
                when(col(UNEQUAL), "of unequal numbers of first and second documents")
                    .when(TextColumns.isBlank(col(TEXT)), "without text")
                    .when(TextColumns.isBlank(col(TEXT_PAIR)), "without a second text")
                    .when(col(LABELS).isNull(), "without a label")
                    .otherwise(col(FAULT)))
            .drop(UNEQUAL, FAULT);
    return pairs ? examples : examples.drop(TEXT_PAIR);
  }

  /** Holds out a share of each class as {@code data} does it, whatever the partitions. */
  private static Dataset<Row> split(
      Dataset<Row> texts, TrainingColumns columns, double share, long seed) {
    if (share == 0) {
      return texts;
    }
    Dataset<Row> compared = StratifiedSplit.compareTexts(texts, seed);
    Dataset<Row> split =
        columns.problemType().isMultiLabel()
            ? StratifiedSplit.holdOutSets(compared, share, 0)
            : StratifiedSplit.holdOut(compared, share, 0);
    return split.select(
        Arrays.stream(texts.columns()).map(name -> col(name)).toArray(Column[]::new));
  }

  private void index(Dataset<Row> texts, TrainingColumns columns, StructField label) {
    Map<String, Long> setAside = new TreeMap<>();
    Map<String, Long> train = new TreeMap<>();
    Map<String, Long> validation = new TreeMap<>();
    Map<String, Long> examples = new TreeMap<>();
    boolean several = label.dataType() instanceof ArrayType;
    for (Row row : countByLabel(texts)) {
      boolean inTrain = row.getString(2).equals(Split.TRAIN);
      if (!row.isNullAt(0)) {
        setAside.merge(row.getString(0), row.getLong(4), Long::sum);
        continue;
      }
      examples.merge(row.getString(2), row.getLong(4), Long::sum);
      if (!row.isNullAt(1)) {
        (inTrain ? train : validation).put(row.getString(1), row.getLong(3));
        several |= row.getLong(3) > row.getLong(4);
      }
    }
    setAside.values().removeIf(count -> count == 0);
    trainRows = examples.getOrDefault(Split.TRAIN, 0L);
    validationRows = examples.getOrDefault(Split.VALIDATION, 0L);
    LOG.info("{} training and {} validation examples", trainRows, validationRows);
    setAside.forEach((reason, n) -> LOG.warn("set aside: {} examples {}", n, reason));
    checkLabels(setAside);
    if (!LabelCheck.isReported(label)) {
      LabelCheck check =
          new LabelCheck(
              train, columns.problemType().isMultiLabel(), columns.labelSeparator(), several);
      check.refuseSetsAsClasses("label_separator", "problem_type");
      check.warnings("label_separator", "problem_type").forEach(LOG::warn);
    }
    checkClasses(train, validation, examples, setAside);
    labels = LabelIndex.of(train.keySet());
  }

  /**
   * Counts by reason, label and split: the examples that have the label, and those of them that are
   * counted there so that each is counted once.
   */
  private static List<Row> countByLabel(Dataset<Row> texts) {
    Column once = coalesce(col("position"), lit(0)).equalTo(0);
    return texts
        .select(
            col(REASON),
            col(SPLIT),
            posexplode_outer(col(LABELS)).as(new String[] {"position", "label"}))
        .groupBy(REASON, "label", SPLIT)
        .agg(count(col("label")), sum(once.cast("long")))
        .collectAsList();
  }

  /** Refuses, as package data does, labels that cannot be what was meant. */
  private static void checkLabels(Map<String, Long> setAside) {
    for (RejectReason reason : RejectReason.values()) {
      if (reason.stopsTraining() && setAside.containsKey(reason.code())) {
        throw new UserException(
            String.format(
                "cannot train: %s: %d examples; %s",
                reason.words(), setAside.get(reason.code()), reason.meaning()));
      }
    }
  }

  private void checkClasses(
      Map<String, Long> train,
      Map<String, Long> validation,
      Map<String, Long> examples,
      Map<String, Long> setAside) {
    String aside = setAside.isEmpty() ? "" : "; set aside: " + setAside;
    if (train.size() < 2) {
      throw new UserException(
          String.format(
              "cannot train on %d examples of %s: expected at least two classes%s",
              examples.getOrDefault(Split.TRAIN, 0L),
              train.isEmpty() ? "no class" : "one class, " + train.keySet().iterator().next(),
              aside));
    }
    if (validated && !examples.containsKey(Split.VALIDATION)) {
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
              + "; training has "
              + train.keySet().stream().limit(LABELS_SHOWN).toList()
              + (train.size() > LABELS_SHOWN ? " and others" : "")
              + "; spell them alike, add training examples of them, or leave those rows out");
    }
  }

  private void tokenize(Dataset<Row> texts, String tokenizerJson, int maxLength) {
    Column names = lit(labels.names().toArray(String[]::new));
    Column indices =
        transform(col(LABELS), label -> array_position(names, label).minus(1).cast("int"));
    Dataset<Row> usable =
        texts.where(col(REASON).isNull()).drop(REASON).withColumn(LABELS, indices);
    Optional<String> pair = pairs ? Optional.of(TEXT_PAIR) : Optional.empty();
    Dataset<Row> encoded =
        cache(
            DatasetTokenizer.tokenize(usable, TEXT, pair, tokenizerJson, maxLength)
                .drop(TEXT, TEXT_PAIR));
    Row counts =
        encoded
            .agg(
                sum(col(DatasetTokenizer.TRUNCATED).cast("long")),
                sum(col(DatasetTokenizer.UNKNOWN_TOKENS)),
                sum(size(col(DatasetTokenizer.INPUT_IDS))))
            .first();
    truncated = counts.getLong(0);
    if (truncated > 0) {
      LOG.warn("truncated: {} examples to max_length={} tokens", truncated, maxLength);
    }
    unknown = new UnknownTokens(counts.getLong(1), counts.getLong(2));
    unknown.warning().ifPresent(LOG::warn);
    tokenized = encoded.drop(DatasetTokenizer.TRUNCATED, DatasetTokenizer.UNKNOWN_TOKENS);
  }
}
