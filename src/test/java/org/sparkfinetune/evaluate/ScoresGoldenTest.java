package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.evaluate.ScoreGoldens.Case;
import org.sparkfinetune.task.ProblemType;

class ScoresGoldenTest {
  private static final double TOLERANCE = 1e-9;

  static List<Case> cases() {
    return ScoreGoldens.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsScikitLearnAndNetcal(Case golden) {
    Metrics metrics = golden.metrics();
    Map<String, Double> map = metrics.toMap("");
    golden
        .expected()
        .fields()
        .forEachRemaining(
            metric -> {
              if (metric.getValue().isNumber()) {
                assertThat(map.get(metric.getKey()))
                    .as(metric.getKey())
                    .isCloseTo(metric.getValue().asDouble(), within(TOLERANCE));
              }
            });
    for (int label = 0; label < golden.classes(); label++) {
      RankedScores ranked = metrics.ranked().get(label);
      assertThat(ranked.column()).isEqualTo(label);
      close(ranked.auroc(), golden.expected().get("auroc_by_label").get(label));
      close(
          ranked.averagePrecision(),
          golden.expected().get("average_precision_by_label").get(label));
    }
  }

  private static void close(double actual, JsonNode expected) {
    if (expected.isNull()) {
      assertThat(actual).isNaN();
    } else {
      assertThat(actual).isCloseTo(expected.asDouble(), within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areTheSameBitForBitWhoeverHasTheRows(Case golden) {
    List<ScoreBlock> blocks = new ArrayList<>();
    MetricsAccumulator merged = golden.accumulate(new int[0]);
    for (int part = 2; part >= 0; part--) {
      int of = part;
      int[] rows =
          IntStream.range(0, golden.labels().length).filter(row -> row % 3 == of).toArray();
      merged.merge(golden.accumulate(rows).state());
      blocks.addAll(golden.blocks(rows));
    }

    Metrics metrics = merged.metrics().with(ScoreGoldens.ranked(blocks, golden.classes()));
    assertThat(metrics.toMap("")).isEqualTo(golden.metrics().toMap(""));
    assertThat(metrics.ranked()).isEqualTo(golden.metrics().ranked());
    assertThat(metrics.reliability()).isEqualTo(golden.metrics().reliability());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theBinsHoldEveryPrediction(Case golden) {
    List<ReliabilityBin> bins = golden.metrics().reliability();

    boolean sets = golden.problemType().task().hasLabelSets();
    assertThat(bins).hasSize(15);
    assertThat(bins.stream().mapToLong(ReliabilityBin::rows).sum())
        .isEqualTo((long) golden.labels().length * (sets ? golden.classes() : 1));
    // What probabilities have below 2^-53 is cut off.
    assertThat(bins.stream().filter(bin -> bin.rows() > 0))
        .allMatch(
            bin -> bin.confidence() > bin.from() - 1e-15 && bin.confidence() < bin.to() + 1e-15);
  }

  @Test
  void noRowsGiveZeros() {
    for (ProblemType problemType : ProblemType.values()) {
      MetricsAccumulator none = Accumulators.of(problemType, 3, OptionalDouble.of(0.5));
      assertThat(none.metrics().with(List.of()).toMap("").values()).containsOnly(0.0);
      assertThat(none.metrics().reliability()).isEmpty();
      assertThat(new ScoreBlocks(problemType, 3).drain()).isEmpty();
    }
  }

  @Test
  void edgesBelongToTheBinAbove() {
    for (int i = 0; i < 15; i++) {
      double edge = i * (1.0 / 15);
      assertThat(CalibrationBins.bin(edge)).isEqualTo(i);
      assertThat(CalibrationBins.bin(Math.nextUp(edge))).isEqualTo(i);
      if (i > 0) {
        assertThat(CalibrationBins.bin(Math.nextDown(edge))).isEqualTo(i - 1);
      }
    }
    assertThat(CalibrationBins.bin(1)).isEqualTo(14);
    assertThat(CalibrationBins.bin(1 + 1e-6)).isEqualTo(14);
  }
}
