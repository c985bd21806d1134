package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

/** Schedules against transformers', by the golden of {@code tools/goldens/training.py}. */
class LearningRateScheduleTest {
  @Test
  void factorsAreThoseOfTransformers() throws IOException {
    ObjectMapper json = new ObjectMapper();
    Set<SchedulerType> seen = EnumSet.noneOf(SchedulerType.class);
    for (JsonNode golden : json.readTree(getClass().getResourceAsStream("schedules.json"))) {
      TrainingArguments arguments =
          TestWeights.arguments(
              json.convertValue(
                  golden.get("settings"), new TypeReference<Map<String, Object>>() {}));
      seen.add(arguments.schedule().lrSchedulerType());
      int steps = golden.get("steps").intValue();
      assertThat(golden.get("factors")).hasSize(steps);
      LearningRateSchedule schedule =
          LearningRateSchedule.of(
              arguments.schedule(), steps, arguments.optimizer().learningRate());
      for (int step = 0; step < steps; step++) {
        assertThat(schedule.factor(step))
            .as("step %d of %s", step, golden)
            // The same formula in double precision, but for the last digit of a cosine or a power.
            .isCloseTo(golden.get("factors").get(step).doubleValue(), within(1e-15));
      }
    }
    assertThat(seen).containsExactlyInAnyOrder(SchedulerType.values());
  }

  @Test
  void aPolynomialThatWouldRiseIsRefused() {
    TrainingArguments arguments =
        TestWeights.arguments(Map.of("lr_scheduler_type", "polynomial", "learning_rate", 1e-8));
    assertThatThrownBy(
            () ->
                LearningRateSchedule.of(
                    arguments.schedule(), 10, arguments.optimizer().learningRate()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "training.learning_rate=1.0E-8 is too small for training.lr_scheduler_type=polynomial,"
                + " which falls to 1.0E-7: give a larger one, or take linear, which falls to 0");
  }
}
