package org.sparkfinetune.export.sparknlp;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.RegexTokenizer;
import com.johnsnowlabs.nlp.annotators.Tokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.common.TokenPiece;
import com.johnsnowlabs.nlp.annotators.common.TokenizedWithSentence;
import com.johnsnowlabs.nlp.annotators.common.WordpieceTokenizedSentence;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Counts on how many texts Spark NLP's BertForSequenceClassification sees other tokens, and
 * predicts another label, than the model that was exported to it, by the tokenizer that stands
 * before it.
 *
 * <p>Arguments: a fine-tuned BERT model, and a CSV file with a column {@code text}.
 */
public final class StockTokensMain {
  /** Cuts where BERT's own tokenizer does: at spaces, and around punctuation. */
  private static final String BERT_WORDS = "\\s+|(?=[\\p{P}$+<=>^`|~])|(?<=[\\p{P}$+<=>^`|~])";

  private StockTokensMain() {}

  /** Prints the longest text and a line for each tokenizer. */
  public static void main(String[] args) throws Exception {
    SparkSession spark =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").getOrCreate();
    Path model = new Path(args[0]);
    java.nio.file.Path stage = Files.createTempDirectory("stock");
    Dataset<Row> texts =
        spark
            .read()
            .option("header", true)
            .option("multiLine", true)
            .option("escape", "\"")
            .csv(args[1])
            .select("text")
            .coalesce(1)
            .cache();
    try (ExportSource source = ExportSource.open(model, new Configuration())) {
      new SparkNlpExport(spark).write(source, new Path(stage.toString()), new Configuration());
      TransformerClassifierModel own =
          TransformerClassifierModel.of(source.classifier().toFiles(source.tokenizer()));
      own.setInputCols(new String[] {"document"}).setOutputCol("category");
      List<Row> expected = run(texts, documents(), own);
      BertForSequenceClassification stock =
          (BertForSequenceClassification) BertForSequenceClassification.load(stage.toString());
      System.out.println("maxSentenceLength " + stock.getMaxSentenceLength());
      try (TextTokenizer encoder =
          TextTokenizer.of(source.tokenizer(), stock.getMaxSentenceLength())) {
        report("Tokenizer()", new Tokenizer(), stock, encoder, texts, expected);
        RegexTokenizer words = new RegexTokenizer().setPattern(BERT_WORDS);
        report("RegexTokenizer, " + BERT_WORDS, words, stock, encoder, texts, expected);
      }
    } finally {
      FileUtils.deleteDirectory(stage.toFile());
      spark.stop();
    }
  }

  private static void report(
      String name,
      PipelineStage tokenizer,
      BertForSequenceClassification stock,
      TextTokenizer encoder,
      Dataset<Row> texts,
      List<Row> expected) {
    tokenizer.set(tokenizer.getParam("inputCols"), new String[] {"document"});
    tokenizer.set(tokenizer.getParam("outputCol"), "token");
    List<Row> actual = run(texts, documents(), tokenizer, stock);
    int tokens = 0;
    int labels = 0;
    for (int i = 0; i < expected.size(); i++) {
      Row row = actual.get(i);
      Encoding encoding = encoder.encode(List.of(row.<String>getAs("text"))).get(0);
      tokens += Arrays.equals(encoding.inputIds(), ids(row, stock, encoding)) ? 0 : 1;
      labels += row.getAs("label").equals(expected.get(i).getAs("label")) ? 0 : 1;
    }
    System.out.printf(
        Locale.ROOT,
        "%s: of %d texts %d (%.1f %%) have other tokens, %d (%.1f %%) another label%n",
        name,
        expected.size(),
        tokens,
        100.0 * tokens / expected.size(),
        labels,
        100.0 * labels / expected.size());
  }

  /** The ids of a row as the stock annotator makes them, in the special tokens of {@code like}. */
  private static int[] ids(Row row, BertForSequenceClassification stock, Encoding like) {
    Seq<Row> annotations = row.getAs("token");
    List<Annotation> tokens =
        JavaConverters.seqAsJavaList(annotations).stream().map(Annotation::apply).toList();
    List<Annotation> all = new ArrayList<>(tokens);
    JavaConverters.seqAsJavaList(row.<Seq<Row>>getAs("document"))
        .forEach(document -> all.add(Annotation.apply(document)));
    int length = stock.getMaxSentenceLength();
    Seq<WordpieceTokenizedSentence> sentences =
        stock
            .getModelIfNotSet()
            .tokenizeWithAlignment(
                TokenizedWithSentence.unpack(JavaConverters.asScalaBuffer(all).toList()),
                length,
                stock.getCaseSensitive());
    int[] pieces =
        Arrays.stream(sentences.head().tokens())
            .mapToInt(TokenPiece::pieceId)
            .limit(length - 2L)
            .toArray();
    int[] ids = new int[pieces.length + 2];
    ids[0] = like.inputIds()[0];
    System.arraycopy(pieces, 0, ids, 1, pieces.length);
    ids[ids.length - 1] = like.inputIds()[like.inputIds().length - 1];
    return ids;
  }

  private static DocumentAssembler documents() {
    DocumentAssembler assembler = new DocumentAssembler().setInputCol("text");
    assembler.setOutputCol("document");
    return assembler;
  }

  private static List<Row> run(Dataset<Row> texts, PipelineStage... stages) {
    return new Pipeline()
        .setStages(stages)
        .fit(texts)
        .transform(texts)
        .selectExpr(
            "text",
            "document",
            stages.length > 2 ? "token" : "null as token",
            "category.result[0] as label")
        .collectAsList();
  }
}
