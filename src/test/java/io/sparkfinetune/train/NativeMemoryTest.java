package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkfinetune.TestModels;
import io.sparkfinetune.config.Schema;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.EncodedDataset;
import io.sparkfinetune.torch.Libtorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** 20,000 steps must leave the process no larger than the first few thousand made it. */
@EnabledOnOs(OS.LINUX)
class NativeMemoryTest {
  private static final int STEPS = 20_000;
  private static final int WARM_UP = 5_000;

  /** Far below the 20 MB that a leak of one 1 KB tensor a step would take. */
  private static final double ALLOWED_GROWTH_MB = 8;

  @Test
  void trainingDoesNotGrowTheProcess() {
    Libtorch.load();
    // So small a model is slower on two threads than on one.
    Libtorch.setThreads(1);
    EncodedDataset train = TestRows.learnable(8 * 20, 4, 1);
    Map<String, Object> values =
        Map.of(
            "num_train_epochs", STEPS / 20, "per_device_train_batch_size", 8, "precision", "fp32");
    TrainingArguments arguments = Schema.of("training", TrainingArguments.class).create(values);
    List<Double> residentMb = new ArrayList<>();
    try (SequenceClassifier model =
            SequenceClassifier.fromScratch(
                TestModels.tinyConfig(50, List.of("a", "b", "c", "d"), 0.1), 42);
        Trainer trainer =
            new Trainer(
                model,
                arguments,
                progress -> {
                  if (progress.step() % 1000 == 0) {
                    residentMb.add(residentMb());
                  }
                })) {
      trainer.train(train, EncodedDataset.builder().build());
    }
    assertThat(residentMb).hasSize(STEPS / 1000);
    double growth = residentMb.get(residentMb.size() - 1) - residentMb.get(WARM_UP / 1000 - 1);
    assertThat(growth).as("MB, of %s", residentMb).isLessThan(ALLOWED_GROWTH_MB);
  }

  /**
   * Resident memory of this process without the Java heap, whose size is the collector's choice.
   */
  private static double residentMb() {
    System.gc();
    try {
      long rssKb = 0;
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          rssKb = Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return rssKb / 1024.0 - Runtime.getRuntime().totalMemory() / 1048576.0;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
