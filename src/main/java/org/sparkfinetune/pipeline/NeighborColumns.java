package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_set;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.task.ProblemType;
import scala.Tuple2;

/**
 * Finds the training rows that are nearest to other rows, exactly: every block of training vectors
 * meets every block of the others, and the nearest of each meeting are merged. No rows come to the
 * driver, and a task holds two blocks.
 */
public final class NeighborColumns {
  /**
   * The nearest training rows of a text, the nearest first, an array of structs: {@code text}, of
   * pairs also {@code text_pair}, {@code label} and {@code prediction} (as {@link
   * PredictionColumns#PREDICTION}), {@code similarity} (the cosine of the two vectors that the last
   * layer takes) and {@code influence} (the product of the two gradients of the last layer, of the
   * training row's loss and that of the prediction: TracIn's at these weights, Pruthi et al., 2020.
   * Above 0 a step on that row makes the prediction surer, below less sure; null where the model
   * does not know its label). Training rows of the same text and label are one.
   */
  public static final String NEIGHBORS = "neighbors";

  /** A training row's labels, an array of strings. */
  public static final String LABELS = "labels";

  private static final int BLOCK = 1024;
  private static final long ROWS_OF_A_PART = 4L * BLOCK;

  private NeighborColumns() {}

  /**
   * The nearest training rows of texts.
   *
   * @param rows columns as {@link ExampleColumns} has texts, none of them blank
   * @param training the same, and {@link #LABELS}, of one label each where the model is
   *     single-label; some rows
   * @param most so many of each
   * @return of each different text, or pair of texts, its columns and {@link #NEIGHBORS}; cached,
   *     and the caller's to unpersist
   */
  public static Dataset<Row> of(
      ClassifierPipeline pipeline, Dataset<Row> rows, Dataset<Row> training, int most) {
    ProblemType problemType = pipeline.problemType();
    Column[] texts =
        Arrays.stream(new String[] {ExampleColumns.TEXT, ExampleColumns.TEXT_PAIR})
            .filter(Arrays.asList(training.columns())::contains)
            .map(functions::col)
            .toArray(Column[]::new);
    int parallelism = rows.sparkSession().sparkContext().defaultParallelism();
    int parts = Math.max(parallelism, training.rdd().getNumPartitions());
    // Equal texts have one vector: the noise of the arithmetic cannot put them in any order.
    JavaRDD<VectorBlock> known =
        blocks(
            pipeline,
            training
                .repartition(parts, texts)
                .groupBy(texts)
                .agg(array_sort(collect_set(LABELS)).as(LABELS)),
            texts.length);
    JavaRDD<VectorBlock> asked =
        blocks(
            pipeline, rows.select(texts).repartition(parallelism, texts).distinct(), texts.length);
    HeadGradients gradients = new HeadGradients(pipeline.labels(), problemType);
    known.persist(StorageLevel.MEMORY_AND_DISK());
    asked.persist(StorageLevel.MEMORY_AND_DISK());
    try {
      JavaRDD<Row> found =
          coalesced(known)
              .cartesian(coalesced(asked))
              .flatMapToPair(
                  blocks -> {
                    VectorBlock own = blocks._2();
                    List<ArrayList<Neighbor>> nearest = own.nearest(blocks._1(), most, gradients);
                    List<Tuple2<List<String>, ArrayList<Neighbor>>> ofTexts = new ArrayList<>();
                    for (int i = 0; i < own.size(); i++) {
                      ofTexts.add(new Tuple2<>(Arrays.asList(own.item(i).texts()), nearest.get(i)));
                    }
                    return ofTexts.iterator();
                  })
              .reduceByKey((one, other) -> Neighbor.merged(one, other, most), parallelism)
              .map(ofText -> row(ofText._1(), ofText._2(), problemType));
      Dataset<Row> neighbors =
          rows.sparkSession()
              .createDataFrame(found, schema(texts.length == 2, problemType))
              .persist(StorageLevel.MEMORY_AND_DISK());
      neighbors.count();
      return neighbors;
    } finally {
      known.unpersist();
      asked.unpersist();
    }
  }

