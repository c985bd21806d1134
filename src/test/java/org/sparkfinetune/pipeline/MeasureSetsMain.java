package org.sparkfinetune.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.conformal.ConformityMethod;
import org.sparkfinetune.conformal.ConformityScore;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.ScoreBlock;

/** What bench/conformal.py asks of a trained model's probabilities; prints JSON. */
final class MeasureSetsMain {
  private static final double[] COVERAGES = {0.9, 0.95};

  private MeasureSetsMain() {}

  /** Takes {@code sets MODEL TEST SPLITS} or {@code scope MODEL IN OUT TRAIN}. */
  public static void main(String[] args) throws Exception {
    SparkSession spark =
        SparkSession.builder()
            .master("local[*]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 4)
            .getOrCreate();
    ClassifierPipeline pipeline = ClassifierPipeline.load(spark, args[1], false);
    System.out.println(
        args[0].equals("sets")
            ? sets(spark, pipeline, predicted(spark, pipeline, args[2]), Integer.parseInt(args[3]))
            : scope(
                predicted(spark, pipeline, args[2]),
                predicted(spark, pipeline, args[3]),
                MahalanobisFit.of(
                    pipeline.vectors(csv(spark, args[4]), true),
                    "label",
                    new LabeledRows(pipeline.labels(), pipeline.problemType()))));
    spark.stop();
  }

  private static List<Row> predicted(SparkSession spark, ClassifierPipeline pipeline, String csv) {
    return pipeline
        .vectors(csv(spark, csv), true)
        .select(
            PredictionColumns.ROW,
            PredictionColumns.PROBABILITY,
            PredictionColumns.TEXT_HASH,
            PredictionColumns.LOGITS,
            PredictionColumns.POOLED)
        .collectAsList();
  }

  private static Dataset<Row> csv(SparkSession spark, String file) {
    return spark
        .read()
        .option("header", true)
        .option("multiLine", true)
        .option("escape", "\"")
        .csv(file);
  }

  private static ArrayNode sets(
      SparkSession spark, ClassifierPipeline pipeline, List<Row> rows, int splits) {
    ArrayNode result = new ObjectMapper().createArrayNode();
    StructType schema =
        new StructType()
            .add(PredictionColumns.ROW, rows.get(0).getStruct(0).schema())
            .add(PredictionColumns.PROBABILITY, SQLDataTypes.VectorType())
            .add(PredictionColumns.TEXT_HASH, DataTypes.LongType)
            .add(PredictionColumns.LOGITS, SQLDataTypes.VectorType())
            .add(PredictionColumns.POOLED, SQLDataTypes.VectorType());
    List<String> labels = pipeline.labels();
    LabeledRows reader = new LabeledRows(labels, pipeline.problemType());
    for (ConformityMethod method : ConformityMethod.values()) {
      SelectiveSettings settings =
          new SelectiveSettings(
              Arrays.stream(COVERAGES).boxed().toList(),
              new ConformityScore(method, true, 0.01, 5),
              42,
              false,
              List.of());
      Counts[] counts = {new Counts(), new Counts()};
      for (int split = 0; split < splits; split++) {
        List<Row> shuffled = new ArrayList<>(rows);
        Collections.shuffle(shuffled, new Random(split));
        int half = rows.size() / 2;
        PredictionSets sets =
            SelectiveCalibration.of(
                    spark.createDataFrame(shuffled.subList(0, half), schema),
                    "label",
                    reader,
                    labels,
                    1,
                    settings)
                .sets()
                .orElseThrow();
        for (int c = 0; c < COVERAGES.length; c++) {
          counts[c].add(COVERAGES[c], sets, labels, shuffled.subList(half, rows.size()));
        }
      }
      for (int c = 0; c < COVERAGES.length; c++) {
        counts[c].write(result.addObject(), method, COVERAGES[c]);
      }
    }
    return result;
  }

  /** Of the splits of a method and a coverage. */
  private static final class Counts {
    private final List<Double> coverages = new ArrayList<>();
    private long size;
    private long empty;
    private long rows;

    void add(double coverage, PredictionSets sets, List<String> labels, List<Row> tested) {
      int covered = 0;
      for (Row row : tested) {
        int label = labels.indexOf(row.getStruct(0).<String>getAs("label"));
        int[] set = sets.of(coverage, row.<Vector>getAs(1).toArray(), row.getLong(2));
        covered += Arrays.stream(set).anyMatch(in -> in == label) ? 1 : 0;
        size += set.length;
        empty += set.length == 0 ? 1 : 0;
        rows++;
      }
      coverages.add(covered / (double) tested.size());
    }

    void write(ObjectNode json, ConformityMethod method, double coverage) {
      json.put("method", method.spelling());
      json.put("coverage", coverage);
      json.put("mean", coverages.stream().mapToDouble(c -> c).average().orElseThrow());
      json.put("lowest", Collections.min(coverages));
      json.put("highest", Collections.max(coverages));
      json.put("size", size / (double) rows);
      json.put("empty", empty / (double) rows);
    }
  }

  private static ObjectNode scope(List<Row> in, List<Row> out, MahalanobisScore means) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    for (OutOfScopeScore score : OutOfScopeScore.values()) {
      if (score != OutOfScopeScore.NONE) {
        ScoreBlock block = new ScoreBlock(0, scores(score, out, means), scores(score, in, means));
        json.put(score.spelling(), RankedScores.of(0, 1, List.of(block)).auroc());
      }
    }
    return json;
  }

  private static double[] scores(OutOfScopeScore score, List<Row> rows, MahalanobisScore means) {
    return rows.stream()
        .mapToDouble(
            row ->
                switch (score) {
                  case ENERGY -> OutOfScopeScore.energy(row.<Vector>getAs(3).toArray());
                  case MAHALANOBIS -> means.of(row.<Vector>getAs(4).toArray());
                  default -> 1 - Arrays.stream(row.<Vector>getAs(1).toArray()).max().orElseThrow();
                })
        .toArray();
  }
}
