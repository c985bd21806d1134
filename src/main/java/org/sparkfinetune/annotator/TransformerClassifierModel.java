package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.HeadScaling;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.LabelScaling;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.train.InferenceArguments;
import org.sparkfinetune.train.TrainingResult;

/**
 * Classifies documents with a fine-tuned transformer: a Spark NLP annotator, DOCUMENT in, CATEGORY
 * out.
 *
 * <p>Each document gets one annotation with the document's begin and end. Its result is the most
 * probable label, and its metadata is what Spark NLP's own sequence classifiers write: {@code
 * sentence}, the document's position within its row, and under each label's name its probability. A
 * blank document is classified like any other; a row whose document column is null or empty gets an
 * empty array. With a second input column, the first document of the one and the first of the other
 * are classified as a pair, and so on; annotations stand at the first column's documents. Spark
 * NLP's {@code LightPipeline} has one text alone to give, and so no pairs.
 *
 * <p>A multi-label classifier gives one annotation a label that reaches the {@link #threshold},
 * each with the probabilities of all labels, as Spark NLP's {@code MultiClassifierDLModel} does,
 * and none for a document that no label reaches it for. With {@link #annotateUnlabeled} such a
 * document gets one of an empty result, which carries the probabilities.
 *
 * <p>With a {@link #probabilityCol}, a row's probabilities are a vector of numbers besides.
 *
 * <p>{@code batchSize} rows (default 256) are classified together: their documents are tokenized in
 * one call, sorted by length, and sent through the network {@code per_device_eval_batch_size} at a
 * time, on all cores that Spark has in the JVM. Executors get the weights by one broadcast, made at
 * the first {@code transform}, and load them once a JVM.
 *
 * <p>Saved, it is Spark ML's metadata and a folder {@code huggingface} that {@code transformers}
 * can read.
 */
