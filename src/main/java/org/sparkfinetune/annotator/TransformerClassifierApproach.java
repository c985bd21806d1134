package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.AnnotatorType;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.distributed.PretrainedModelHandle;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.distributed.TrainedModel;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.tokenize.TextTokenizer;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;
import scala.Option;
import scala.runtime.AbstractFunction1;

/**
 * Fine-tunes a transformer on labeled documents: a Spark NLP annotator, DOCUMENT and a label column
 * in, a {@link TransformerClassifierModel} out.
 *
 * <p>With a second input column, rows hold pairs of texts: the first document of the one and the
 * first of the other are an example, and so on.
 *
 * <p>Each document of a row is one example with the row's label, or with {@code problem_type}
 * {@code multi_label_classification} its set of labels (an array of strings or numbers, or a string
 * such as {@code a|b} or {@code ['a', 'b']}; empty is the empty set, null a missing one). Numbers
 * are spelled as in a CSV file, whole ones without a point. Documents without text and rows without
 * a label are rejected and counted in the log. Validation examples, which pick the best epoch's
 * weights, are those that {@link #validationIndicatorCol} marks; without that column, a share
 * {@link #validationSplit} of each class; with neither, the last weights are kept.
 *
 * <p>Labels are indexed in sorted order. The texts are tokenized once, on the executors.
 */
@PublicApi
public final class TransformerClassifierApproach extends TransformerClassifierParams {
  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(TransformerClassifierApproach.class);

  private final Param<String> labelColumn;
  private final Param<String> labelSeparator;
  private final Param<String> validationIndicatorCol;
  private final DoubleParam validationSplit;
  private final Param<String> weightCol;
  private transient Consumer<TrainingProgress> progress = ignored -> {};

  /** Creates an estimator with every default and a uid of its own. */
  public TransformerClassifierApproach() {
    this(Identifiable$.MODULE$.randomUID("TransformerClassifierApproach"));
  }

  /** Creates an estimator with every default. */
  public TransformerClassifierApproach(String uid) {
    super(PendingUid.setAside(uid));
    labelColumn =
        new Param<>(
            this,
            "labelColumn",
            "Column with the label of each row: string, number, boolean or date; multi-label:"
                + " arrays of them, or strings of labels with labelSeparator between them.");
    labelSeparator =
        new Param<>(
            this,
            "labelSeparator",
            "Multi-label: what stands between two labels of a string, as in a|b.",
            new NotEmpty());
    setDefault(labelSeparator, "|");
    validationIndicatorCol =
        new Param<>(
            this,
            "validationIndicatorCol",
            "Boolean column that is true for the rows to validate on; null counts as false.");
    validationSplit =
        new DoubleParam(
            this,
            "validation_split",
            "Share of each class that is held out to validate on, by the seed, when there is no"
                + " validationIndicatorCol; 0 holds out none. Allowed: >= 0 and < 1.",
            ParamValidators.inRange(0, 1, true, false));
    setDefault(validationSplit, 0.0);
    weightCol =
        new Param<>(
            this,
            "weightCol",
            "Numeric column with the weight of each row to train on, 0 or greater: what its loss is"
                + " multiplied by. When not set, all rows count alike.");
  }

  /** The reader of a saved estimator. */
  public static MLReader<TransformerClassifierApproach> read() {
    return new TransformerClassifierApproachReader();
  }

  /** Loads a saved estimator. */
  public static TransformerClassifierApproach load(String path) {
    return new TransformerClassifierApproachReader().load(path);
  }

  @Override
  public String description() {
    return "Fine-tunes a transformer to classify documents";
  }

  @Override
  public String[] inputAnnotatorTypes() {
    return new String[] {AnnotatorType.DOCUMENT()};
  }

  /** A second column of documents makes pairs. */
  @Override
  public String[] optionalInputAnnotatorTypes() {
    return new String[] {AnnotatorType.DOCUMENT()};
  }

  @Override
  public String outputAnnotatorType() {
    return AnnotatorType.CATEGORY();
  }

  @Override
  public TransformerClassifierApproach setInputCols(String[] value) {
    super.setInputCols(value);
    return this;
  }

