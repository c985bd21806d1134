package org.sparkfinetune.audit;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.evaluate.ExactSum;
import scala.Tuple2;

/**
 * Confident learning on rows that lie on the cluster (Northcutt, Jiang and Chuang, "Confident
 * Learning: Estimating Uncertainty in Dataset Labels", 2021), by the definitions of cleanlab 2.9.
 *
 * <p>What comes to the driver are sums by class, and counts by pair of classes that occur together.
 * Which rows of a class are the first by some order is found by Spark's windows, which sort one
 * class in one task, on disk where need be. Where cleanlab leaves ties to numpy's unstable sort,
 * the row of the lower id is first.
 *
 * <p>Label sets are judged as cleanlab does it: each label is a question of two answers of its own,
 * and a row is an issue if one of its questions is.
 */
final class ConfidentLearning {
  /** Below it, cleanlab's thresholds are not. */
  private static final double LOWEST_THRESHOLD = 2e-6;

  /** The threshold of a class that no row has: nothing reaches it. */
  private static final double UNREACHABLE = 2;

  /** The forgetting factor with which cleanlab averages the scores of a label set. */
  private static final double FORGETTING = 0.8;

  static final String ID = "id";
  static final String QUESTION = "question";
  static final String PREDICTED = "predicted";
  static final String QUALITY = "quality";
  static final String OUTLIER_SCORE = "outlier_score";

  private static final String LABEL = "given";
  private static final String OTHER = "other";
  private static final String BY = "by";
  private static final String CONFIDENT = "confident";
  private static final String AGREED = "agreed";
  private static final String LIMIT = "pruned";
  private static final String RANK = "rank";

  private final Dataset<Row> rows;
  private final Judged.Reader reader;
  private final double[][] thresholds;
  private final List<ConfidentJoint> joints;
  private final Dataset<Row> judged;

  private ConfidentLearning(
      Dataset<Row> rows, Judged.Reader reader, double[][] thresholds, Dataset<Row> judged) {
    this.rows = rows;
    this.reader = reader;
    this.thresholds = thresholds;
    this.judged = judged;
    joints = new ArrayList<>();
  }

  /**
   * Estimates the noise of rows.
   *
   * @param rows columns {@code id} (a long, different in each row), {@code labels} (an array of
   *     ints: one, or of label sets any number) and {@code probabilities} (an array of a double
   *     from 0 to 1 for each class), in this order, none of them null; read several times
   * @param multiLabel whether a row has a set of labels
   */
  static ConfidentLearning of(Dataset<Row> rows, int classes, boolean multiLabel) {
    Judged.Reader reader = new Judged.Reader(classes, multiLabel);
    List<Tuple2<Tuple2<Integer, Integer>, ClassSum>> sums =
        rows.javaRDD().mapPartitionsToPair(sums(reader)).reduceByKey(ClassSum::merge).collect();
    double[][] thresholds = new double[reader.questions()][reader.answers()];
    long[][] labelCounts = new long[reader.questions()][reader.answers()];
    Arrays.stream(thresholds).forEach(ofQuestion -> Arrays.fill(ofQuestion, UNREACHABLE));
    for (Tuple2<Tuple2<Integer, Integer>, ClassSum> sum : sums) {
      int question = sum._1()._1();
      int label = sum._1()._2();
      thresholds[question][label] = Math.max(LOWEST_THRESHOLD, sum._2().mean());
      labelCounts[question][label] = sum._2().rows;
    }
    StructType schema =
        new StructType()
            .add(ID, DataTypes.LongType)
            .add(QUESTION, DataTypes.IntegerType)
            .add(LABEL, DataTypes.IntegerType)
            .add("self", DataTypes.DoubleType)
            .add(PREDICTED, DataTypes.IntegerType)
            .add(CONFIDENT, DataTypes.IntegerType)
            .add(AGREED, DataTypes.BooleanType);
    Dataset<Row> judged = rows.mapPartitions(judge(reader, thresholds), Encoders.row(schema));
    ConfidentLearning learning = new ConfidentLearning(rows, reader, thresholds, judged);
    long[][][] confident = new long[reader.questions()][reader.answers()][reader.answers()];
    judged
        .where(col(CONFIDENT).geq(0))
        .groupBy(QUESTION, LABEL, CONFIDENT)
        .agg(count(lit(1)))
        .collectAsList()
        .forEach(row -> confident[row.getInt(0)][row.getInt(1)][row.getInt(2)] = row.getLong(3));
    for (int question = 0; question < reader.questions(); question++) {
      learning.joints.add(ConfidentJoint.of(labelCounts[question], confident[question]));
    }
    return learning;
  }

