package org.sparkfinetune.annotator;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.AnnotatorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.explain.Counterfactual;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.explain.ExplainedText;
import org.sparkfinetune.explain.Faithfulness;
import org.sparkfinetune.explain.WordAttribution;
import scala.Predef;
import scala.collection.JavaConverters;

/**
 * Documents to TOKEN annotations, as {@link TransformerClassifierExplainer} describes them.
 *
 * @param pairs whether a row's documents are all first ones, then as many second ones
 */
record WordAnnotator(Predictor classifier, boolean pairs, ExplainArguments arguments) {
  /**
   * The words of each row's documents, in order.
   *
   * @throws UserException when documents cannot be paired, or the model has no such label
   */
  List<List<Annotation>> words(List<Annotation[]> rows) {
    DocumentTexts texts = DocumentTexts.of(rows, pairs);
    List<ExplainedText> explained =
        classifier.explainer(arguments).explain(texts.first(), texts.second());
    List<List<Annotation>> annotations = new ArrayList<>();
    int text = 0;
    for (Annotation[] documents : rows) {
      List<Annotation> ofRow = new ArrayList<>();
      for (int sentence = 0; sentence < DocumentTexts.count(documents, pairs); sentence++) {
        List<Annotation> ofText = DocumentTexts.of(documents, sentence, pairs);
        ofRow.addAll(words(ofText, sentence, explained.get(text++)));
      }
      annotations.add(ofRow);
    }
    return annotations;
  }

  private List<Annotation> words(
      List<Annotation> documents, int sentence, ExplainedText explained) {
    Map<String, String> ofText = new LinkedHashMap<>();
    ofText.put("sentence", Integer.toString(sentence));
    ofText.put("class", classifier.labels().get(explained.target()));
    ofText.put("method", Setting.spelling(arguments.method()));
    explained.completenessDelta().ifPresent(delta -> ofText.put("delta", Double.toString(delta)));
    ofText.put("special", Double.toString(explained.special()));
    explained.faithfulness().ifPresent(measured -> put(ofText, "", measured));
    explained.random().ifPresent(measured -> put(ofText, "random_", measured));
    explained
        .counterfactual()
        .ifPresent(found -> ofText.put("counterfactual_classes", names(found.predicted())));
    List<Integer> gone = explained.counterfactual().map(Counterfactual::words).orElse(List.of());
    List<Annotation> words = new ArrayList<>();
    for (WordAttribution word : explained.words()) {
      Map<String, String> metadata = new LinkedHashMap<>(ofText);
      word.score().ifPresent(score -> metadata.put("attribution", Double.toString(score)));
      metadata.put("seen", Boolean.toString(word.score().isPresent()));
      if (pairs) {
        metadata.put("text", Integer.toString(word.sequence()));
      }
      int place = gone.indexOf(words.size());
      if (place >= 0) {
        List<String> instead = explained.counterfactual().orElseThrow().replacements();
        metadata.put("counterfactual", instead.isEmpty() ? classifier.mask() : instead.get(place));
      }
      int start = documents.get(word.sequence()).begin();
      words.add(
          new Annotation(
              AnnotatorType.TOKEN(),
              start + word.begin(),
              // Spark NLP's last character, not the one behind it.
              start + word.end() - 1,
              word.word(),
              JavaConverters.mapAsScalaMap(metadata).toMap(Predef.$conforms()),
              new float[0]));
    }
    return words;
  }

  /** Labels as an array of JSON. */
  private String names(List<Integer> labels) {
    return new ObjectMapper()
        .valueToTree(labels.stream().map(classifier.labels()::get).toList())
        .toString();
  }

  private static void put(Map<String, String> metadata, String prefix, Faithfulness measured) {
    metadata.put(prefix + "comprehensiveness", Double.toString(measured.comprehensiveness()));
    metadata.put(prefix + "sufficiency", Double.toString(measured.sufficiency()));
    metadata.put(prefix + "deletion", Double.toString(measured.deletion()));
    metadata.put(prefix + "insertion", Double.toString(measured.insertion()));
  }
}
