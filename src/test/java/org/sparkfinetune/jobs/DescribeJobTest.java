package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;

/** What a user sees on the terminal. */
class DescribeJobTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier");

  @Test
  void embeddedEncoder() throws Exception {
    String text = describe("model.base=minilm-l6", "training.precision=fp32");

    assertThat(text)
        .contains("  family               bert\n", "  class                BertForSequence")
        .contains(
            "  labels               none: an encoder; the head is shown for 2, training makes")
        .contains(
            "  problem_type         not set; fine-tuning makes it single_label_classification")
        .contains("  layers 1-6, each           1,774,464       1,774,464               0\n")
        .contains("Memory to train, batches of 32 texts of 128 tokens, fp32\n")
        .contains(
            "MiB at the height; the C library's allocator adds 10 to 40 %, and the JVM with its heap");
  }

  @Test
  void frozenEncoderHasNoGradients() throws Exception {
    String text =
        describe("model.base=" + CLASSIFIER, "model.max_length=16", "model.freeze=encoder");

    assertThat(text)
        .contains("  layers 1-2, each               1,184               0           1,184\n")
        .contains("  head                             195             195               0\n")
        .contains(
            "Head\n  pooling              cls\n  pretrained           bert.pooler.dense.weight")
        .contains("  gradients                   0.0 MiB\n");
  }

  @Test
  void loraIsTrainedBesideFrozenLayers() throws Exception {
    String text = describe("model.base=" + CLASSIFIER, "model.max_length=16", "model.lora_rank=2");

    assertThat(text)
        .contains("Encoder\n  starts afresh        adapters\n  not used             nothing\n")
        .contains("  layers 1-2, each               1,280              96           1,184\n");
  }

  @Test
  void fromScratchNeedsNoWeights(@TempDir Path base) throws Exception {
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(CLASSIFIER.resolve(file), base.resolve(file));
    }

    assertThat(describe("model.base=" + base, "model.max_length=16", "model.from_scratch=true"))
        .contains("  starts afresh        embeddings, layer 1, layer 2\n");
    assertThatThrownBy(() -> describe("model.base=" + base, "model.max_length=16"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(base + ": no weights (model.safetensors) in this folder.");
  }

  private static String describe(String... arguments) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Job job = new DescribeJob();
    try (PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      job.run(
          ConfigLayers.read(job, List.of(), Arrays.asList(arguments)),
          TestSpark.session(),
          new Console(print, OptionalInt.empty()));
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
