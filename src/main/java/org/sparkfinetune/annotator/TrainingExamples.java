package org.sparkfinetune.annotator;

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
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.zip_with;

import java.util.ArrayList;
import java.util.EnumMap;
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
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.LabelCheck;
import org.sparkfinetune.data.LabelColumn;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.data.RejectReason;
import org.sparkfinetune.data.StratifiedSplit;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.tokenize.DatasetTokenizer;

/**
 * The examples of a data set, checked and tokenized. Their tokens are cached until they are closed;
 * their texts are not.
 *
 * <p>The data set is read once: one Spark job tokenizes, caches the tokens and counts the labels.
 */
final class TrainingExamples implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingExamples.class);

  private static final String TEXT = ExampleColumns.TEXT;
  private static final String TEXT_PAIR = ExampleColumns.TEXT_PAIR;
  private static final String IS_VALIDATION = ExampleColumns.IS_VALIDATION;
  private static final String FOLD = ExampleColumns.FOLD;
  private static final String WEIGHT = ExampleColumns.WEIGHT;
  private static final String LABELS = "labels";
  private static final String FAULT = "fault";
  private static final String WEIGHT_FAULT = "weight_fault";
  private static final String UNEQUAL = "unequal";
  private static final String REASON = "reason";

  private static final int LABELS_SHOWN = 10;

  /** A key of the metadata that Spark NLP's classifiers write. */
  private static final String RESERVED = "sentence";

  private final Dataset<Row> encoded;
  private final boolean validated;
  private final boolean weighted;
  private LabelIndex labels;
  private long truncated;
  private UnknownTokens unknown;
  private long trainRows;
  private long validationRows;

  private TrainingExamples(Dataset<Row> encoded, boolean validated, boolean weighted) {
    this.encoded = encoded;
    this.validated = validated;
    this.weighted = weighted;
  }

  /**
   * Takes the examples of a data set: tokenizes them, checks them and indexes their labels.
   *
   * @param share of each class, or label, to hold out when no column marks the rows to validate on
   * @param folds whether the column {@link ExampleColumns#FOLD} says which fold each row is in
   * @throws UserException when columns are missing or the examples cannot be trained on
   */
  static TrainingExamples of(
      Dataset<?> dataset,
      TrainingColumns columns,
      double share,
      long seed,
      String tokenizerJson,
      int maxLength,
      boolean folds) {
    columns.check(dataset.schema());
    Dataset<Row> texts = labeledTexts(dataset, columns, folds ? col(FOLD) : lit(0));
    if (share > 0) {
      texts =
          StratifiedSplit.markValidation(
              texts.drop(IS_VALIDATION), share, columns.problemType(), seed);
    }
    boolean pairs = columns.documents().size() == 2;
    Dataset<Row> encoded = tokenized(texts, pairs, tokenizerJson, maxLength);
    TrainingExamples examples =
        new TrainingExamples(
            encoded.persist(StorageLevel.MEMORY_AND_DISK()),
            columns.validationIndicator().isPresent() || share > 0,
            columns.weight().isPresent());
    try {
      examples.index(columns, dataset.schema().apply(columns.label()), maxLength);
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

  /**
   * Columns {@code input_ids}, {@code second_segment_start}, {@code labels} (indices), {@code
   * is_validation} and, if there is a column of weights, {@code weight}, as {@link
   * DistributedTrainer#train} takes them.
   */
  Dataset<Row> rows() {
    return rows(col(REASON).isNull());
  }

  /** Those of the {@link #rows} that are not in a fold. */
  Dataset<Row> rowsWithout(int fold) {
    return rows(col(REASON).isNull().and(col(FOLD).notEqual(fold)));
  }

  private Dataset<Row> rows(Column which) {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                col(DatasetTokenizer.INPUT_IDS),
                col(DatasetTokenizer.SECOND_SEGMENT_START),
                labels.indicesOf(col(LABELS)).as(LABELS),
                col(IS_VALIDATION)));
    if (weighted) {
      columns.add(col(WEIGHT));
    }
    return encoded.where(which).select(columns.toArray(Column[]::new));
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
    encoded.unpersist();
  }

  /**
   * One row a document, or a pair of documents; a row without documents stays, without text, so
   * that it is counted.
   */
  private static Dataset<Row> labeledTexts(
      Dataset<?> dataset, TrainingColumns columns, Column fold) {
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
            columns.problemType(),
            columns.labelSeparator());
    Column isValidation = coalesce(indicator, lit(false));
    Optional<Column> weight = columns.weight().map(TextColumns::named);
    Column weightFault =
        weight
            .map(column -> when(not(isValidation), RejectReason.ofWeight(column)))
            .orElse(lit(null).cast("string"));
    Dataset<Row> examples =
        dataset
            .select(
                explode_outer(when(not(unequal), texts)).as("texts"),
                label.labels().as(LABELS),
                label.fault().as(FAULT),
                weight.orElse(lit(1)).cast("float").as(WEIGHT),
                weightFault.as(WEIGHT_FAULT),
                isValidation.as(IS_VALIDATION),
                fold.as(FOLD),
                unequal.as(UNEQUAL))
            .select(
                col("texts.*"),
                col(LABELS),
                col(FAULT),
                col(WEIGHT),
                col(WEIGHT_FAULT),
                col(IS_VALIDATION),
                col(FOLD),
                col(UNEQUAL))
            .withColumn(
                REASON,
                when(col(UNEQUAL), RejectReason.UNPAIRED_DOCUMENTS.code())
                    .otherwise(
                        coalesce(
                            RejectReason.of(
                                col(TEXT),
                                pairs ? Optional.of(col(TEXT_PAIR)) : Optional.empty(),
                                col(LABELS),
                                col(FAULT)),
                            col(WEIGHT_FAULT))))
            .drop(UNEQUAL, FAULT, WEIGHT_FAULT);
    if (weight.isEmpty()) {
      examples = examples.drop(WEIGHT);
    }
    return pairs ? examples : examples.drop(TEXT_PAIR);
  }

  /** Tokens in the place of texts; none of rows that cannot be used, which are only counted. */
  private static Dataset<Row> tokenized(
      Dataset<Row> texts, boolean pairs, String tokenizerJson, int maxLength) {
    Optional<String> pair = pairs ? Optional.of(TEXT_PAIR) : Optional.empty();
    Dataset<Row> usable = texts;
    for (String column : pairs ? List.of(TEXT, TEXT_PAIR) : List.of(TEXT)) {
      usable = usable.withColumn(column, when(col(REASON).isNull(), col(column)).otherwise(""));
    }
    return DatasetTokenizer.tokenize(usable, TEXT, pair, tokenizerJson, maxLength)
        .drop(TEXT, TEXT_PAIR);
  }

  private void index(TrainingColumns columns, StructField label, int maxLength) {
    Map<RejectReason, Long> rejected = new EnumMap<>(RejectReason.class);
    Map<String, Long> train = new TreeMap<>();
    Map<String, Long> validation = new TreeMap<>();
    boolean several = label.dataType() instanceof ArrayType;
    long weightless = 0;
    long unknownTokens = 0;
    long tokens = 0;
    for (Row row : countByLabel()) {
      long examples = row.getLong(4);
      if (!row.isNullAt(0)) {
        rejected.merge(RejectReason.of(row.getString(0)), examples, Long::sum);
        continue;
      }
      boolean isValidation = row.getBoolean(2);
      if (isValidation) {
        validationRows += examples;
      } else {
        trainRows += examples;
        weightless += row.getLong(8);
      }
      if (!row.isNullAt(1)) {
        (isValidation ? validation : train).put(row.getString(1), row.getLong(3));
        several |= row.getLong(3) > examples;
      }
      truncated += row.getLong(5);
      unknownTokens += row.getLong(6);
      tokens += row.getLong(7);
    }
    rejected.values().removeIf(count -> count == 0);
    unknown = new UnknownTokens(unknownTokens, tokens);
    LOG.info("{} training and {} validation examples", trainRows, validationRows);
    if (!rejected.isEmpty()) {
      LOG.warn("rejected examples: {}", RejectReason.inWords(rejected));
    }
    checkLabels(rejected);
    Optional<LabelIndex> carried = LabelIndex.carriedBy(label);
    if (carried.isEmpty()) {
      LabelCheck check =
          new LabelCheck(train, columns.problemType(), columns.labelSeparator(), several);
      check.refuseSetsAsClasses("label_separator", "problem_type");
      check.warnings("label_separator", "problem_type").forEach(LOG::warn);
    }
    checkClasses(train, validation, rejected);
    labels =
        carried
            .filter(index -> train.keySet().containsAll(index.names()))
            .orElseGet(() -> LabelIndex.of(train.keySet()));
    checkWeights(weightless);
    if (truncated > 0) {
      LOG.warn("truncated: {} examples to max_length={} tokens", truncated, maxLength);
    }
    unknown.warning().ifPresent(LOG::warn);
  }

  /**
   * Counts by reason, label and whether they are validated on: the examples that have the label,
   * those of them that are counted there so that each is counted once, and of these how many are
   * truncated, their unknown tokens, all their tokens, and how many have the weight 0.
   */
  private List<Row> countByLabel() {
    Column once = coalesce(col("position"), lit(0)).equalTo(0);
    return encoded
        .select(
            col(REASON),
            col(IS_VALIDATION),
            col(DatasetTokenizer.TRUNCATED).cast("long").as("truncated"),
            col(DatasetTokenizer.UNKNOWN_TOKENS).cast("long").as("unknown"),
            size(col(DatasetTokenizer.INPUT_IDS)).cast("long").as("tokens"),
            (weighted ? col(WEIGHT).equalTo(0).cast("long") : lit(0L)).as("weightless"),
            posexplode_outer(col(LABELS)).as(new String[] {"position", "label"}))
        .groupBy(REASON, "label", IS_VALIDATION)
        .agg(
            count(col("label")),
            sum(once.cast("long")),
            sum(when(once, col("truncated")).otherwise(0L)),
            sum(when(once, col("unknown")).otherwise(0L)),
            sum(when(once, col("tokens")).otherwise(0L)),
            sum(when(once, col("weightless")).otherwise(0L)))
        .collectAsList();
  }

  /** Refuses, as package data does, labels that cannot be what was meant. */
  private static void checkLabels(Map<RejectReason, Long> rejected) {
    for (RejectReason reason : RejectReason.values()) {
      if (reason.stopsTraining() && rejected.containsKey(reason)) {
        throw new UserException(
            String.format(
                "cannot train: %s: %d examples; %s",
                reason.words(), rejected.get(reason), reason.meaning()));
      }
    }
  }

  private void checkWeights(long weightless) {
    if (weightless > 0 && weightless == trainRows) {
      throw new UserException(
          String.format(
              "cannot train: the weight of all %d training examples is 0 (weightCol,"
                  + " data.weight_column): expected one above 0, or no column of weights",
              trainRows));
    }
    if (weightless > 0) {
      LOG.info("{} training examples have the weight 0: they do not count", weightless);
    }
  }

  private void checkClasses(
      Map<String, Long> train, Map<String, Long> validation, Map<RejectReason, Long> rejected) {
    String andRejected = rejected.isEmpty() ? "" : "; rejected: " + RejectReason.inWords(rejected);
    if (train.size() < 2) {
      throw new UserException(
          String.format(
              "cannot train on %d examples of %s: expected at least two classes%s",
              trainRows,
              train.isEmpty() ? "no class" : "one class, " + train.keySet().iterator().next(),
              andRejected));
    }
    if (validated && validationRows == 0) {
      throw new UserException(
          "no example to validate on: mark rows in validationIndicatorCol, or choose a"
              + " validation_split that holds out at least one example of a class (the largest has "
              + train.values().stream().max(Long::compare).orElseThrow()
              + ")"
              + andRejected);
    }
    if (train.containsKey(RESERVED)) {
      throw new UserException(
          "the label '"
              + RESERVED
              + "' cannot be used: an annotation's metadata holds the document's position under"
              + " that name, beside the labels' probabilities. Rename it");
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
}
