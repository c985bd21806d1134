package org.sparkfinetune.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.TestAdapters;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.torch.Libtorch;

/**
 * Trains a tiny model for 20,000 steps, of one layer as each does the same, and prints the
 * process's resident memory every 1,000, in MB.
 */
public final class NativeMemoryMain {
  static final int STEPS = 20_000;

  private static final int STEPS_AN_EPOCH = 20;
  private static final int BATCH = 8;

  private NativeMemoryMain() {}

  /**
   * Runs in a JVM of its own, whose collector frees no native memory.
   *
   * @param args a key of the model's settings and its value
   */
  public static void main(String[] args) {
    Libtorch.load();
    // So small a model is slower on two threads than on one.
    Libtorch.setThreads(1);
    EncodedDataset train = TestRows.learnable(BATCH * STEPS_AN_EPOCH, 4, 1);
    EncodedDataset validation = TestRows.learnable(BATCH, 4, 2);
    // bf16 with dropout and evaluations: the casts, the plain attention, the snapshots.
    Map<String, Object> values =
        Map.of(
            "num_train_epochs",
            STEPS / STEPS_AN_EPOCH,
            "per_device_train_batch_size",
            BATCH,
            "precision",
            "bf16");
    TrainingArguments arguments = Schema.of("training", TrainingArguments.class).create(values);
    try (SequenceClassifier model =
            SequenceClassifier.fromScratch(
                TestModels.oneLayer(50, List.of("a", "b", "c", "d"), 0.1),
                TestAdapters.adaptation(args[0], args[1]),
                42);
        Trainer trainer = new Trainer(model, arguments, NativeMemoryMain::report)) {
      trainer.train(train, validation);
    }
  }

  private static void report(TrainingProgress progress) {
    if (progress.step() % 1000 == 0) {
      System.out.println(progress.step() + " " + residentMb());
    }
  }

  private static double residentMb() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
