package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.conformal.ConformityScore;
import org.sparkfinetune.evaluate.RiskCoverage.Point;

class RiskCoverageTest {
  @Test
  void theAreaIsThatOfItsDefinition() throws IOException {
    try (InputStream in = ConformityScore.class.getResourceAsStream("conformal.json")) {
      for (JsonNode golden : new ObjectMapper().readTree(in).get("risk_coverage")) {
        RiskCoverage curve = RiskCoverage.of(confidences(golden, true), confidences(golden, false));
        assertThat(curve.aurc()).isCloseTo(golden.get("aurc").asDouble(), within(1e-9));
        Point all = curve.points().get(curve.points().size() - 1);
        assertThat(all.coverage()).isEqualTo(1);
      }
    }
  }

  private static double[] confidences(JsonNode golden, boolean hit) {
    return IntStream.range(0, golden.get("hit").size())
        .filter(row -> golden.get("hit").get(row).asBoolean() == hit)
        .mapToDouble(row -> golden.get("confidence").get(row).asDouble())
        .sorted()
        .toArray();
  }

  @Test
  void equalConfidencesAreAnsweredTogether() {
    RiskCoverage curve = RiskCoverage.of(new double[] {0.5, 0.9}, new double[] {0.5, 0.7});
    assertThat(curve.points())
        .containsExactly(new Point(0.9, 0.25, 1), new Point(0.7, 0.5, 0.5), new Point(0.5, 1, 0.5));
    assertThat(curve.aurc()).isEqualTo((0 + 0.5 + 0.5 + 0.5) / 4);
    assertThat(RiskCoverage.of(new double[0], new double[0]))
        .isEqualTo(new RiskCoverage(0, List.of()));
  }

  @Test
  void thePointsAreAtMostAHundred() {
    double[] right = IntStream.range(0, 7_001).mapToDouble(i -> i / 8_000.0).toArray();
    RiskCoverage curve = RiskCoverage.of(right, new double[] {0.25});
    assertThat(curve.points()).hasSize(RiskCoverage.POINTS);
    assertThat(curve.points().get(0).coverage()).isCloseTo(0.01, within(2e-4));
  }

  @Test
  void theMostAnswersOfAnAccuracyAreFound() {
    List<ScoreBlock> blocks =
        List.of(
            new ScoreBlock(2, new double[] {0.4, 0.9}, new double[] {0.6}),
            new ScoreBlock(2, new double[] {0.8, 0.5}, new double[] {0.3}));
    assertThat(RankedScores.mostAnswers(blocks, 1)).contains(new Point(0.8, 2 / 6.0, 1));
    assertThat(RankedScores.mostAnswers(blocks, 0.8)).contains(new Point(0.4, 5 / 6.0, 0.8));
    assertThat(RankedScores.mostAnswers(blocks, 0.5)).contains(new Point(0.3, 1, 4 / 6.0));
    assertThat(
            RankedScores.mostAnswers(
                List.of(new ScoreBlock(2, new double[] {0.4}, new double[] {0.6})), 0.9))
        .isEqualTo(Optional.empty());
  }
}
