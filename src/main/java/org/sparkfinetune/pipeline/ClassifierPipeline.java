package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.RandomizedExplanations;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.conformal.SelectivePrediction;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.PlattScaling;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.RandomizedPart;
import org.sparkfinetune.model.LabelScaling;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.slice.SliceFigures;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.TokenizerSummary;
import org.sparkfinetune.train.InferenceArguments;
import org.sparkfinetune.train.Precision;
import org.sparkfinetune.train.TrainingResult;

/** The fitted pipeline of the jobs: a DocumentAssembler, of pairs two, and the classifier. */
public final class ClassifierPipeline {
  private final PipelineModel model;
  private final TransformerClassifierModel classifier;

  /** Null for none. */
  private MahalanobisScore mahalanobis;

  private ClassifierPipeline(
      List<DocumentAssembler> assemblers,
      TransformerClassifierModel classifier,
      SparkSession spark) {
    List<PipelineStage> stages = new ArrayList<>(assemblers);
    stages.add(classifier);
    this.model = PipelineStages.ofTransformers(stages, spark);
    this.classifier = classifier;
  }

  /** Gives the stages the columns of these pipelines, whatever they were before. */
  static ClassifierPipeline of(
      List<DocumentAssembler> assemblers,
      TransformerClassifierModel classifier,
      SparkSession spark) {
    classifier
        .setInputCols(PipelineStages.documents(assemblers.size() == 2))
        .setOutputCol(PredictionColumns.CATEGORY);
    return new ClassifierPipeline(PipelineStages.withColumns(assemblers), classifier, spark);
  }

  /**
   * Loads a pipeline that {@code fine-tune} has saved, from its own folder or the output folder of
   * the job, or a fine-tuned classifier from anywhere that {@link
   * TransformerClassifierModel#loadSavedModel} reads. Nothing in the folder is executed.
   *
   * @param path also a URI, as {@code models:/NAME@ALIAS}
   * @param pairs whether the rows hold pairs of texts, which such a classifier does not say
   * @throws UserException when there is none at the path, or a pipeline of other stages
   */
  public static ClassifierPipeline load(SparkSession spark, String path, boolean pairs) {
    Configuration hadoop = spark.sessionState().newHadoopConf();
    SavedClassifier saved = SavedClassifier.find(path, hadoop);
    ClassifierPipeline read =
        of(
            saved.assemblers().orElseGet(() -> PipelineStages.assemblers(pairs)),
            saved.classifier(),
            spark);
    read.mahalanobis = saved.mahalanobis(hadoop).orElse(null);
    return read;
  }

  /** Its answers to texts by themselves, also on executors. */
  public TextAnswers textAnswers() {
    TransformerClassifierModel asked =
        classifier.copy(new ParamMap()).setAnnotateUnlabeled(true).setAnnotateProbabilities(true);
    asked.beforeAnnotate(SparkSession.active().emptyDataFrame());
    return new TextAnswers(asked);
  }

  /** The pipeline as Spark has it. */
  public PipelineModel model() {
    return model;
  }

  /** Saves the pipeline for {@code PipelineModel.load}. */
  public void save(String path) throws IOException {
    model.write().overwrite().save(path);
    if (mahalanobis != null) {
      MahalanobisFile.write(
          mahalanobis, path, SparkSession.active().sessionState().newHadoopConf());
    }
  }

  /**
   * Predicts rows that have their texts where {@link ExampleColumns} has them.
   *
   * @return the rows with the columns that {@link PredictionColumns} adds
   */
  public Dataset<Row> predict(Dataset<Row> rows) {
    return predict(rows, ExampleColumns.TEXT, textPair());
  }

  /**
   * The rows with the columns that {@link PredictionColumns} adds.
   *
   * @throws UserException when {@code pairColumn} is not what the model takes
   */
  public Dataset<Row> predict(Dataset<Row> rows, String textColumn, Optional<String> pairColumn) {
    return predict(rows, textColumn, pairColumn, SelectiveOptions.NONE);
  }

