package org.sparkfinetune.pipeline;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorType;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.data.TextColumns;
import scala.collection.JavaConverters;
import scala.collection.immutable.Map$;

/**
 * A classifier's answers to one text, or one pair of texts, at a time, on the driver or an
 * executor: for where there are no rows. Each is a pass of its own; rows are faster.
 */
public final class TextAnswers implements Serializable {
  private static final long serialVersionUID = 1L;

  private final TransformerClassifierModel classifier;

  /** Of a classifier that annotates documents without a label too, its files broadcast. */
  TextAnswers(TransformerClassifierModel classifier) {
    this.classifier = classifier;
  }

  /**
   * An answer.
   *
   * @param labels that are predicted: one, of multi-label models any number
   * @param probabilities of every label
   */
  public record Answer(List<String> labels, Map<String, Double> probabilities) {}

  /**
   * The answer to one text, or to two of a pair; none where one is null or blank.
   *
   * @param texts as many as the classifier takes
   */
  public Optional<Answer> of(List<String> texts) {
    if (texts.stream().anyMatch(text -> text == null || TextColumns.isBlank(text))) {
      return Optional.empty();
    }
    Annotation[] documents = texts.stream().map(TextAnswers::document).toArray(Annotation[]::new);
    List<Annotation> categories =
        JavaConverters.seqAsJavaList(
            classifier
                .batchAnnotate(
                    JavaConverters.asScalaBuffer(Collections.singletonList(documents)).toList())
                .head());
    Map<String, String> metadata = JavaConverters.mapAsJavaMap(categories.get(0).metadata());
    Map<String, Double> probabilities = new LinkedHashMap<>();
    for (String label : classifier.getClasses()) {
      probabilities.put(label, Double.valueOf(metadata.get(label)));
    }
    List<String> labels =
        categories.stream().map(Annotation::result).filter(label -> !label.isEmpty()).toList();
    return Optional.of(new Answer(labels, probabilities));
  }

  private static Annotation document(String text) {
    return new Annotation(
        AnnotatorType.DOCUMENT(), 0, text.length() - 1, text, Map$.MODULE$.empty(), new float[0]);
  }
}
