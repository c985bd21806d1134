package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RankCorrelationTest {
  private static double[] values(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asDouble();
    }
    return values;
  }

  /** Ranks are exact; what follows are a few sums of them. */
  @Test
  void itIsScipys() throws IOException {
    JsonNode cases =
        new ObjectMapper()
            .readTree(
                getClass().getResource("/org/sparkfinetune/evaluate/explanation_statistics.json"))
            .get("correlations");
    assertThat(cases).hasSize(6);
    for (JsonNode of : cases) {
      assertThat(RankCorrelation.of(values(of.get("first")), values(of.get("second"))))
          .isCloseTo(of.get("correlation").asDouble(), within(1e-12));
    }
  }

  @Test
  void ofEqualValuesThereIsNone() {
    assertThat(RankCorrelation.of(new double[] {1, 1, 1}, new double[] {1, 2, 3})).isNaN();
    assertThat(RankCorrelation.of(new double[] {1}, new double[] {1})).isNaN();
    assertThat(RankCorrelation.of(new double[0], new double[0])).isNaN();
  }
}