  /** The rows with their vectors, in blocks; computed where the rows are. */
  private static JavaRDD<VectorBlock> blocks(
      ClassifierPipeline pipeline, Dataset<Row> rows, int texts) {
    ProblemType problemType = pipeline.problemType();
    double temperature = pipeline.temperature();
    boolean labeled = Arrays.asList(rows.columns()).contains(LABELS);
    return pipeline
        .pooled(rows)
        .select(
            col(PredictionColumns.ROW),
            new LabeledRows(pipeline.labels(), problemType)
                .array(col(PredictionColumns.PREDICTION)),
            col(PredictionColumns.LOGITS),
            col(PredictionColumns.POOLED))
        .javaRDD()
        .mapPartitions(part -> blocks(part, texts, labeled, problemType, temperature));
  }

  private static Iterator<VectorBlock> blocks(
      Iterator<Row> rows, int texts, boolean labeled, ProblemType problemType, double temperature) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public VectorBlock next() {
        List<VectorBlock.Item> items = new ArrayList<>();
        while (items.size() < BLOCK && rows.hasNext()) {
          items.add(item(rows.next(), texts, labeled, problemType, temperature));
        }
        return VectorBlock.of(items);
      }
    };
  }

  private static VectorBlock.Item item(
      Row row, int texts, boolean labeled, ProblemType problemType, double temperature) {
    Row own = row.getStruct(0);
    String[] ofRow = new String[texts];
    Arrays.setAll(ofRow, own::getString);
    String[][] labels =
        labeled
            ? own.<scala.collection.Seq<String>>getList(texts).stream()
                .map(set -> strings(scala.collection.JavaConverters.seqAsJavaList(set)))
                .toArray(String[][]::new)
            : new String[0][];
    double[] scaled = row.<Vector>getAs(2).toArray();
    float[] logits = new float[scaled.length];
    for (int i = 0; i < logits.length; i++) {
      // Those that were trained.
      logits[i] = (float) (scaled[i] * temperature);
    }
    return new VectorBlock.Item(
        ofRow,
        labels,
        strings(row.getList(1)),
        problemType.task().probabilities(logits),
        row.<Vector>getAs(3).toArray());
  }

  private static String[] strings(List<String> list) {
    return list.toArray(String[]::new);
  }

  /** In no more parts than there is work for: each meets each of the others in a task. */
  private static JavaRDD<VectorBlock> coalesced(JavaRDD<VectorBlock> blocks) {
    long rows = blocks.map(block -> (long) block.size()).fold(0L, Long::sum);
    return blocks.coalesce((int) Math.max(1, rows / ROWS_OF_A_PART));
  }

  private static StructType schema(boolean pairs, ProblemType problemType) {
    DataType label =
        problemType.task().hasLabelSets()
            ? DataTypes.createArrayType(DataTypes.StringType)
            : DataTypes.StringType;
    StructType texts = new StructType().add(ExampleColumns.TEXT, DataTypes.StringType);
    if (pairs) {
      texts = texts.add(ExampleColumns.TEXT_PAIR, DataTypes.StringType);
    }
    StructType neighbor =
        texts
            .add("label", label)
            .add("similarity", DataTypes.DoubleType)
            .add("prediction", label)
            .add("influence", DataTypes.DoubleType);
    return texts.add(NEIGHBORS, DataTypes.createArrayType(neighbor));
  }

  private static Row row(List<String> texts, List<Neighbor> nearest, ProblemType problemType) {
    boolean sets = problemType.task().hasLabelSets();
    List<Row> neighbors = new ArrayList<>();
    for (Neighbor neighbor : nearest) {
      List<Object> values = new ArrayList<>(Arrays.asList(neighbor.texts));
      values.add(sets ? neighbor.labels : neighbor.labels[0]);
      values.add(neighbor.similarity);
      values.add(sets ? neighbor.prediction : neighbor.prediction[0]);
      values.add(Double.isNaN(neighbor.influence) ? null : neighbor.influence);
      neighbors.add(RowFactory.create(values.toArray()));
    }
    List<Object> values = new ArrayList<>(texts);
    values.add(neighbors.toArray(Row[]::new));
    return RowFactory.create(values.toArray());
  }
}
