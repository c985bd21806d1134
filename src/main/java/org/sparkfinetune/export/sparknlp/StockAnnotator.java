package org.sparkfinetune.export.sparknlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.johnsnowlabs.nlp.annotators.classifier.dl.AlbertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.CamemBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.DeBertaForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.DistilBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.MPNetForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.RoBertaForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.XlmRoBertaForSequenceClassification;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.ml.Model;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.export.TokenFeed;

/** Spark NLP 5.5.3's sequence classifiers, and what each wants to be given. */
enum StockAnnotator {
  /** ELECTRA's tokens and inputs are BERT's, and the graph is ours, so it runs here too. */
  BERT(
      List.of("bert", "electra"),
      "BertForSequenceClassification",
      "[CLS]",
      "[SEP]",
      true,
      Vocabulary.WORD_PIECE,
      BertForSequenceClassification::loadSavedModel),
  DISTILBERT(
      List.of("distilbert"),
      "DistilBertForSequenceClassification",
      "[CLS]",
      "[SEP]",
      false,
      Vocabulary.WORD_PIECE,
      DistilBertForSequenceClassification::loadSavedModel),
  MPNET(
      List.of("mpnet"),
      "MPNetForSequenceClassification",
      "<s>",
      "</s>",
      false,
      Vocabulary.WORD_PIECE,
      MPNetForSequenceClassification::loadSavedModel),
  ROBERTA(
      List.of("roberta"),
      "RoBertaForSequenceClassification",
      "<s>",
      "</s>",
      false,
      Vocabulary.BYTE_LEVEL_BPE,
      RoBertaForSequenceClassification::loadSavedModel),
  /** Its SentencePiece model has no {@code <pad>}, which is among fairseq's first ids. */
  XLM_ROBERTA(
      List.of("xlm-roberta"),
      "XlmRoBertaForSequenceClassification",
      "<s>",
      "</s>",
      false,
      new Vocabulary.SentencePiece("sentencepiece.bpe.model", 1, 1),
      XlmRoBertaForSequenceClassification::loadSavedModel),
  /** Of fairseq's first ids its SentencePiece model has none. */
  CAMEMBERT(
      List.of("camembert"),
      "CamemBertForSequenceClassification",
      "<s>",
      "</s>",
      false,
      new Vocabulary.SentencePiece("sentencepiece.bpe.model", 4, 4),
      CamemBertForSequenceClassification::loadSavedModel),
  ALBERT(
      List.of("albert"),
      "AlbertForSequenceClassification",
      "[CLS]",
      "[SEP]",
      true,
      new Vocabulary.SentencePiece("spiece.model", 0, 0),
      AlbertForSequenceClassification::loadSavedModel),
  /** It adds 1 to each piece's number, though its SentencePiece model has them all. */
  DEBERTA(
      List.of("deberta-v2"),
      "DeBertaForSequenceClassification",
      "[CLS]",
      "[SEP]",
      false,
      new Vocabulary.SentencePiece("spm.model", 0, 1),
      DeBertaForSequenceClassification::loadSavedModel);

  /** Spark NLP's import of a folder of {@code model.onnx} and {@code assets}. */
  interface Importer {
    Model<?> load(String folder, SparkSession spark);
  }

  private final List<String> modelTypes;
  private final String className;
  private final String startToken;
  private final String endToken;
  private final boolean tokenTypes;
  private final Vocabulary vocabulary;
  private final Importer importer;

  StockAnnotator(
      List<String> modelTypes,
      String className,
      String startToken,
      String endToken,
      boolean tokenTypes,
      Vocabulary vocabulary,
      Importer importer) {
    this.modelTypes = modelTypes;
    this.className = className;
    this.startToken = startToken;
    this.endToken = endToken;
    this.tokenTypes = tokenTypes;
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
    return "format=sparknlp cannot express a "
        + modelType
        + " classifier in Spark NLP 5.5.3: it has no sequence classifier of this family. It can for "
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

  /**
   * What it feeds a graph: the start token, the pieces of the text as it numbers them, the end
   * token and padding.
   *
   * @throws UserException when the tokenizer lacks one of the two, or the annotator gives its id to
   *     a piece of text too
   */
  TokenFeed feed(JsonNode tokenizer) {
    long[] modelIds = vocabulary.modelIds(tokenizer);
    for (String token : List.of(startToken, endToken)) {
      int id = Vocabulary.id(tokenizer, token);
      if (modelIds.length > 0 && (id >= modelIds.length || modelIds[id] != id)) {
        throw new UserException(
            "format=sparknlp: the tokenizer's "
                + token
                + " has id "
                + id
                + ", which Spark NLP's "
                + className
                + " gives to a piece of text too");
      }
    }
    return new TokenFeed(Vocabulary.id(tokenizer, endToken), modelIds, tokenTypes);
  }

  /** Imports a folder. */
  Model<?> load(String folder, SparkSession spark) {
    return importer.load(folder, spark);
  }
}