@PublicApi
public final class TransformerClassifierModel
    extends ClassifierAnnotator<TransformerClassifierModel> {
  private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(TransformerClassifierModel.class);

  private final BooleanParam annotateUnlabeled;
  private final BooleanParam annotateProbabilities;
  private final Param<String> probabilityCol;
  private final Param<String> rawPredictionCol;
  private final Param<String> pooledCol;
  private final DoubleParam temperature;
  private transient TrainingResult trainingSummary;
  private transient ModelProvenance provenance;

  /** Creates a model with no weights, for Spark's reader; see {@link #of} and {@link #load}. */
  public TransformerClassifierModel(String uid) {
    this(PendingUid.setAside(uid));
  }

  private TransformerClassifierModel(PendingUid uid) {
    super(uid);
    settings
        .add(SchemaParams.MODEL, "threshold")
        .add(SchemaParams.TRAINING, "per_device_eval_batch_size")
        .add(InferenceArguments.SCHEMA, "precision");
    annotateUnlabeled =
        new BooleanParam(
            this,
            "annotateUnlabeled",
            "Multi-label: whether a document without a predicted label gets an annotation with an"
                + " empty result and the labels' probabilities.");
    setDefault(annotateUnlabeled, false);
    annotateProbabilities =
        new BooleanParam(
            this,
            "annotateProbabilities",
            "Whether annotations have the probability of every label in their metadata.");
    setDefault(annotateProbabilities, true);
    probabilityCol =
        new Param<>(
            this,
            "probabilityCol",
            "Column for the vector of a row's probabilities, in the order of getClasses; none is"
                + " written when it is empty.");
    setDefault(probabilityCol, "");
    rawPredictionCol =
        new Param<>(
            this,
            "rawPredictionCol",
            "Column for the vector of a row's logits, in the order of getClasses; none is written when"
                + " it is empty.");
    setDefault(rawPredictionCol, "");
    pooledCol =
        new Param<>(
            this,
            "pooledCol",
            "Column for the vector of a row that the last layer takes; none is written when it is"
                + " empty.");
    setDefault(pooledCol, "");
    temperature =
        new DoubleParam(
            this,
            "temperature",
            "What the logits that were trained are divided by: above 1 makes the model less sure of"
                + " itself, 1 leaves it as it was trained. By default what the model's config.json"
                + " has as calibration_temperature.",
            ParamValidators.gt(0));
  }

  /** Creates a model of a classifier's files. */
  public static TransformerClassifierModel of(ModelFiles files) {
    return new TransformerClassifierModel(
            Identifiable$.MODULE$.randomUID("TransformerClassifierModel"))
        .setFiles(files);
  }

  /** The reader that {@code PipelineModel.load} asks for. */
  public static MLReader<TransformerClassifierModel> read() {
    return new TransformerClassifierReader();
  }

  /**
   * Loads a saved model from any Hadoop path.
   *
   * @throws UserException when the path holds no such model or lacks one of its files
   */
  public static TransformerClassifierModel load(String path) {
    return new TransformerClassifierReader().load(path);
  }

  /**
   * As the other, without a Spark session.
   *
   * @param hadoop how storage is reached
   */
  public static TransformerClassifierModel load(String path, Configuration hadoop) {
    return TransformerClassifierReader.load(path, hadoop);
  }

  /**
   * Makes a model of a fine-tuned classifier from elsewhere, as {@code loadSavedModel} of Spark
   * NLP's annotators does: a Hugging Face folder (whole or sharded safetensors, {@code
   * pytorch_model.bin}, ONNX), an ONNX file with its {@code config.json} and {@code
   * tokenizer.json}, an MLflow model of ours or of flavor {@code transformers}, also by its URI
   * ({@code models:/NAME@ALIAS}, {@code runs:/ID/PATH}), one of the Hugging Face hub ({@code
   * ORG/NAME}, {@code hf://ORG/NAME@REVISION}), or our own pipeline, stage or job's output. Its
   * {@link #maxLength} is what it was trained with, where that is known, else what the model has
   * positions for, at most 512 and the tokenizer's {@code model_max_length}. Set the input and
   * output columns next.
   *
   * @throws UserException when it names no labels or lacks a weight, as an encoder does
   */
  public static TransformerClassifierModel loadSavedModel(String path, SparkSession spark) {
    return loadSavedModel(path, spark.sessionState().newHadoopConf());
  }

  /**
   * As the other, without a Spark session.
   *
   * @param hadoop how storage is reached, with the settings of what fetches models
   */
  public static TransformerClassifierModel loadSavedModel(String path, Configuration hadoop) {
    PretrainedModel pretrained = PretrainedModel.open(path, hadoop);
    try (SequenceClassifier classifier = SequenceClassifier.load(pretrained)) {
      int longest =
          pretrained.provenance().maxLength(pretrained.longest(classifier.config().maxTokens()));
      pretrained.tokenizerNotes(longest).forEach(LOG::warn);
      return of(classifier.toFiles(pretrained.tokenizer())).setMaxLength(longest);
    }
  }

  @Override
  public String outputAnnotatorType() {
    return AnnotatorType.CATEGORY();
  }

  /** Documents a forward pass. */
  public IntParam perDeviceEvalBatchSize() {
    return settings.get(IntParam.class, "per_device_eval_batch_size");
  }

  /** Sets {@link #perDeviceEvalBatchSize}. */
  public TransformerClassifierModel setPerDeviceEvalBatchSize(int documents) {
    settings.set("per_device_eval_batch_size", documents);
    return this;
  }

  /** Gets {@link #perDeviceEvalBatchSize}. */
  public int getPerDeviceEvalBatchSize() {
    return (int) getOrDefault(perDeviceEvalBatchSize());
  }

  /**
   * Arithmetic: {@code fp32}, {@code bf16}, or {@code auto}, the default, which is bf16 where the
   * processor multiplies it and else fp32. With bf16 a few texts that are near a tie get another
   * label, and probabilities are right to two or three digits. A model that was just trained has
   * the precision that was set for that.
   */
  public Param<String> precision() {
    return settings.string("precision");
  }

  /**
   * Sets {@link #precision}.
   *
   * @throws UserException when it is not allowed
   */
  public TransformerClassifierModel setPrecision(String value) {
    settings.set("precision", value);
    return this;
  }

  /** Gets {@link #precision}. */
  public String getPrecision() {
    return getOrDefault(precision());
  }

  /**
   * Multi-label: the probability from which on a label is predicted; {@code auto}, the default, is
   * the one that the model was trained with, 0.5 when its {@code config.json} names none.
   */
  public DoubleParam threshold() {
    return settings.get(DoubleParam.class, "threshold");
  }

  /**
   * Sets {@link #threshold}.
   *
   * @throws UserException when it is not above 0 and below 1, or the model is single-label
   */
  public TransformerClassifierModel setThreshold(double probability) {
    if (!getProblemType().task().hasThreshold()) {
      throw new UserException(
          "threshold="
              + probability
              + " means nothing to a single-label model, which predicts the most probable label");
    }
    settings.set("threshold", probability);
    return this;
  }

  /**
   * What the logits that were trained are divided by (temperature scaling; Guo et al., 2017): above
   * 1 makes the model less sure of itself, 1 leaves it as it was trained; which label is the most
   * probable stays as it is. Not set by default: the weights then have what {@code config.json}
   * says as {@code calibration_temperature}. One that is set is saved in the weights of the last
   * layer, so that every export has it.
   */
  public DoubleParam temperature() {
    return temperature;
  }

  /** Sets {@link #temperature}, above 0. */
  public TransformerClassifierModel setTemperature(double value) {
    set(temperature, value);
    return this;
  }

  /** Gets {@link #temperature}, or else the one of the model's files. */
  public double getTemperature() {
    return isSet(temperature)
        ? (double) getOrDefault(temperature)
        : ModelConfig.parse(files().config()).temperature();
  }

  /** What the logits of the files are multiplied with. */
  double factor(ModelConfig config) {
    return isSet(temperature) ? config.temperature() / (double) getOrDefault(temperature) : 1;
  }

  /**
   * Multi-label: the probability from which on a label is predicted: the {@link #threshold} that
   * was set, else that of the model's files, changed with the {@link #temperature} so that the same
   * labels are predicted.
   */
  public double decisionThreshold() {
    return decisionThreshold(ModelConfig.parse(files().config()));
  }

  double decisionThreshold(ModelConfig config) {
    double set = (double) getOrDefault(threshold());
    return Double.isNaN(set)
        ? HeadTemperature.threshold(config.decisionThreshold(), factor(config))
        : set;
  }

  /** What is computed in. */
  ScalarType dtype() {
    return settings.toRecord(InferenceArguments.SCHEMA).precision().inferenceDtype();
  }

  /** Multi-label: whether a document without a predicted label is annotated. Default false. */
  public BooleanParam annotateUnlabeled() {
    return annotateUnlabeled;
  }

  /** Sets {@link #annotateUnlabeled}. */
  public TransformerClassifierModel setAnnotateUnlabeled(boolean value) {
    set(annotateUnlabeled, value);
    return this;
  }

  /**
   * Whether an annotation's metadata has the probability of every label, as text. Default true, as
   * Spark NLP's classifiers write it; of many labels that is most of what there is to do beside the
   * network, and a {@link #probabilityCol} has them as numbers.
   */
  public BooleanParam annotateProbabilities() {
    return annotateProbabilities;
  }

  /** Sets {@link #annotateProbabilities}. */
  public TransformerClassifierModel setAnnotateProbabilities(boolean value) {
    set(annotateProbabilities, value);
    return this;
  }

  /**
   * The column that is added for probabilities as numbers: a vector of Spark ML, of type {@code
   * VectorUDT} and with an element for each of {@link #getClasses}. It adds up to 1, of multi-label
   * each element is between 0 and 1. Empty, the default, writes none. A row without documents gets
   * null; one with several has no vector, and is refused.
   *
   * <p>Spark NLP lets no annotator declare further columns in {@code transformSchema}: a later
   * stage of the same pipeline that looks for this one there does not find it. Evaluators do.
   */
  public Param<String> probabilityCol() {
    return probabilityCol;
  }

  /** Sets {@link #probabilityCol}. */
  public TransformerClassifierModel setProbabilityCol(String column) {
    set(probabilityCol, column);
    return this;
  }

  /** Gets {@link #probabilityCol}. */
  public String getProbabilityCol() {
    return getOrDefault(probabilityCol);
  }

  /**
   * The column that is added for logits: what the probabilities of a {@link #probabilityCol} are
   * made of, divided by the {@link #temperature}, and with the same rules. Empty, the default,
   * writes none.
   */
  public Param<String> rawPredictionCol() {
    return rawPredictionCol;
  }

  /** Sets {@link #rawPredictionCol}. */
  public TransformerClassifierModel setRawPredictionCol(String column) {
    set(rawPredictionCol, column);
    return this;
  }

  /** Gets {@link #rawPredictionCol}. */
  public String getRawPredictionCol() {
    return getOrDefault(rawPredictionCol);
  }

  /**
   * The column that is added for the vectors that the layer over the labels takes, of the width of
   * the model's hidden states, with the rules of a {@link #probabilityCol}: what the text is to the
   * model. The {@link #temperature} does not change them. Empty, the default, writes none.
   */
  public Param<String> pooledCol() {
    return pooledCol;
  }

  /** Sets {@link #pooledCol}. */
  public TransformerClassifierModel setPooledCol(String column) {
    set(pooledCol, column);
    return this;
  }

  /** Gets {@link #pooledCol}. */
  public String getPooledCol() {
    return getOrDefault(pooledCol);
  }

  /** A copy with a file {@code config.json} that says something else of the same weights. */
  public TransformerClassifierModel withConfig(String json) {
    return copy(new ParamMap()).setFiles(files().withConfig(json));
  }

  /**
   * Multi-label: a copy whose files have each label's logit, as it is, multiplied with a slope and
   * raised by an intercept (Platt scaling), and another threshold. A temperature that was set is in
   * its files then, and neither it nor a threshold is set any more.
   *
   * @param slopes by label index, above 0
   * @param intercepts by label index
   * @param newThreshold the probability from which on a label is predicted, above 0 and below 1
   */
  public TransformerClassifierModel withScaledLabels(
      List<Double> slopes, List<Double> intercepts, double newThreshold) {
    TransformerClassifierModel copy = copy(new ParamMap());
    copy.clear(copy.temperature()).clear(copy.threshold());
    return copy.setFiles(
        HeadScaling.of(filesToWrite(), new LabelScaling(slopes, intercepts), newThreshold));
  }

  /**
   * What to warn of when Spark has classified texts with this model, or a copy of it: that a high
   * share of their tokens is the tokenizer's unknown one. Driver only; empty when the share is low
   * or nothing was classified.
   */
  public Optional<String> unknownTokensWarning() {
    return source().unknown().predictionWarning();
  }

  /**
   * An annotator that says which words an answer comes from: of this model as it is set, its
   * weights shared with it, reading the same columns.
   */
  public TransformerClassifierExplainer explainer() {
    TransformerClassifierExplainer explainer =
        new TransformerClassifierExplainer(
                Identifiable$.MODULE$.randomUID("TransformerClassifierExplainer"))
            .setMaxLength(getMaxLength());
    if (isSet(inputCols())) {
      explainer.setInputCols(getInputCols());
    }
    boolean asItsFiles = !isSet(temperature) && Double.isNaN((double) getOrDefault(threshold()));
    return asItsFiles ? explainer.share(source()) : explainer.setFiles(filesToWrite());
  }

  /** What the training reported; empty for a model that was loaded. */
  public Optional<TrainingResult> trainingSummary() {
    return Optional.ofNullable(trainingSummary);
  }

  /**
   * How the model came to be; empty when it was made of files alone. It is saved with the model.
   */
  public Optional<ModelProvenance> provenance() {
    return Optional.ofNullable(provenance);
  }

  /** Sets {@link #provenance}. */
  public TransformerClassifierModel setProvenance(ModelProvenance record) {
    provenance = record;
    return this;
  }

  TransformerClassifierModel setTrainingSummary(TrainingResult result) {
    trainingSummary = result;
    return this;
  }

  @Override
  public TransformerClassifierModel copy(ParamMap extra) {
    TransformerClassifierModel copy = super.copy(extra);
    copy.trainingSummary = trainingSummary;
    copy.provenance = provenance;
    return copy;
  }

  @Override
  public Dataset<?> beforeAnnotate(Dataset<?> dataset) {
    Dataset<?> more =
        withVectors(withVectors(super.beforeAnnotate(dataset), pooledCol), rawPredictionCol);
    return withVectors(more, probabilityCol);
  }

  /** With an empty column for the vectors that a Param names, where it names one. */
  private Dataset<?> withVectors(Dataset<?> dataset, Param<String> param) {
    String column = getOrDefault(param);
    if (column.isEmpty()) {
      return dataset;
    }
    if (column.equals(getOutputCol()) || Arrays.asList(dataset.columns()).contains(column)) {
      throw new UserException(
          param.name() + "=" + column + ": there is a column of this name already: choose another");
    }
    return dataset.withColumn(column, functions.lit(null).cast(SQLDataTypes.VectorType()));
  }

  @Override
  List<List<Annotation>> annotations(List<Annotation[]> rows) {
    return classify(rows).stream().map(CategoryAnnotator.Categories::annotations).toList();
  }

  @Override
  List<Row> annotatedRows(List<Row> rows) {
    CategoryRows form =
        new CategoryRows(
            getInputCols(), getProbabilityCol(), getRawPredictionCol(), getPooledCol());
    List<CategoryAnnotator.Categories> categories =
        classify(rows.stream().map(form::documents).toList());
    List<Row> after = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      after.add(form.with(rows.get(i), categories.get(i)));
    }
    return after;
  }

  /** The categories of each row's documents, in order. */
  private List<CategoryAnnotator.Categories> classify(List<Annotation[]> rows) {
    try (var lease = source().classifier(getMaxLength())) {
      Predictor classifier = lease.value();
      return new CategoryAnnotator(
              classifier,
              isPairs(),
              factor(classifier.config()),
              dtype(),
              decisionThreshold(classifier.config()),
              (boolean) getOrDefault(annotateUnlabeled),
              (boolean) getOrDefault(annotateProbabilities),
              !getPooledCol().isEmpty(),
              source()::count)
          .categories(rows, getPerDeviceEvalBatchSize());
    }
  }

  @Override
  public void onWrite(String path, SparkSession spark) {
    super.onWrite(path, spark);
    Path folder = new Path(path, SavedModel.FOLDER);
    Configuration hadoop = spark.sessionState().newHadoopConf();
    provenance().ifPresent(record -> record.write(folder, hadoop));
  }

  /**
   * A temperature and a threshold that were set are the model's own for whatever reads its files,
   * and an adapter is of the base that the record names.
   */
  @Override
  ModelFiles filesToWrite() {
    double threshold = (double) getOrDefault(threshold());
    ModelFiles files = files();
    if (files.adapter() != null && provenance != null) {
      files = files.withAdapter(files.adapter().withBase(provenance.base()));
    }
    if (isSet(temperature)) {
      files = HeadTemperature.of(files, (double) getOrDefault(temperature));
    }
    return Double.isNaN(threshold)
        ? files
        : files.withConfig(ModelConfig.parse(files.config()).withThreshold(threshold).toJson());
  }
}
