package org.sparkfinetune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

class MahalanobisScoreTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** Of {@code tools/goldens/mahalanobis.py}. */
  static Stream<JsonNode> goldens() throws IOException {
    return StreamSupport.stream(
        JSON.readTree(
                Path.of("src/test/resources/org/sparkfinetune/pipeline/mahalanobis.json").toFile())
            .spliterator(),
        false);
  }

  private static double[][] matrix(JsonNode golden, String name) {
    return JSON.convertValue(golden.get(name), double[][].class);
  }

  private static MahalanobisScore fit(JsonNode golden, int partitions) {
    double[][] vectors = matrix(golden, "vectors");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < vectors.length; i++) {
      rows.add(
          RowFactory.create(
              RowFactory.create("label_" + golden.get("label").get(i).asInt()),
              Vectors.dense(vectors[i])));
    }
    StructType schema =
        new StructType()
            .add(
                PredictionColumns.ROW,
                new StructType().add("label", DataTypes.StringType, true),
                true)
            .add(PredictionColumns.POOLED, SQLDataTypes.VectorType());
    Dataset<Row> predicted =
        TestSpark.session().createDataFrame(rows, schema).repartition(partitions);
    List<String> labels =
        IntStream.range(0, golden.get("labels").asInt()).mapToObj(i -> "label_" + i).toList();
    return MahalanobisFit.of(
        predicted, "label", new LabeledRows(labels, ProblemType.SINGLE_LABEL_CLASSIFICATION));
  }

  /** Sums of other orders, and two ways to invert a covariance: 1e-9. */
  @ParameterizedTest
  @MethodSource("goldens")
  void distancesAreScikitLearnsForAnyPartitions(JsonNode golden) throws IOException {
    for (int partitions : new int[] {1, 8}) {
      MahalanobisScore score = fit(golden, partitions);
      MahalanobisFile.write(score, folder.toString(), new Configuration(false));
      int labels = golden.get("labels").asInt();
      MahalanobisScore read =
          MahalanobisFile.read(folder.toString(), labels, new Configuration(false)).orElseThrow();
      double[][] covariance = matrix(golden, "covariance");
      for (int i = 0; i < covariance.length; i++) {
        for (int j = 0; j < covariance.length; j++) {
          assertThat(score.covariance()[i][j]).isCloseTo(covariance[i][j], within(1e-9));
        }
      }
      double[][] points = matrix(golden, "points");
      for (int i = 0; i < points.length; i++) {
        double expected = golden.get("scores").get(i).asDouble();
        assertThat(score.of(points[i])).isCloseTo(expected, within(1e-9 * (1 + expected)));
        assertThat(read.of(points[i])).isEqualTo(score.of(points[i]));
      }
      assertThat(score.lacks(labels - 1)).isTrue();
      assertThat(score.lacks(0)).isFalse();
    }
  }

  @Test
  void vectorsThatAreAllTheSameAndDamagedFilesAreRefused() throws IOException {
    double[][] means = {{1, 2}};
    assertThatThrownBy(() -> new MahalanobisScore(means, new double[2][2]))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("a covariance that is not positive definite");
    Configuration hadoop = new Configuration(false);
    assertThat(MahalanobisFile.read(folder.toString(), 1, hadoop)).isEmpty();
    for (String damaged :
        List.of(
            "{",
            "{}",
            "{\"means\": [[1, 2]], \"covariance\": [[1], [0]]}",
            "{\"means\": [[1]], \"covariance\": [[1], [0, 1]]}",
            "{\"means\": [[1, \"x\"]], \"covariance\": [[1], [0, 1]]}",
            "{\"means\": [[1, 2], [3, 4]], \"covariance\": [[1], [0, 1]]}",
            "{\"means\": [null], \"covariance\": [[1], [0, 1]]}",
            "{\"means\": [[1, 2]], \"covariance\": [[1], [2, 1]]}")) {
      Files.writeString(folder.resolve("class_means.json"), damaged);
      assertThatThrownBy(() -> MahalanobisFile.read(folder.toString(), 1, hadoop))
          .as(damaged)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("calibrate.mahalanobis=true");
    }
  }
}
