package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.TestWorkers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ActivationMemory;
import org.sparkfinetune.model.compute.Parameter;

class BatchSizeFinderTest {
  private static final ShardedRows ROWS =
      new ShardedRows(TestRows.learnable(64, 4, 1), SingleWorkerGroup.INSTANCE);

  private static int find(SequenceClassifier model, int workers, long bytes) {
    TrainingArguments arguments = Trainings.arguments("per_device_train_batch_size", 24);
    StepPlan plan = StepPlan.of(ROWS.size(), workers, arguments);
    return new BatchSizeFinder(model, arguments, null, ROWS, plan, () -> bytes).find();
  }

  @Test
  void theSizeIsHalvedUntilTheActivationsOfTheLongestRowsFitBesideTheGradients() {
    try (SequenceClassifier model = Trainings.model(0)) {
      int longest = ROWS.longest();
      long all =
          ActivationMemory.ofStep(
              model::logits, model.attention(), ScalarType.Float, 24, longest, false);
      long six =
          ActivationMemory.ofStep(
              model::logits, model.attention(), ScalarType.Float, 6, longest, false);
      long gradients = 0;
      for (Parameter weight : model.parameters().trainable()) {
        gradients += weight.tensor().numel() * Float.BYTES;
      }
      assertThat(gradients).isLessThan(all);
      assertThat(find(model, 1, Long.MAX_VALUE)).isEqualTo(24);
      // A step of one pass frees activations as gradients come.
      assertThat(find(model, 1, all)).isEqualTo(24);
      assertThat(find(model, 2, all)).isEqualTo(12);
      assertThat(find(model, 2, all + gradients)).isEqualTo(24);
      assertThat(find(model, 1, six + gradients)).isEqualTo(6);
      assertThat(find(model, 1, six + gradients - 1)).isEqualTo(3);
      assertThatThrownBy(() -> find(model, 1, 1000))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "memory does not suffice for one row of 12 tokens: set a smaller model.max_length,"
                  + " training.gradient_checkpointing=true, or more memory for a worker");
    }
  }

  @Test
  void filesThatAGroupReadCountAsMemoryThatIsLeft(@TempDir Path group) throws IOException {
    assertThat(MachineMemory.leftOfGroup(group)).isEmpty();
    Files.writeString(group.resolve("memory.max"), "max\n");
    Files.writeString(group.resolve("memory.current"), "900\n");
    assertThat(MachineMemory.leftOfGroup(group)).isEmpty();
    Files.writeString(group.resolve("memory.max"), "1000\n");
    assertThat(MachineMemory.leftOfGroup(group)).hasValue(100);
    String stat = "anon 100\ninactive_anon 7\ninactive_file 600\nactive_file 200\n";
    Files.writeString(group.resolve("memory.stat"), stat);
    assertThat(MachineMemory.leftOfGroup(group)).hasValue(700);
  }

  @ParameterizedTest
  @EnumSource
  void workersOfAHostShareItsMemory(Hosts hosts) throws Exception {
    assertThat(TestWorkers.run(2, hosts, WorkerGroup::workersOfHost))
        .containsOnly(hosts == Hosts.ONE ? 2 : 1);
    assertThat(SingleWorkerGroup.INSTANCE.workersOfHost()).isEqualTo(1);
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
    StepPlan smaller = plan.inMicroBatchesOf(7);
    assertThat(smaller.batchSize()).isEqualTo(96);
    assertThat(smaller.accumulation()).isEqualTo(7);
    assertThat(smaller.totalSteps()).isEqualTo(plan.totalSteps());
    assertThat(MachineMemory.available()).isPositive();
    assertThat(MachineMemory.peakOfProcess().orElseThrow()).isGreaterThan(1 << 20);
  }
}
