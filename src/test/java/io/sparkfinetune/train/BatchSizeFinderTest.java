package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkfinetune.UserException;
import io.sparkfinetune.collective.Collective;
import io.sparkfinetune.model.ActivationMemory;
import io.sparkfinetune.model.SequenceClassifier;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class BatchSizeFinderTest {
  private static final ShardedRows ROWS =
      new ShardedRows(TestRows.learnable(64, 4, 1), Collective.alone());

  private static int find(SequenceClassifier model, long bytes) {
    TrainingArguments arguments = Trainings.arguments("per_device_train_batch_size", 24);
    return new BatchSizeFinder(model, arguments, null, ROWS, () -> bytes).find();
  }

  @Test
  void theSizeIsHalvedUntilTheActivationsOfTheLongestRowsFit() {
    try (SequenceClassifier model = Trainings.model(0)) {
      int longest = 0;
      for (int row = 0; row < ROWS.size(); row++) {
        longest = Math.max(longest, ROWS.length(row));
      }
      long six = ActivationMemory.ofStep(model, ScalarType.Float, 6, longest, false);
      assertThat(find(model, Long.MAX_VALUE)).isEqualTo(24);
      assertThat(find(model, six)).isEqualTo(6);
      assertThat(find(model, six - 1)).isEqualTo(3);
      assertThatThrownBy(() -> find(model, 1000))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "memory does not suffice for one row of 12 tokens: set a smaller model.max_length,"
                  + " training.gradient_checkpointing=true, or more memory for a worker");
    }
  }

  @Test
  void aStepInSmallerPassesHasAsManyRows() {
    StepPlan plan =
        StepPlan.of(
            1000,
            2,
            Trainings.arguments(
                "per_device_train_batch_size", 24, "gradient_accumulation_steps", 2));
    assertThat(plan.batchSize()).isEqualTo(96);
    StepPlan smaller = plan.inPassesOf(7);
    assertThat(smaller.batchSize()).isEqualTo(96);
    assertThat(smaller.accumulation()).isEqualTo(7);
    assertThat(smaller.totalSteps()).isEqualTo(plan.totalSteps());
    assertThat(MachineMemory.available()).isPositive();
    assertThat(MachineMemory.peakOfProcess().orElseThrow()).isGreaterThan(1 << 20);
  }
}