  /**
   * The same with columns that say how far the predictions are to be trusted.
   *
   * @throws UserException also when the model cannot give them
   */
  public Dataset<Row> predict(
      Dataset<Row> rows,
      String textColumn,
      Optional<String> pairColumn,
      SelectiveOptions selective) {
    checkPairs(pairColumn);
    boolean sets = problemType().task().hasLabelSets();
    if (!selective.asked().isEmpty()) {
      requireSingleLabel(selective.asked());
    }
    return PredictionColumns.of(
        vectors(
            rows, textColumn, pairColumn, selective.outOfScope() == OutOfScopeScore.MAHALANOBIS),
        rows,
        labels(),
        sets,
        SelectiveColumns.of(
            selective,
            labels(),
            selectivePrediction(),
            temperature(),
            Optional.ofNullable(mahalanobis)));
  }

  private void requireSingleLabel(String setting) {
    if (problemType().task().hasLabelSets()) {
      throw new UserException(
          setting + " is for single-label models, and this one is multi-label: leave it out");
    }
  }

  /** What calibration rows have said of when not to answer; empty where none have. */
  public Optional<SelectivePrediction> selectivePrediction() {
    return ModelConfig.parse(classifier.files().config())
        .selectivePrediction()
        .map(json -> SelectivePredictionJson.read(json, labels().size()));
  }

  /**
   * The same model calibrated for when not to answer, by rows whose label is known and that it was
   * not trained on.
   *
   * @param rows as of {@link #evaluate(Dataset)}
   * @throws UserException when the model is multi-label, the rows are too few for a coverage, or no
   *     confidence gives an accuracy
   */
  public ClassifierPipeline calibrated(Dataset<Row> rows, SelectiveSettings settings) {
    requireSingleLabel(
        settings.coverages().isEmpty() ? "calibrate.target_accuracy" : "calibrate.coverage");
    SelectivePrediction selective =
        SelectiveCalibration.of(
            vectors(rows),
            ExampleColumns.LABEL,
            new LabeledRows(labels(), problemType()),
            labels(),
            temperature(),
            settings);
    String config =
        ModelConfig.parse(classifier.files().config())
            .withSelectivePrediction(SelectivePredictionJson.write(selective))
            .toJson();
    return changed(classifier.withConfig(config), rows.sparkSession());
  }

  /**
   * The same model with the class means and the covariance of rows' pooled vectors, for {@link
   * OutOfScopeScore#MAHALANOBIS}. A label without rows is no class to it.
   *
   * @param rows as of {@link #evaluate(Dataset)}
   * @throws UserException when the model is multi-label, or the rows' vectors are all the same
   */
  public ClassifierPipeline withClassMeans(Dataset<Row> rows) {
    requireSingleLabel("calibrate.mahalanobis=true");
    MahalanobisScore found =
        MahalanobisFit.of(
            vectors(rows, true), ExampleColumns.LABEL, new LabeledRows(labels(), problemType()));
    ClassifierPipeline copy = changed(classifier, rows.sparkSession());
    copy.mahalanobis = found;
    return copy;
  }

  /** The labels that {@link #withClassMeans} had no rows of; none where there are no means. */
  public List<String> labelsWithoutMean() {
    return IntStream.range(0, labels().size())
        .filter(label -> mahalanobis != null && mahalanobis.lacks(label))
        .mapToObj(labels()::get)
        .toList();
  }

  /** The same, computing in the precision that is named; as it is where none is. */
  public ClassifierPipeline with(InferenceArguments inference) {
    return inference.precision() == Precision.AUTO
        ? this
        : changed(
            classifier.copy(new ParamMap()).setPrecision(Setting.spelling(inference.precision())),
            SparkSession.active());
  }

  /** With another classifier of the same encoder. */
  private ClassifierPipeline changed(TransformerClassifierModel other, SparkSession spark) {
    ClassifierPipeline copy = of(PipelineStages.assemblers(isPairs()), other, spark);
    copy.mahalanobis = mahalanobis;
    return copy;
  }

  /** Predicts rows as {@link #evaluate} takes them: see {@link PredictionColumns#vectors}. */
  Dataset<Row> vectors(Dataset<Row> rows) {
    return vectors(rows, false);
  }

  /** The same, on request with {@link PredictionColumns#POOLED}. */
  Dataset<Row> vectors(Dataset<Row> rows, boolean pooled) {
    return vectors(rows, ExampleColumns.TEXT, textPair(), pooled);
  }

