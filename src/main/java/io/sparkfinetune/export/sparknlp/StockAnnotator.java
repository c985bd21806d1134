package io.sparkfinetune.export.sparknlp;

import com.johnsnowlabs.nlp.annotators.classifier.dl.AlbertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.CamemBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.DistilBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.MPNetForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.RoBertaForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.XlmRoBertaForSequenceClassification;
import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.ml.Model;
import org.apache.spark.sql.SparkSession;

/** Spark NLP 5.5.3's sequence classifiers, and what each wants to be given. */
enum StockAnnotator {
  /** ELECTRA's tokens and inputs are BERT's, and the graph is ours, so it runs here too. */
  BERT(
      List.of("bert", "electra"),
      "BertForSequenceClassification",
      Vocabulary.WORD_PIECE,
      BertForSequenceClassification::loadSavedModel),
  DISTILBERT(
      List.of("distilbert"),
      "DistilBertForSequenceClassification",
      Vocabulary.WORD_PIECE,
      DistilBertForSequenceClassification::loadSavedModel),
  MPNET(
      List.of("mpnet"),
      "MPNetForSequenceClassification",
      Vocabulary.WORD_PIECE,
      MPNetForSequenceClassification::loadSavedModel),
  ROBERTA(
      List.of("roberta"),
      "RoBertaForSequenceClassification",
      Vocabulary.BYTE_LEVEL_BPE,
      RoBertaForSequenceClassification::loadSavedModel),
  /** It adds 1 to each id that the SentencePiece model gives. */
  XLM_ROBERTA(
      List.of("xlm-roberta"),
      "XlmRoBertaForSequenceClassification",
      new Vocabulary.SentencePiece("sentencepiece.bpe.model", 1),
      XlmRoBertaForSequenceClassification::loadSavedModel),
  /** It adds 4. */
  CAMEMBERT(
      List.of("camembert"),
      "CamemBertForSequenceClassification",
      new Vocabulary.SentencePiece("sentencepiece.bpe.model", 4),
      CamemBertForSequenceClassification::loadSavedModel),
  ALBERT(
      List.of("albert"),
      "AlbertForSequenceClassification",
      new Vocabulary.SentencePiece("spiece.model", 0),
      AlbertForSequenceClassification::loadSavedModel);

  /** Spark NLP's import of a folder of {@code model.onnx} and {@code assets}. */
  interface Importer {
    Model<?> load(String folder, SparkSession spark);
  }

  private final List<String> modelTypes;
  private final String className;
  private final Vocabulary vocabulary;
  private final Importer importer;

  StockAnnotator(
      List<String> modelTypes, String className, Vocabulary vocabulary, Importer importer) {
    this.modelTypes = modelTypes;
    this.className = className;
    this.vocabulary = vocabulary;
    this.importer = importer;
  }

  /**
   * The annotator of a family.
   *
   * @throws UserException when Spark NLP has none that could compute what the family does
   */
  static StockAnnotator of(String modelType) {
    return Arrays.stream(values())
        .filter(annotator -> annotator.modelTypes.contains(modelType))
        .findFirst()
        .orElseThrow(() -> new UserException(reasonAgainst(modelType)));
  }

  private static String reasonAgainst(String modelType) {
    String reason =
        modelType.equals("deberta-v2")
            ? "its DeBertaForSequenceClassification adds 1 to the id of each token but the special"
                + " ones, so it reads other tokens than the model was trained with"
            : "it has no sequence classifier of this family";
    return "format=sparknlp cannot express a "
        + modelType
        + " classifier in Spark NLP 5.5.3: "
        + reason
        + ". It can for "
        + Arrays.stream(values())
            .flatMap(annotator -> annotator.modelTypes.stream())
            .collect(Collectors.joining(", "))
        + ". This project's own TransformerClassifierModel runs in Spark NLP pipelines for every"
        + " family";
  }

  /** The class, without its package. */
  String className() {
    return className;
  }

  /** The assets that it makes its tokens with. */
  Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Imports a folder. */
  Model<?> load(String folder, SparkSession spark) {
    return importer.load(folder, spark);
  }
}