  /** Column with the label of each row (required). */
  public Param<String> labelColumn() {
    return labelColumn;
  }

  /** Sets {@link #labelColumn}. */
  public TransformerClassifierApproach setLabelColumn(String column) {
    set(labelColumn, column);
    return this;
  }

  /** What stands between two labels of a string, when multi-label. Default {@code |}. */
  public Param<String> labelSeparator() {
    return labelSeparator;
  }

  /** Sets {@link #labelSeparator}. */
  public TransformerClassifierApproach setLabelSeparator(String separator) {
    set(labelSeparator, separator);
    return this;
  }

  /** Boolean column that marks the rows to validate on (not set by default). */
  public Param<String> validationIndicatorCol() {
    return validationIndicatorCol;
  }

  /** Sets {@link #validationIndicatorCol}. */
  public TransformerClassifierApproach setValidationIndicatorCol(String column) {
    set(validationIndicatorCol, column);
    return this;
  }

  /** Share of each class to validate on, when no column marks rows. Default 0. */
  public DoubleParam validationSplit() {
    return validationSplit;
  }

  /** Sets {@link #validationSplit}. */
  public TransformerClassifierApproach setValidationSplit(double share) {
    set(validationSplit, share);
    return this;
  }

  /**
   * Numeric column with the weight of each row to train on (not set by default: all count alike). A
   * step's loss is {@code sum(weight * loss) / sum(weight)}, over all workers; class weights
   * multiply the rows' weights. Rows whose weight is null, NaN, negative or infinite are rejected
   * and counted in the log. Rows to validate on need no weight, and are measured unweighted.
   */
  public Param<String> weightCol() {
    return weightCol;
  }

  /** Sets {@link #weightCol}. */
  public TransformerClassifierApproach setWeightCol(String column) {
    set(weightCol, column);
    return this;
  }

  /**
   * Listens to the training: called on the driver, every few seconds, from a thread of its own. A
   * listener goes with copies but is not saved.
   */
  public TransformerClassifierApproach setProgress(Consumer<TrainingProgress> listener) {
    progress = Objects.requireNonNull(listener);
    return this;
  }

  /** What {@code fit} does: prepare the examples, train on them, let go of them. */
  @Override
  public TransformerClassifierModel train(
      Dataset<?> dataset, Option<PipelineModel> recursivePipeline) {
    try (TokenizedExamples examples =
        prepare(dataset, PretrainedModelHandle.unshared(dataset.sparkSession()))) {
      return train(examples);
    }
  }

  /**
   * Prepares a data set for any number of trainings: checks, reads the base's tokenizer, indexes,
   * tokenizes and caches, once. The caller closes the result.
   *
   * @throws UserException when settings, columns, examples or cluster cannot be trained with
   */
  public TokenizedExamples prepare(Dataset<?> dataset) {
    return prepare(dataset, PretrainedModelHandle.shared(dataset.sparkSession()));
  }

  /**
   * As the other.
   *
   * @param base says whether there is more than one training; closed with the result, or when there
   *     is none
   */
  public TokenizedExamples prepare(Dataset<?> dataset, PretrainedModelHandle base) {
    return prepare(dataset, base, false);
  }

  /**
   * As the other, for a training a fold, which leaves the fold out.
   *
   * @param dataset with a column {@link org.sparkfinetune.data.ExampleColumns#FOLD}, integers
   */
  public TokenizedExamples prepareFolds(Dataset<?> dataset) {
    return prepare(dataset, PretrainedModelHandle.shared(dataset.sparkSession()), true);
  }

  private TokenizedExamples prepare(Dataset<?> dataset, PretrainedModelHandle base, boolean folds) {
    try {
      TrainingColumns columns = columns();
      columns.check(dataset.schema());
      ModelArguments model = modelArguments();
      PretrainedModel pretrained = base.pretrained(model);
      ModelConfig config = ModelConfig.parse(pretrained.config());
      DistributedTrainer.check(
          dataset.sparkSession().sparkContext(),
          config,
          model,
          trainingArguments(),
          resourceArguments());
      try (TextTokenizer opened = TextTokenizer.of(pretrained.tokenizer(), model.maxLength())) {
        config.requireVocabulary(opened.vocabSize());
        pretrained.tokenizerNotes(model.maxLength()).forEach(LOG::warn);
        return TokenizedExamples.of(dataset, shaping(base), opened.vocabSize(), base, folds);
      }
    } catch (RuntimeException | Error e) {
      base.close();
      throw e;
    }
  }