  /**
   * The probabilities of prepared rows.
   *
   * @param rows columns as {@link ExampleColumns} has them, and any others
   * @return columns {@link PredictionColumns#ROW}, a struct of all those, and {@link
   *     PredictionColumns#PROBABILITY}
   */
  public Dataset<Row> probabilities(Dataset<Row> rows) {
    return vectors(rows).select(PredictionColumns.ROW, PredictionColumns.PROBABILITY);
  }

  /**
   * The predictions of prepared rows, and the vectors that they are made of.
   *
   * @param rows as of {@link #probabilities}
   * @return columns {@link PredictionColumns#ROW}, a struct of all of theirs, {@link
   *     PredictionColumns#PREDICTION}, {@link PredictionColumns#PROBABILITY} and {@link
   *     PredictionColumns#POOLED}
   */
  public Dataset<Row> pooled(Dataset<Row> rows) {
    return vectors(rows, ExampleColumns.TEXT, textPair(), true);
  }

  /**
   * Explains prepared rows.
   *
   * @param rows columns as {@link ExampleColumns} has them, each with a text, and any others
   * @return columns {@link PredictionColumns#ROW}, a struct of all of theirs, and those that {@link
   *     ExplanationColumns} names
   * @throws UserException when the model has no such label
   */
  public Dataset<Row> explain(Dataset<Row> rows, ExplainArguments arguments) {
    return ExplanationColumns.of(
        model, classifier, rows, problemType().task().hasLabelSets(), isPairs(), arguments);
  }

  /**
   * How alike the attributions of prepared rows stay where the weights are random, from the head
   * down to the embeddings; computed in one task, which holds the rows.
   *
   * @param rows columns as {@link ExampleColumns} has texts, none of them blank, and any others; a
   *     few hundred at most
   */
  public List<RandomizedPart> randomized(Dataset<Row> rows, ExplainArguments arguments) {
    return RandomizedExplanations.of(
        ExplanationColumns.explainer(classifier, arguments),
        isPairs()
            ? rows.select(ExampleColumns.TEXT, ExampleColumns.TEXT_PAIR)
            : rows.select(ExampleColumns.TEXT));
  }

