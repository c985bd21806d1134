package org.sparkfinetune.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sparkfinetune.TestSpark;

/** Against cleanlab: {@code tools/goldens/confident_learning.py} wrote what is expected. */
class ConfidentLearningTest {
  private static final double TOLERANCE = 1e-9;

  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("labels", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("probabilities", DataTypes.createArrayType(DataTypes.DoubleType));

  private static JsonNode golden() {
    try (var in =
        new GZIPInputStream(
            ConfidentLearningTest.class.getResourceAsStream("confident_learning.json.gz"))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> equalsCleanlab() {
    return StreamSupport.stream(golden().get("cases").spliterator(), false)
        .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> check(c, false)));
  }

  @TestFactory
  Stream<DynamicTest> equalsCleanlabOnLabelSets() {
    return StreamSupport.stream(golden().get("sets").spliterator(), false)
        .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> check(c, true)));
  }

  private static void check(JsonNode golden, boolean multiLabel) {
    ConfidentLearning found = learned(golden, multiLabel, 3);
    if (!multiLabel) {
      checkNoise(golden, found);
      checkOutliers(golden, found);
    }
    for (IssueFilter filter : IssueFilter.values()) {
      assertThat(issues(found, filter))
          .as(filter.name())
          .isEqualTo(
              numbers(golden.get("issues").get(filter.name().toLowerCase(Locale.ROOT))).stream()
                  .map(Double::longValue)
                  .toList());
    }
    for (QualityScore score : QualityScore.values()) {
      List<Double> expected =
          numbers(golden.get("quality").get(score.name().toLowerCase(Locale.ROOT)));
      close(quality(found, score), expected);
    }
  }

  private static void checkOutliers(JsonNode golden, ConfidentLearning found) {
    Dataset<Row> scores = found.quality(QualityScore.SELF_CONFIDENCE).orderBy("id");
    List<Double> expected = numbers(golden.get("outlier_scores"));
    close(scores.collectAsList().stream().map(row -> row.getDouble(3)).toList(), expected);
    assertThat(Outliers.limit(scores.select(ConfidentLearning.OUTLIER_SCORE)))
        .isCloseTo(golden.get("outlier_limit").asDouble(), within(TOLERANCE));
    List<ConfidentJoint.Overlap> overlaps = found.joints().get(0).overlapping();
    assertThat(overlaps).hasSize(golden.get("overlapping").size());
    for (int i = 0; i < overlaps.size(); i++) {
      JsonNode pair = golden.get("overlapping").get(i);
      assertThat(overlaps.get(i).one()).isEqualTo(pair.get(0).asInt());
      assertThat(overlaps.get(i).other()).isEqualTo(pair.get(1).asInt());
      assertThat(overlaps.get(i).rows()).isEqualTo(pair.get(2).asLong());
      assertThat(overlaps.get(i).share()).isCloseTo(pair.get(3).asDouble(), within(TOLERANCE));
    }
  }

  private static void checkNoise(JsonNode golden, ConfidentLearning found) {
    close(boxed(found.thresholds(0)), numbers(golden.get("thresholds")));
    ConfidentJoint joint = found.joints().get(0);
    close(boxed(joint.prior()), numbers(golden.get("prior")));
    for (int given = 0; given < joint.classes(); given++) {
      for (int k = 0; k < joint.classes(); k++) {
        assertThat(joint.count(given, k)).isEqualTo(golden.get("joint").get(given).get(k).asLong());
      }
    }
    if (golden.has("noise")) {
      close(joint.noiseMatrix(), golden.get("noise"));
      close(joint.inverseNoiseMatrix(), golden.get("inverse"));
      double noise = 1;
      for (int given = 0; given < joint.classes(); given++) {
        noise -= golden.get("share").get(given).get(given).asDouble();
        for (int k = 0; k < joint.classes(); k++) {
          assertThat(joint.joint(given, k))
              .isCloseTo(golden.get("share").get(given).get(k).asDouble(), within(TOLERANCE));
        }
      }
      assertThat(joint.noise()).isCloseTo(noise, within(TOLERANCE));
    }
  }

  /** In whatever order rows come, and in however many partitions, all is the same, bit for bit. */
  @Test
  void doesNotDependOnPartitions() {
    JsonNode golden = golden().get("cases").get(3);
    ConfidentLearning one = learned(golden, false, 1);
    ConfidentLearning eight = learned(golden, false, 8);
    assertThat(eight.thresholds(0)).containsExactly(one.thresholds(0));
    assertThat(eight.joints().get(0).prior()).containsExactly(one.joints().get(0).prior());
    for (IssueFilter filter : IssueFilter.values()) {
      assertThat(issues(eight, filter)).isEqualTo(issues(one, filter));
    }
  }

  private static ConfidentLearning learned(JsonNode golden, boolean multiLabel, int partitions) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < golden.get("labels").size(); i++) {
      JsonNode label = golden.get("labels").get(i);
      List<Integer> labels =
          label.isArray()
              ? numbers(label).stream().map(Double::intValue).toList()
              : List.of(label.asInt());
      rows.add(
          RowFactory.create(
              (long) i,
              labels.toArray(Integer[]::new),
              numbers(golden.get("probabilities").get(i)).toArray(Double[]::new)));
    }
    Collections.shuffle(rows, new Random(partitions));
    Dataset<Row> dataset =
        TestSpark.session().createDataFrame(rows, SCHEMA).repartition(partitions);
    int classes = golden.get("probabilities").get(0).size();
    return ConfidentLearning.of(dataset, classes, multiLabel);
  }

  private static List<Long> issues(ConfidentLearning found, IssueFilter filter) {
    return found.issues(filter).select("id").distinct().orderBy("id").collectAsList().stream()
        .map(row -> row.getLong(0))
        .toList();
  }

  private static List<Double> quality(ConfidentLearning found, QualityScore score) {
    return found.quality(score).orderBy("id").collectAsList().stream()
        .map(row -> row.getDouble(1))
        .toList();
  }

  private static List<Double> numbers(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asDouble).toList();
  }

  private static List<Double> boxed(double[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  private static void close(double[][] actual, JsonNode expected) {
    IntStream.range(0, actual.length)
        .forEach(i -> close(boxed(actual[i]), numbers(expected.get(i))));
  }

  private static void close(List<Double> actual, List<Double> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i)).isCloseTo(expected.get(i), within(TOLERANCE));
    }
  }
}