  /** Rows of a class, and the sum of their label's probability. */
  private static final class ClassSum implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ExactSum sum = new ExactSum();
    private long rows;

    void add(double probability) {
      sum.add(probability);
      rows++;
    }

    ClassSum merge(ClassSum other) {
      sum.merge(other.sum.state());
      rows += other.rows;
      return this;
    }

    double mean() {
      return sum.value() / rows;
    }
  }

  private static PairFlatMapFunction<Iterator<Row>, Tuple2<Integer, Integer>, ClassSum> sums(
      Judged.Reader reader) {
    return rows -> {
      ClassSum[][] sums = new ClassSum[reader.questions()][reader.answers()];
      while (rows.hasNext()) {
        for (Judged one : reader.of(rows.next())) {
          ClassSum[] ofQuestion = sums[one.question()];
          if (ofQuestion[one.label()] == null) {
            ofQuestion[one.label()] = new ClassSum();
          }
          ofQuestion[one.label()].add(one.probabilities()[one.label()]);
        }
      }
      List<Tuple2<Tuple2<Integer, Integer>, ClassSum>> pairs = new ArrayList<>();
      for (int question = 0; question < sums.length; question++) {
        for (int label = 0; label < sums[question].length; label++) {
          if (sums[question][label] != null) {
            pairs.add(new Tuple2<>(new Tuple2<>(question, label), sums[question][label]));
          }
        }
      }
      return pairs.iterator();
    };
  }

  private static MapPartitionsFunction<Row, Row> judge(
      Judged.Reader reader, double[][] thresholds) {
    return flat(
        row ->
            reader.of(row).stream()
                .map(
                    one ->
                        RowFactory.create(
                            row.getLong(0),
                            one.question(),
                            one.label(),
                            one.probabilities()[one.label()],
                            one.predicted(),
                            one.confident(thresholds[one.question()]),
                            one.isAgreed()))
                .iterator());
  }

  private static MapPartitionsFunction<Row, Row> flat(FlatMapFunction<Row, Row> function) {
    return rows ->
        new Iterator<>() {
          private Iterator<Row> current = List.<Row>of().iterator();

          @Override
          public boolean hasNext() {
            try {
              while (!current.hasNext() && rows.hasNext()) {
                current = function.call(rows.next());
              }
              return current.hasNext();
            } catch (RuntimeException e) {
              throw e;
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public Row next() {
            hasNext();
            return current.next();
          }
        };
  }

  /**
   * The mean probability of their label among the rows of each class; 2 of a class without rows.
   */
  double[] thresholds(int question) {
    return thresholds[question].clone();
  }

  /** One for the rows, of label sets one for each label. */
  List<ConfidentJoint> joints() {
    return List.copyOf(joints);
  }

  /** The questions whose label is an issue: {@code id}, {@code question}, {@code predicted}. */
  Dataset<Row> issues(IssueFilter filter) {
    Dataset<Row> disagreed = judged.where(col(AGREED).equalTo(false));
    Dataset<Row> found =
        switch (filter) {
          case PREDICTED_NEQ_GIVEN -> disagreed.where(col(PREDICTED).notEqual(col(LABEL)));
          case CONFIDENT_LEARNING ->
              disagreed.where(col(CONFIDENT).geq(0).and(col(CONFIDENT).notEqual(col(LABEL))));
          case PRUNE_BY_CLASS -> among(disagreed, pruned(joints, ofClass(reader)));
          case PRUNE_BY_NOISE_RATE -> among(disagreed, pruned(joints, ofNoiseRate(reader)));
          case BOTH ->
              among(
                  among(disagreed, pruned(joints, ofClass(reader))),
                  pruned(joints, ofNoiseRate(reader)));
        };
    return found.select(ID, QUESTION, PREDICTED);
  }

  private static Dataset<Row> among(Dataset<Row> some, Dataset<Row> pruned) {
    return some.join(pruned, new String[] {ID, QUESTION}, "left_semi");
  }

  /** What may be pruned of a row, given how much is of each given and true label. */
  private interface Candidates extends Serializable {
    void of(Judged judged, long[] prune, Taker taker);
  }

  /** Takes a candidate: the first {@code limit} by {@code by} are pruned. */
  private interface Taker {
    void take(int other, double by, long limit);
  }

  /** Of each class those with the least probability of it. */
  private static Candidates ofClass(Judged.Reader reader) {
    return (judged, prune, taker) -> {
      long rows = prune[reader.answers()];
      // A class of one row keeps it.
      long limit = rows > 1 ? rows - prune[judged.label()] : 0;
      taker.take(-1, judged.probabilities()[judged.label()], limit);
    };
  }

  /** Of each class and each other one those that are most for the other. */
  private static Candidates ofNoiseRate(Judged.Reader reader) {
    return (judged, prune, taker) -> {
      double[] p = judged.probabilities();
      for (int k = 0; k < reader.answers(); k++) {
        if (k != judged.label() && prune[reader.answers()] > 1) {
          taker.take(k, p[judged.label()] - p[k], prune[k]);
        }
      }
    };
  }

  private Dataset<Row> pruned(List<ConfidentJoint> ofQuestions, Candidates candidates) {
    // [question][given][true], and behind them the rows of the given label.
    long[][][] prune = new long[ofQuestions.size()][reader.answers()][];
    for (int question = 0; question < prune.length; question++) {
      ConfidentJoint joint = ofQuestions.get(question);
      long[][] counts = joint.pruneCounts();
      for (int given = 0; given < counts.length; given++) {
        prune[question][given] = Arrays.copyOf(counts[given], counts.length + 1);
        prune[question][given][counts.length] = joint.labelCount(given);
      }
    }
    Judged.Reader asked = reader;
    StructType schema =
        new StructType()
            .add(ID, DataTypes.LongType)
            .add(QUESTION, DataTypes.IntegerType)
            .add(LABEL, DataTypes.IntegerType)
            .add(OTHER, DataTypes.IntegerType)
            .add(BY, DataTypes.DoubleType)
            .add(LIMIT, DataTypes.LongType);
    MapPartitionsFunction<Row, Row> find =
        flat(
            row -> {
              List<Row> found = new ArrayList<>();
              for (Judged one : asked.of(row)) {
                candidates.of(
                    one,
                    prune[one.question()][one.label()],
                    (other, by, limit) -> {
                      if (limit > 0) {
                        found.add(
                            RowFactory.create(
                                row.getLong(0), one.question(), one.label(), other, by, limit));
                      }
                    });
              }
              return found.iterator();
            });
    Column rank =
        row_number().over(Window.partitionBy(QUESTION, LABEL, OTHER).orderBy(col(BY), col(ID)));
    return rows.mapPartitions(find, Encoders.row(schema))
        .withColumn(RANK, rank)
        .where(col(RANK).leq(col(LIMIT)))
        .select(ID, QUESTION);
  }

  /**
   * What the rows' labels are worth: {@code id}, {@code quality}, and {@code predicted}, the most
   * probable class, and {@code outlier_score} of {@link Outliers}, the two null of label sets.
   */
  Dataset<Row> quality(QualityScore score) {
    StructType schema =
        new StructType()
            .add(ID, DataTypes.LongType)
            .add(QUALITY, DataTypes.DoubleType)
            .add(PREDICTED, DataTypes.IntegerType)
            .add(OUTLIER_SCORE, DataTypes.DoubleType);
    Judged.Reader asked = reader;
    double[] means = thresholds[0];
    MapPartitionsFunction<Row, Row> scored =
        flat(
            row -> {
              List<Judged> of = asked.of(row);
              double[] scores =
                  of.stream()
                      .mapToDouble(one -> score.of(one.label(), one.probabilities()))
                      .toArray();
              boolean sets = asked.multiLabel();
              Integer predicted = sets ? null : of.get(0).predicted();
              Double outlier = sets ? null : Outliers.score(of.get(0).probabilities(), means);
              return List.of(
                      RowFactory.create(row.getLong(0), averaged(scores), predicted, outlier))
                  .iterator();
            });
    return rows.mapPartitions(scored, Encoders.row(schema));
  }

  /** The moving average of the scores from the best to the worst: the worst count most. */
  private static double averaged(double[] scores) {
    double[] ascending = scores.clone();
    Arrays.sort(ascending);
    double average = ascending[ascending.length - 1];
    for (int i = ascending.length - 2; i >= 0; i--) {
      average = FORGETTING * ascending[i] + (1 - FORGETTING) * average;
    }
    return average;
  }
}
