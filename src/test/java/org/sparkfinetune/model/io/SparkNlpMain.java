package org.sparkfinetune.model.io;

import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.DistilBertForSequenceClassification;
import com.johnsnowlabs.nlp.annotators.classifier.dl.RoBertaForSequenceClassification;
import com.johnsnowlabs.nlp.embeddings.BertEmbeddings;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.sql.SparkSession;

/**
 * Saves annotators as Spark NLP does. Arguments: the folder with what {@code loadSavedModel} takes,
 * the folder to save into. A JVM of its own: Spark NLP calls every model {@code model.onnx}, and
 * Spark holds one file of a name.
 */
final class SparkNlpMain {
  private SparkNlpMain() {}

  public static void main(String[] args) throws IOException {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.driver.host", "localhost")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.files.overwrite", "true")
            .getOrCreate();
    Path in = Path.of(args[0]);
    Path out = Path.of(args[1]);
    save(
        (MLWritable)
            BertForSequenceClassification.loadSavedModel(in.resolve("bert").toString(), spark),
        out.resolve("bert"));
    save(
        (MLWritable) BertEmbeddings.loadSavedModel(in.resolve("minilm").toString(), spark, false),
        out.resolve("minilm"));
    save(
        (MLWritable)
            RoBertaForSequenceClassification.loadSavedModel(
                in.resolve("roberta").toString(), spark),
        out.resolve("roberta"));
    save(
        (MLWritable)
            DistilBertForSequenceClassification.loadSavedModel(
                in.resolve("distilbert").toString(), spark),
        out.resolve("distilbert"));
    spark.stop();
  }

  private static void save(MLWritable annotator, Path path) throws IOException {
    annotator.save(path.toString());
  }
}
