package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.annotator.LoadedClassifier;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.collection.immutable.Map$;

/**
 * A saved classifier that answers in this JVM without a Spark session, as {@link
 * ClassifierPipeline} does with one. Thread-safe until it is closed.
 */
public final class LocalPipeline implements AutoCloseable {
  private static final String AUTO = "auto";

  private final Optional<List<DocumentAssembler>> assemblers;
  private final Optional<Boolean> pairs;
  private final LoadedClassifier classifier;

  private LocalPipeline(
      Optional<List<DocumentAssembler>> assemblers,
      Optional<Boolean> pairs,
      LoadedClassifier classifier) {
    this.assemblers = assemblers;
    this.pairs = pairs;
    this.classifier = classifier;
  }

  /**
   * Loads what {@link ClassifierPipeline#load} does.
   *
   * @param precision as of {@link TransformerClassifierModel#precision}; {@code auto} is that which
   *     the model has set
   * @throws org.sparkfinetune.UserException when there is none at the path, or a pipeline of other
   *     stages
   */
  public static LocalPipeline load(String path, String precision, Configuration hadoop) {
    SavedClassifier saved = SavedClassifier.find(path, hadoop);
    if (!precision.equals(AUTO)) {
      saved.classifier().setPrecision(precision);
    }
    return new LocalPipeline(
        saved.assemblers(), pairs(saved, hadoop), LoadedClassifier.of(saved.classifier()));
  }

  private static Optional<Boolean> pairs(SavedClassifier saved, Configuration hadoop) {
    if (saved.assemblers().isPresent()) {
      return saved.assemblers().map(each -> each.size() == 2);
    }
    ModelProvenance record = PretrainedModel.open(saved.location(), hadoop).provenance();
    return Optional.ofNullable(record.data().get(ModelProvenance.TEXT_PAIRS))
        .map(Boolean.TRUE::equals);
  }

  /** Whether it takes pairs of texts; empty where the model does not say, and takes either. */
  public Optional<Boolean> pairs() {
    return pairs;
  }

  /** The classifier. */
  public LoadedClassifier classifier() {
    return classifier;
  }

  /** See {@link LoadedClassifier#probabilities}. */
  public double[][] probabilities(List<String> texts, Optional<List<String>> seconds) {
    return classifier.probabilities(cleaned(texts, 0), seconds.map(second -> cleaned(second, 1)));
  }

  /** The texts as the pipeline's assembler makes documents of them, which may be set to clean. */
  private List<String> cleaned(List<String> texts, int column) {
    if (assemblers.isEmpty()) {
      return texts;
    }
    DocumentAssembler assembler = assemblers.get().get(column);
    return texts.stream().map(text -> cleaned(text, assembler)).toList();
  }

  private static String cleaned(String text, DocumentAssembler assembler) {
    Seq<Annotation> documents = assembler.assemble(text, Map$.MODULE$.empty());
    List<Annotation> list = JavaConverters.seqAsJavaList(documents);
    return list.isEmpty() ? "" : list.get(0).result();
  }

  @Override
  public void close() {
    classifier.close();
  }
}
