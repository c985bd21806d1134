package org.sparkfinetune.distributed;

import com.johnsnowlabs.nlp.DocumentAssembler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.annotator.TransformerClassifierApproach;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Fine-tunes on a real multi-process Spark and prints where libtorch was loaded; the test reads it.
 * Arguments: a folder to save to.
 */
public final class LocalClusterMain {
  private LocalClusterMain() {}

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    try (SparkSession spark =
        SparkSession.builder()
            .master("local-cluster[2,1,4096]")
            .config("spark.executor.memory", "2g")
            .config("spark.executor.heartbeatInterval", "1s")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      List<TrainingProgress> progress = new ArrayList<>();
      DocumentAssembler documents = new DocumentAssembler().setInputCol("text");
      documents.setOutputCol("document");
      TransformerClassifierApproach approach =
          new TransformerClassifierApproach()
              .setInputCols(new String[] {"document"})
              .setLabelColumn("label")
              .setValidationSplit(0.2)
              .setNumTrainEpochs(3)
              .setPerDeviceTrainBatchSize(8)
              .setLearningRate(5e-4)
              .setProgress(progress::add);
      approach.setOutputCol("category");
      Dataset<Row> rows = rows(spark);
      PipelineModel fitted =
          new Pipeline().setStages(new PipelineStage[] {documents, approach}).fit(rows);
      System.out.println("driver holds libtorch after fit: " + holdsLibtorch());
      System.out.println("executors: " + executors(spark));
      TransformerClassifierModel model = (TransformerClassifierModel) fitted.stages()[1];
      System.out.println(
          "accuracy: " + model.trainingSummary().orElseThrow().metrics().get("eval_accuracy"));
      System.out.println("progress: " + progress.get(progress.size() - 1).step());
      fitted.write().overwrite().save(args[0]);
      Dataset<Row> predicted = PipelineModel.load(args[0]).transform(rows);
      long right = predicted.where("category.result[0] = label").count();
      System.out.println("right: " + right + " of " + rows.count());
      System.out.println("driver holds libtorch in the end: " + holdsLibtorch());
    }
    System.exit(0);
  }

  private static Dataset<Row> rows(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    for (String word : List.of("red", "green", "blue", "black", "white", "gray", "pink", "brown")) {
      rows.add(RowFactory.create("my parcel with the " + word + " shoes is late", "delivery"));
      rows.add(RowFactory.create("where is the " + word + " coat, it should be here", "delivery"));
      rows.add(RowFactory.create("money back for the " + word + " hat please", "refund"));
      rows.add(RowFactory.create("please refund my " + word + " scarf", "refund"));
    }
    StructType schema =
        new StructType().add("text", DataTypes.StringType).add("label", DataTypes.StringType);
    return spark.createDataFrame(rows, schema).repartition(2);
  }

  /** One line an executor process: its id, and whether it holds libtorch. */
  private static List<String> executors(SparkSession spark) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(IntStream.range(0, 8).boxed().toList(), 8)
        .map(
            i -> {
              // Long enough that both executors get tasks.
              Thread.sleep(300);
              return SparkEnv.get().executorId() + "=" + holdsLibtorch();
            })
        .distinct()
        .collect();
  }

  private static boolean holdsLibtorch() throws IOException {
    return Files.readString(Path.of("/proc/self/maps")).contains("libtorch_cpu");
  }
}
