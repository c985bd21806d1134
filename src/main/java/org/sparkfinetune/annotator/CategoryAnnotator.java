package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import scala.Predef;
import scala.collection.JavaConverters;

/**
 * Documents to CATEGORY annotations, as {@link TransformerClassifierModel} describes them.
 *
 * @param pairs whether a row's documents are all first ones, then as many second ones
 * @param factor of the logits
 * @param dtype what is computed in
 * @param threshold the probability from which on a label is predicted; does not count for
 *     single-label
 * @param annotateUnlabeled whether a document without a predicted label gets an annotation
 * @param annotateProbabilities whether annotations have the probability of every label
 * @param withPooled whether rows get the vectors that the last layer takes
 * @param unknown takes how many of the documents' tokens the tokenizer does not know
 */
record CategoryAnnotator(
    Predictor classifier,
    boolean pairs,
    double factor,
    ScalarType dtype,
    double threshold,
    boolean annotateUnlabeled,
    boolean annotateProbabilities,
    boolean withPooled,
    Consumer<UnknownTokens> unknown) {
  /**
   * What becomes of a row.
   *
   * @param annotations of its documents, in order
   * @param logits of each document, by index of the label
   * @param probabilities likewise
   * @param pooled what the last layer takes of each document; none where it was not asked for
   */
  record Categories(
      List<Annotation> annotations,
      List<float[]> logits,
      List<double[]> probabilities,
      List<float[]> pooled) {}

  /**
   * The categories of each row's documents, in order.
   *
   * @param batchSize documents a forward pass
   * @throws UserException when documents cannot be paired
   */
  List<Categories> categories(List<Annotation[]> rows, int batchSize) {
    DocumentTexts texts = DocumentTexts.of(rows, pairs);
    SequenceClassifier.Outputs outputs =
        classifier.outputs(
            texts.first(), texts.second(), factor, dtype, batchSize, withPooled, unknown);
    float[][] logits = outputs.logits();
    List<Categories> categories = new ArrayList<>();
    int text = 0;
    for (Annotation[] documents : rows) {
      Categories row =
          new Categories(
              new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int sentence = 0; sentence < DocumentTexts.count(documents, pairs); sentence++) {
        double[] probabilities = classifier.problemType().task().probabilities(logits[text]);
        row.annotations().addAll(ofDocument(documents[sentence], sentence, probabilities));
        row.logits().add(logits[text]);
        row.probabilities().add(probabilities);
        if (withPooled) {
          row.pooled().add(outputs.pooled()[text]);
        }
        text++;
      }
      categories.add(row);
    }
    return categories;
  }

  private List<Annotation> ofDocument(Annotation document, int sentence, double[] probabilities) {
    List<String> labels = classifier.labels();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("sentence", Integer.toString(sentence));
    for (int label = 0; annotateProbabilities && label < probabilities.length; label++) {
      // Stock classifiers write floats.
      metadata.put(labels.get(label), Float.toString((float) probabilities[label]));
    }
    List<Annotation> predicted =
        Arrays.stream(classifier.problemType().task().predicted(probabilities, threshold))
            .mapToObj(label -> category(document, labels.get(label), metadata))
            .toList();
    return predicted.isEmpty() && annotateUnlabeled
        ? List.of(category(document, "", metadata))
        : predicted;
  }

  private static Annotation category(
      Annotation document, String result, Map<String, String> metadata) {
    return new Annotation(
        AnnotatorType.CATEGORY(),
        document.begin(),
        document.end(),
        result,
        JavaConverters.mapAsScalaMap(metadata).toMap(Predef.$conforms()),
        new float[0]);
  }
}
