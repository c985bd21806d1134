package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.RegexTokenizer;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.annotator.TransformerClassifierModel;

/**
 * What bench/predict.py asks of Spark: texts classified by an annotator, this project's or Spark
 * NLP's own, and how long that took. Of each row the labels are kept, so that nobody's answer is
 * left out of what is computed.
 */
final class MeasurePredictMain {
  private MeasurePredictMain() {}

  /** Takes a file that says what to do, and one to write. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode asked = json.readTree(new File(args[0]));
    List<String> texts = new ArrayList<>();
    asked.path("texts").forEach(text -> texts.add(text.asText()));
    SparkSession spark =
        SparkSession.builder()
            .master("local[" + asked.path("threads").asInt() + "]")
            .config("spark.ui.enabled", false)
            .config("spark.kryoserializer.buffer.max", "1g")
            .getOrCreate();
    int partitions = asked.path("partitions").asInt();
    Dataset<Row> rows = spark.createDataset(texts, Encoders.STRING()).toDF("text");
    rows = rows.coalesce(1).repartition(partitions).cache();
    Dataset<Row> few = rows.limit(asked.path("warm_up").asInt()).repartition(partitions).cache();
    rows.count();
    few.count();
    boolean stock = asked.path("engine").asText().equals("sparknlp");
    PipelineModel model = stock ? stock(asked, rows) : own(asked, rows);
    labels(model, few);
    long start = System.nanoTime();
    List<Row> labels = labels(model, rows);
    ObjectNode result = json.createObjectNode();
    result.put("seconds", (System.nanoTime() - start) / 1e9);
    labels.forEach(
        row -> result.withArray("labels").addArray().add(row.getString(0)).add(row.getString(1)));
    json.writeValue(new File(args[1]), result);
    spark.stop();
  }

  private static List<Row> labels(PipelineModel model, Dataset<Row> rows) {
    return model
        .transform(rows)
        .select(col("text"), col("category").getField("result").getItem(0))
        .collectAsList();
  }

  private static PipelineModel own(JsonNode asked, Dataset<Row> rows) {
    TransformerClassifierModel classifier =
        TransformerClassifierModel.loadSavedModel(
            asked.path("model").asText(), rows.sparkSession());
    classifier.setMaxLength(asked.path("max_length").asInt());
    classifier.setPrecision(asked.path("precision").asText());
    classifier.setInputCols(new String[] {"document"}).setOutputCol("category");
    return fitted(rows, documents(), classifier);
  }

  private static PipelineModel stock(JsonNode asked, Dataset<Row> rows) {
    RegexTokenizer words = new RegexTokenizer();
    words.setInputCols(new String[] {"document"});
    words.setOutputCol("token");
    words.setPattern("\\s+");
    BertForSequenceClassification classifier =
        (BertForSequenceClassification)
            BertForSequenceClassification.load(asked.path("exported").asText());
    classifier.setBatchSize(asked.path("batch").asInt());
    classifier.setInputCols(new String[] {"document", "token"});
    classifier.setOutputCol("category");
    return fitted(rows, documents(), words, classifier);
  }

  private static DocumentAssembler documents() {
    DocumentAssembler documents = new DocumentAssembler().setInputCol("text");
    documents.setOutputCol("document");
    return documents;
  }

  private static PipelineModel fitted(Dataset<Row> rows, PipelineStage... stages) {
    return new Pipeline().setStages(stages).fit(rows);
  }
}
