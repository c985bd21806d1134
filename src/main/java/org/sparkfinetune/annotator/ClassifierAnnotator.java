package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorModel;
import com.johnsnowlabs.nlp.AnnotatorType;
import com.johnsnowlabs.nlp.HasBatchedAnnotate;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.task.ProblemType;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * What annotators of a fine-tuned classifier have in common: its files, which executors get by one
 * broadcast and load once a JVM; documents, or pairs of them, in batches across rows; and how they
 * are saved.
 *
 * @param <M> the annotator
 */
@PublicApi
public abstract class ClassifierAnnotator<M extends ClassifierAnnotator<M>>
    extends AnnotatorModel<M> implements HasBatchedAnnotate<M> {
  private static final long serialVersionUID = 1L;

  private static final int DEFAULT_BATCH_SIZE = 256;

  private final String uid;
  // Made by the trait before any field of a subclass.
  final SchemaParams settings;
  // Assigned by HasBatchedAnnotate.$init$.
  private IntParam batchSize;
  private BroadcastModel source;

  ClassifierAnnotator(PendingUid uid) {
    this.uid = uid.release();
    HasBatchedAnnotate.$init$(this);
    setDefault(batchSize, DEFAULT_BATCH_SIZE);
    settings = new SchemaParams(this).add(SchemaParams.MODEL, "max_length");
  }

  @Override
  public String uid() {
    return uid != null ? uid : PendingUid.ofConstruction();
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
  public M setInputCols(String[] value) {
    super.setInputCols(value);
    return self();
  }

  /** Rows that are worked on together (a Spark NLP Param). */
  @Override
  public IntParam batchSize() {
    return batchSize;
  }

  /** Called by Spark NLP's trait to hand over its Param. */
  @Override
  public void com$johnsnowlabs$nlp$HasBatchedAnnotate$_setter_$batchSize_$eq(IntParam param) {
    batchSize = param;
  }

  @Override
  public M setBatchSize(int rows) {
    HasBatchedAnnotate.super.setBatchSize(rows);
    return self();
  }

  /** Longest text in tokens; longer texts are truncated. */
  public IntParam maxLength() {
    return settings.get(IntParam.class, "max_length");
  }

  /** Sets {@link #maxLength}. */
  public M setMaxLength(int tokens) {
    settings.set("max_length", tokens);
    return self();
  }

  /** Gets {@link #maxLength}. */
  public int getMaxLength() {
    return (int) getOrDefault(maxLength());
  }

  /** The label names, by index (named as in Spark NLP's classifiers). */
  public String[] getClasses() {
    return ModelConfig.parse(files().config()).labels().toArray(String[]::new);
  }

  /** What a document's labels are. */
  public ProblemType getProblemType() {
    return ModelConfig.parse(files().config()).problemType();
  }

  /** The classifier's files, as they are saved. */
  public ModelFiles files() {
    return source().files();
  }

  @Override
  public M copy(ParamMap extra) {
    M copy = super.copy(extra);
    copy.share(source);
    return copy.setParent(parent());
  }

  @Override
  public Dataset<?> beforeAnnotate(Dataset<?> dataset) {
    ModelConfig.parse(files().config()).requirePositions(getMaxLength());
    source().broadcast(dataset.sparkSession().sparkContext());
    return dataset;
  }

  /**
   * Adds the annotations of each row, {@code batchSize} rows at a time. Spark NLP's own version of
   * this fails on a null document column.
   */
  @Override
  @SuppressWarnings("unchecked")
  public Iterator<Row> batchProcess(Iterator<?> rows) {
    return ((Iterator<Row>) rows)
        .<Row>grouped(getBatchSize())
        .flatMap(batch -> seq(annotatedRows(JavaConverters.seqAsJavaList(batch))));
  }

  @Override
  public Seq<Seq<Annotation>> batchAnnotate(Seq<Annotation[]> rows) {
    return seq(
        annotations(JavaConverters.seqAsJavaList(rows)).stream()
            .map(ClassifierAnnotator::seq)
            .toList());
  }

  @Override
  public void onWrite(String path, SparkSession spark) {
    Path folder = new Path(path, SavedModel.FOLDER);
    Configuration hadoop = spark.sessionState().newHadoopConf();
    ModelFiles files = filesToWrite();
    HuggingFaceFolder.write(files, ModelConfig.parse(files.config()).inputs(), folder, hadoop);
  }

  /** Rows with their annotations in a further column. */
  abstract List<Row> annotatedRows(List<Row> rows);

  /**
   * The annotations of each row's documents, in order.
   *
   * @param rows of pairs all first documents of a row, then as many second ones
   */
  abstract List<List<Annotation>> annotations(List<Annotation[]> rows);

  /** The files with what has been set of the model. */
  ModelFiles filesToWrite() {
    return files();
  }

  final boolean isPairs() {
    return getInputCols().length == 2;
  }

  final M setFiles(ModelFiles files) {
    return share(new BroadcastModel(files));
  }

  /** Has the weights that another has, and its broadcast. */
  final M share(BroadcastModel other) {
    source = other;
    return self();
  }

  final BroadcastModel source() {
    if (source == null) {
      throw new UserException(
          uid()
              + " has no weights: load one with TransformerClassifierModel.load, or fit a"
              + " TransformerClassifierApproach");
    }
    return source;
  }

  @SuppressWarnings("unchecked")
  private M self() {
    return (M) this;
  }

  private static <T> Seq<T> seq(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }
}
