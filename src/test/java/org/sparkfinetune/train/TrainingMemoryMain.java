package org.sparkfinetune.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.CompactEmbeddings;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.torch.Libtorch;

/**
 * Trains for three steps and prints by how many bytes the process grew at its height, and what
 * {@link TrainingMemory} says.
 *
 * <p>Arguments: base, precision, batch size, length, and keys of {@link ModelArguments} with their
 * values, as in {@code freeze=encoder}.
 */
public final class TrainingMemoryMain {
  private TrainingMemoryMain() {}

  /** Runs in a JVM of its own, with its heap touched beforehand. */
  public static void main(String[] args) {
    Libtorch.load();
    Libtorch.setThreads(1);
    PretrainedModel checkpoint = PretrainedModel.open(args[0], new Configuration(false));
    int batch = Integer.parseInt(args[2]);
    int length = Integer.parseInt(args[3]);
    Map<String, Object> settings = new HashMap<>(Map.of("base", args[0], "max_length", length));
    Arrays.stream(args)
        .skip(4)
        .map(setting -> setting.split("=", 2))
        .forEach(setting -> settings.put(setting[0], setting[1]));
    ModelArguments model = Schema.of("model", ModelArguments.class).create(settings);
    ModelConfig config = model.configure(ModelConfig.parse(checkpoint.config()), List.of("a", "b"));
    // What libtorch allocates once, whatever it trains.
    train(
        SequenceClassifier.fromScratch(TestModels.tinyConfig(1000, List.of("a", "b"), 0.1), 1),
        arguments(args[1], 1),
        rows(3, 8));
    long before = status("VmRSS");
    TrainingMemory said;
    try (SequenceClassifier empty = SequenceClassifier.fromScratch(config, model.adaptation(), 1)) {
      // As the rows have them.
      BitSet occurring = new BitSet();
      occurring.set(5, 1000);
      Optional<CompactEmbeddings> trimmed = empty.trimVocabulary(occurring);
      said = TrainingMemory.of(empty, arguments(args[1], batch), length, 1);
      trimmed.ifPresent(CompactEmbeddings::close);
    }
    train(
        SequenceClassifier.fromScratch(config, model.adaptation(), 1),
        arguments(args[1], batch),
        rows(3 * batch, length));
    System.out.println(status("VmHWM") - before + " " + said.total());
  }

  private static void train(
      SequenceClassifier model, TrainingArguments arguments, EncodedDataset rows) {
    try (model;
        Trainer trainer = new Trainer(model, arguments, progress -> {})) {
      trainer.train(rows, rows(1, 8));
    }
  }

  private static TrainingArguments arguments(String precision, int batch) {
    return Schema.of("training", TrainingArguments.class)
        .create(
            Map.of(
                "num_train_epochs",
                1,
                "per_device_train_batch_size",
                batch,
                "precision",
                precision));
  }

  /** Random rows of the length, but one that is shorter. */
  private static EncodedDataset rows(int count, int length) {
    Random random = new Random(1);
    EncodedDataset.Builder rows = EncodedDataset.builder();
    for (int i = 0; i < count; i++) {
      rows.add(random.ints(i == 0 ? length - 1 : length, 5, 1000).toArray(), i % 2);
    }
    return rows.build();
  }

  /** A line of {@code /proc/self/status}, in bytes. */
  private static long status(String name) {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
