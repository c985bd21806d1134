package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.train.LogEntry;

/**
 * What a notebook on a cluster does: fine-tunes a model of an MLflow server or of a hub, on
 * executors that do not reach the driver's disk. Prints what the test reads. Arguments: settings of
 * the session, as {@code key=value,key=value}; the model's name; its folder; a cache for the
 * executors.
 */
public final class RegisteredBaseMain {
  private RegisteredBaseMain() {}

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    // To another process this is another folder.
    System.setProperty("spark-finetune.cache.dir", "/proc/self/cwd/of-driver/cache");
    try (SparkSession spark =
        SparkSession.builder()
            .master("local-cluster[2,1,2048]")
            .config("spark.executor.memory", "1g")
            .config("spark.executorEnv.SPARK_FINETUNE_CACHE_DIR", args[3])
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      for (String setting : args[0].split(",")) {
        spark.conf().set(setting.replaceFirst("=.*", ""), setting.replaceFirst("[^=]*=", ""));
      }
      TransformerClassifierModel ofServer = train(spark, args[1]);
      TransformerClassifierModel ofFolder = train(spark, Path.of(args[2]).toUri().toString());
      System.out.println("same: " + figures(ofServer).equals(figures(ofFolder)));
      System.out.println("figures: " + figures(ofServer));
      ModelProvenance record = ofServer.provenance().orElseThrow();
      System.out.println("base: " + record.base() + " " + record.settings().get("model.base"));
      System.out.println(
          "loaded: "
              + String.join(
                  " ", TransformerClassifierModel.loadSavedModel(args[1], spark).getClasses()));
    }
    System.exit(0);
  }

  private static TransformerClassifierModel train(SparkSession spark, String base) {
    DocumentAssembler documents = new DocumentAssembler().setInputCol("text");
    documents.setOutputCol("document");
    TransformerClassifierApproach approach =
        new TransformerClassifierApproach()
            .setInputCols(new String[] {"document"})
            .setLabelColumn("label")
            .setBase(base)
            .setMaxLength(16)
            .setNumTrainEpochs(2)
            .setNumWorkers(2);
    approach.setOutputCol("category");
    return approach.fit(documents.transform(rows(spark)));
  }

  /** Those that do not tell of time and memory. */
  private static List<Map<String, Double>> figures(TransformerClassifierModel model) {
    List<Map<String, Double>> figures = new ArrayList<>();
    for (LogEntry entry : model.trainingSummary().orElseThrow().logHistory()) {
      Map<String, Double> ofTraining = new TreeMap<>(entry.toMap());
      ofTraining.keySet().retainAll(List.of("step", "loss", "grad_norm"));
      figures.add(ofTraining);
    }
    return figures;
  }

  private static Dataset<Row> rows(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      rows.add(RowFactory.create("the cat sat " + i, i % 2 == 0 ? "card" : "refund"));
    }
    return spark.createDataFrame(
        rows,
        new StructType().add("text", DataTypes.StringType).add("label", DataTypes.StringType));
  }
}
