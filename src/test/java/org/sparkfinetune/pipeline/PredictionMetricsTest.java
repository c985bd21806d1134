package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.ScoreBlock;
import org.sparkfinetune.evaluate.ScoreBlocks;
import org.sparkfinetune.task.ProblemType;

class PredictionMetricsTest {
  private static final List<String> LABELS =
      IntStream.range(0, 6).mapToObj(i -> "label_" + i).toList();

  private static List<Row> rows(ProblemType problemType, int count) {
    Random random = new Random(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double[] weights = random.doubles(LABELS.size(), 0.01, 1).toArray();
      // The last label has no rows.
      String label = LABELS.get(random.nextInt(LABELS.size() - 1));
      weights[LABELS.indexOf(label)] += 0.3;
      double[] probabilities = new double[weights.length];
      double sum = IntStream.range(0, weights.length).mapToDouble(j -> weights[j]).sum();
      for (int j = 0; j < weights.length; j++) {
        probabilities[j] = Math.round(weights[j] / sum * 500) / 500.0;
      }
      Object labels =
          problemType.task().hasLabelSets()
              ? (i % 3 == 0 ? new String[0] : new String[] {label})
              : label;
      rows.add(RowFactory.create(RowFactory.create(labels), Vectors.dense(probabilities)));
    }
    return rows;
  }

  private static Metrics evaluate(ProblemType problemType, List<Row> rows, int partitions) {
    DataType label =
        problemType.task().hasLabelSets()
            ? DataTypes.createArrayType(DataTypes.StringType)
            : DataTypes.StringType;
    StructType schema =
        new StructType()
            .add(PredictionColumns.ROW, new StructType().add("label", label))
            .add(PredictionColumns.PROBABILITY, SQLDataTypes.VectorType());
    Dataset<Row> predicted =
        TestSpark.session().createDataFrame(rows, schema).repartition(partitions);
    return PredictionMetrics.evaluate(
        predicted,
        "label",
        LABELS,
        problemType,
        problemType.task().hasThreshold() ? OptionalDouble.of(0.2) : OptionalDouble.empty(),
        Optional.of(new Bootstrap(50, 1, 0.9)),
        Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void oneAndEightPartitionsGiveTheSameBits(ProblemType problemType) {
    List<Row> rows = rows(problemType, 700);
    Metrics one = evaluate(problemType, rows, 1);
    Metrics eight = evaluate(problemType, rows, 8);

    assertThat(eight.toMap("")).isEqualTo(one.toMap("")).containsKey("accuracy_ci_low");
    assertThat(eight.ranked()).isEqualTo(one.ranked()).hasSize(LABELS.size());
    assertThat(eight.reliability()).isEqualTo(one.reliability());
    assertThat(one.n()).isEqualTo(700);
  }

  @ParameterizedTest
  @EnumSource
  void columnsAreThoseOfAllRows(ProblemType problemType) {
    List<Row> rows = rows(problemType, 300);
    List<ScoreBlock> blocks = new ArrayList<>();
    ScoreBlocks local = new ScoreBlocks(problemType, LABELS.size());
    for (Row row : rows) {
      Object of = row.getStruct(0).get(0);
      int[] labels =
          of instanceof String[] set
              ? IntStream.range(0, set.length).map(i -> LABELS.indexOf(set[i])).toArray()
              : new int[] {LABELS.indexOf(of)};
      local.add(labels, ((Vector) row.get(1)).toArray());
    }
    blocks.addAll(local.drain());

    Map<String, Double> metrics = evaluate(problemType, rows, 5).toMap("");
    double auroc =
        blocks.stream()
            .filter(block -> block.column() < LABELS.size() - 1)
            .mapToDouble(
                block -> RankedScores.of(block.column(), LABELS.size(), List.of(block)).auroc())
            .average()
            .orElseThrow();
    assertThat(metrics.get("auroc")).isCloseTo(auroc, within(1e-12)).isBetween(0.5, 0.9);
  }

  @ParameterizedTest
  @EnumSource
  void noRowsGiveZeros(ProblemType problemType) {
    assertThat(evaluate(problemType, List.of(), 1).toMap("").values()).containsOnly(0.0);
  }
}
