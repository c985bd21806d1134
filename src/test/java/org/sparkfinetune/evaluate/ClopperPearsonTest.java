package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ClopperPearsonTest {
  /** Both solve for a quantile of the same distribution, to some 1e-10. */
  private static final double TOLERANCE = 1e-8;

  @Test
  void itIsScipysExactInterval() throws IOException {
    JsonNode cases =
        new ObjectMapper()
            .readTree(getClass().getResource("explanation_statistics.json"))
            .get("intervals");
    assertThat(cases).hasSize(9);
    for (JsonNode of : cases) {
      ClopperPearson interval =
          ClopperPearson.of(of.get("successes").asLong(), of.get("trials").asLong());
      assertThat(interval.low()).isCloseTo(of.get("low").asDouble(), within(TOLERANCE));
      assertThat(interval.high()).isCloseTo(of.get("high").asDouble(), within(TOLERANCE));
    }
  }
}