  /**
   * Fits on examples that are prepared already. Approaches with other settings of the model, the
   * training and the resources may do so at once, from several threads: each trains by Spark jobs
   * of its thread's job group.
   *
   * @throws UserException when a setting differs that has shaped the examples, or cannot be trained
   *     with
   */
  public TransformerClassifierModel fit(TokenizedExamples examples) {
    return copyValues(train(examples).setParent(this), ParamMap.empty());
  }

  /** As the other, of examples that {@link #prepareFolds} has prepared, without those of a fold. */
  public TransformerClassifierModel fitWithout(int fold, TokenizedExamples examples) {
    return copyValues(
        train(examples, of -> of.rowsWithout(fold)).setParent(this), ParamMap.empty());
  }

  private TransformerClassifierModel train(TokenizedExamples prepared) {
    return train(prepared, TrainingExamples::rows);
  }

  private TransformerClassifierModel train(
      TokenizedExamples prepared, Function<TrainingExamples, Dataset<Row>> rows) {
    TrainingExamples examples = prepared.shapedBy(shaping(prepared.base()));
    ModelArguments model = modelArguments();
    TrainingArguments training = trainingArguments();
    ResourceArguments resources = resourceArguments();
    Dataset<Row> trained = rows.apply(examples);
    SparkSession session = trained.sparkSession();
    ModelConfig config = ModelConfig.parse(prepared.base().pretrained(model).config());
    config.requireVocabulary(prepared.vocabSize());
    DistributedTrainer.check(session.sparkContext(), config, model, training, resources);
    TrainedModel result =
        DistributedTrainer.train(
            trained,
            examples.labels().names(),
            prepared.base(),
            model,
            training,
            resources,
            progress);
    // fit sets the parent and copies the Params.
    return TransformerClassifierModel.of(result.files())
        .setTrainingSummary(result.result())
        .setProvenance(
            FitProvenance.of(
                    model, training, columns(), examples, result.result(), session.version())
                .withBase(prepared.base().pretrained(model).pinnedName()));
  }

  private ExampleSettings shaping(PretrainedModelHandle base) {
    TrainingColumns columns = columns();
    double share = columns.validationIndicator().isPresent() ? 0 : getValidationSplit();
    ModelArguments model = modelArguments();
    return new ExampleSettings(
        columns,
        share,
        trainingArguments().seed(),
        model.base(),
        base.pretrained(model).tokenizer(),
        model.maxLength());
  }

  /** Reports a missing column before the stages in front of this one are fitted. */
  @Override
  public boolean validate(StructType schema) {
    columns().check(schema);
    return super.validate(schema);
  }

  /** Copies go through here: {@code copy} itself is final, and knows Params alone. */
  @Override
  public <T extends Params> T copyValues(T to, ParamMap extra) {
    if (to instanceof TransformerClassifierApproach copy) {
      copy.progress = progress;
    }
    return super.copyValues(to, extra);
  }

  @Override
  TransformerClassifierApproach self() {
    return this;
  }

  private double getValidationSplit() {
    return (double) getOrDefault(validationSplit);
  }

  private TrainingColumns columns() {
    if (!isDefined(labelColumn)) {
      throw new UserException("labelColumn is not set: name the column of the labels");
    }
    return new TrainingColumns(
        List.of(getInputCols()),
        getOrDefault(labelColumn),
        modelArguments().problemType(),
        getOrDefault(labelSeparator),
        named(validationIndicatorCol),
        named(weightCol));
  }

  private Optional<String> named(Param<String> column) {
    return isDefined(column) ? Optional.of(getOrDefault(column)) : Optional.empty();
  }

  private static final class NotEmpty extends AbstractFunction1<String, Object>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public Object apply(String value) {
      return !value.isEmpty();
    }
  }
}
