package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Schedules against transformers', by the golden of {@code tools/goldens/schedules.py}. */
class LearningRateScheduleTest {
  @Test
  void linearHasTheFactorsOfTransformers() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(getClass().getResourceAsStream("schedules.json"));
    assertThat(cases).isNotEmpty();
    for (JsonNode golden : cases) {
      LearningRateSchedule schedule =
          LearningRateSchedule.linear(
              golden.get("warmup_steps").intValue(), golden.get("steps").intValue());
      for (int step = 0; step < golden.get("steps").intValue(); step++) {
        assertThat(schedule.factor(step))
            .as("step %d of %s", step, golden)
            // The same double-precision quotient.
            .isCloseTo(golden.get("factors").get(step).doubleValue(), within(1e-15));
      }
    }
  }
}