  private Dataset<Row> vectors(
      Dataset<Row> rows, String textColumn, Optional<String> pairColumn, boolean pooled) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(ExampleColumns.TEXT, textColumn);
    pairColumn.ifPresent(pair -> texts.put(ExampleColumns.TEXT_PAIR, pair));
    // A copy: what is saved keeps its own setting.
    PipelineModel writingVectors =
        model.copy(
            new ParamMap()
                .put(classifier.annotateProbabilities().w(false))
                .put(classifier.probabilityCol().w(PredictionColumns.PROBABILITY))
                .put(classifier.rawPredictionCol().w(PredictionColumns.LOGITS))
                .put(classifier.pooledCol().w(pooled ? PredictionColumns.POOLED : "")));
    return PredictionColumns.vectors(
        writingVectors, texts, rows, problemType().task().hasLabelSets(), pooled);
  }

  /**
   * Checks that pairs are given to a model of pairs, and single texts to one of single texts.
   *
   * @throws UserException when not
   */
  public void checkPairs(Optional<String> pairColumn) {
    if (isPairs() && pairColumn.isEmpty()) {
      throw new UserException(
          "data.text_pair_column is not set: the model classifies pairs of texts");
    }
    if (!isPairs() && pairColumn.isPresent()) {
      throw new UserException(
          "data.text_pair_column="
              + pairColumn.get()
              + ": the model classifies single texts; leave it out");
    }
  }

  /**
   * Measures the model on rows whose label is known.
   *
   * @param rows columns as {@link ExampleColumns} has them; each with a text, and with labels that
   *     are among {@link #labels}
   */
  public Metrics evaluate(Dataset<Row> rows) {
    return evaluate(rows, Optional.empty());
  }

  /** As the other, with the intervals of the metrics. */
  public Metrics evaluate(Dataset<Row> rows, Optional<Bootstrap> intervals) {
    return evaluate(rows, intervals, PlannedSlices.NONE).all();
  }

  /**
   * As the other, also by slice.
   *
   * @param rows whose {@link ExampleColumns#ROW} has the columns that {@code options} name
   * @throws UserException when a column has too many values
   */
  public SlicedMetrics evaluate(
      Dataset<Row> rows, Optional<Bootstrap> intervals, SliceOptions options) {
    if (options.isEmpty()) {
      return new SlicedMetrics(evaluate(rows, intervals), Optional.empty());
    }
    PlannedSlices planned = SlicePlanning.of(rows, options);
    PredictionMetrics.Measured measured = evaluate(rows, intervals, planned);
    return new SlicedMetrics(
        measured.all(),
        Optional.of(
            SliceFigures.of(
                planned.plan(),
                measured.slices(),
                measured.worst(),
                planned.notes(),
                options.slices(),
                options.fairness(),
                options.minRows(),
                labels())));
  }

  private PredictionMetrics.Measured evaluate(
      Dataset<Row> rows, Optional<Bootstrap> intervals, PlannedSlices slices) {
    return PredictionMetrics.evaluate(
        vectors(rows),
        ExampleColumns.LABEL,
        labels(),
        problemType(),
        threshold(),
        intervals,
        selectivePrediction()
            .filter(selective -> selective.temperature() == temperature())
            .flatMap(SelectivePrediction::sets),
        slices);
  }

  /**
   * The same model with the temperature of the least log loss of rows whose label is known; that of
   * its training when it has none. The rows should be no training rows.
   *
   * @param rows as of {@link #evaluate(Dataset)}
   */
  public ClassifierPipeline calibrated(Dataset<Row> rows) {
    double temperature =
        PredictionTemperature.of(
            vectors(rows),
            ExampleColumns.LABEL,
            new LabeledRows(labels(), problemType()),
            temperature());
    TransformerClassifierModel scaled = classifier.copy(new ParamMap()).setTemperature(temperature);
    return changed(scaled, rows.sparkSession());
  }

  /**
   * The same multi-label model with each label's logit scaled so that the log loss of rows whose
   * labels are known is least, see {@link PlattScaling}, and with the threshold of their best
   * micro-F1. A threshold that was set gives way to it.
   *
   * @param rows as of {@link #evaluate(Dataset)}
   * @throws UserException when the model is single-label
   */
  public ClassifierPipeline calibratedByLabel(Dataset<Row> rows) {
    if (!problemType().task().hasLabelSets()) {
      throw new UserException(
          "calibrate.method=platt is for multi-label models, and this one is single-label: leave it"
              + " out");
    }
    PredictionPlatt.Found found =
        PredictionPlatt.of(
            vectors(rows), ExampleColumns.LABEL, new LabeledRows(labels(), problemType()));
    return changed(
        classifier.withScaledLabels(
            found.fits().stream().map(PlattScaling.Fit::slope).toList(),
            found.fits().stream().map(PlattScaling.Fit::intercept).toList(),
            found.threshold()),
        rows.sparkSession());
  }

  /** What logits have been scaled by, label by label; empty where they have not. */
  public Optional<LabelScaling> labelScaling() {
    return ModelConfig.parse(classifier.files().config()).labelScaling();
  }

  /** What the logits that were trained are divided by. */
  public double temperature() {
    return classifier.getTemperature();
  }

  /** What stands for a masked word in a text; empty where the tokenizer has no such token. */
  Optional<String> mask() {
    return TokenizerSummary.of(classifier.files().tokenizer()).mask();
  }

  private Optional<String> textPair() {
    return isPairs() ? Optional.of(ExampleColumns.TEXT_PAIR) : Optional.empty();
  }

  OptionalDouble threshold() {
    if (!problemType().task().hasThreshold()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(classifier.decisionThreshold());
  }

  /** What should be known of the texts classified so far. */
  public Optional<String> warning() {
    return classifier.unknownTokensWarning();
  }

  /** What a row's labels are. */
  public ProblemType problemType() {
    return classifier.getProblemType();
  }

  /** Whether it classifies pairs of texts. */
  public boolean isPairs() {
    return classifier.getInputCols().length == 2;
  }

  /** The label names, by index. */
  public List<String> labels() {
    return List.of(classifier.getClasses());
  }

  /** What the training reported. */
  public TrainingResult trainingResult() {
    return classifier.trainingSummary().orElseThrow();
  }
}
