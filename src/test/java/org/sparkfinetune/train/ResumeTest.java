package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestWorkers;
import org.sparkfinetune.TestWorkers.Hosts;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.EncodedDataset;

/** A training that stopped and goes on is the one that was not disturbed, bit for bit. */
@Tag("slow")
class ResumeTest {
  private static final EncodedDataset TRAIN = TestRows.learnable(100, 4, 1);
  private static final EncodedDataset VALIDATION = TestRows.learnable(60, 4, 2);

  @TempDir Path folder;

  /** Ends a training from within. */
  private static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Steps drawn by a fixed seed, and the first, the last and the ones about an epoch's end. */
  static IntStream stops() {
    return IntStream.concat(IntStream.of(1, 13, 14, 51), new Random(7).ints(6, 2, 51))
        .distinct()
        .sorted();
  }

  private TrainingArguments arguments(Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                // 100 rows by 4 * 2: 13 steps an epoch.
                "per_device_train_batch_size",
                4,
                "gradient_accumulation_steps",
                2,
                "num_train_epochs",
                4,
                "eval_strategy",
                "steps",
                "eval_steps",
                5,
                "save_strategy",
                "steps",
                "save_steps",
                3,
                "checkpoint_dir",
                folder.toString(),
                "resume",
                true));
    all.addAll(List.of(more));
    return Trainings.arguments(all.toArray());
  }

  private Trainings.Outcome train(TrainingArguments arguments, TrainerListener listener) {
    try (SequenceClassifier model = Trainings.model(0.1)) {
      return Trainings.train(
          model, arguments, SingleWorkerGroup.INSTANCE, TRAIN, VALIDATION, listener);
    }
  }

  private static TrainerListener stopAt(int step) {
    return progress -> {
      if (progress.step() == step) {
        throw new StoppedException();
      }
    };
  }

  private static TrainerListener latestNotes(List<String> notes) {
    return progress -> {
      notes.clear();
      notes.addAll(progress.notes());
    };
  }

  private void clear() throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    }
  }

  private static void assertSame(Trainings.Outcome resumed, Trainings.Outcome undisturbed) {
    undisturbed
        .weights()
        .forEach(
            (name, values) -> assertThat(resumed.weights().get(name)).as(name).isEqualTo(values));
    assertThat(resumed.losses()).isEqualTo(undisturbed.losses());
    for (String metric :
        List.of("eval_accuracy", "eval_loss", "best_epoch", "train_loss", "epoch")) {
      assertThat(resumed.result().metrics().get(metric))
          .as(metric)
          .isEqualTo(undisturbed.result().metrics().get(metric));
    }
  }

  @ParameterizedTest
  @MethodSource("stops")
  void stoppedAfterAnyStepItEndsWithTheSameWeights(int stop) throws Exception {
    Trainings.Outcome undisturbed = train(arguments("checkpoint_dir", ""), p -> {});
    assertThatThrownBy(() -> train(arguments(), stopAt(stop))).isInstanceOf(StoppedException.class);
    List<String> notes = new ArrayList<>();
    Trainings.Outcome resumed = train(arguments(), latestNotes(notes));
    assertSame(resumed, undisturbed);
    // The checkpoint of the step at which it was stopped was not written yet.
    int from = (stop - 1) / 3 * 3;
    if (from > 0) {
      assertThat(notes.get(0))
          .startsWith("going on from the checkpoint at step " + from + ": step " + from + " of 52");
    } else {
      assertThat(notes).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(OptimizerType.class)
  void eachOptimizersStateIsInTheCheckpoint(OptimizerType optim) {
    TrainingArguments undisturbed =
        arguments("optim", optim, "learning_rate", 1e-3, "checkpoint_dir", "", "max_steps", 20);
    TrainingArguments stopped = arguments("optim", optim, "learning_rate", 1e-3, "max_steps", 20);
    assertThatThrownBy(() -> train(stopped, stopAt(11))).isInstanceOf(StoppedException.class);
    assertSame(train(stopped, p -> {}), train(undisturbed, p -> {}));
  }

  @Test
  void earlyStoppingDecidesTheSame() throws Exception {
    Object[] early = {
      "early_stopping_patience",
      2,
      "early_stopping_threshold",
      0.02,
      "num_train_epochs",
      30,
      "save_steps",
      5,
      "checkpoint_dir",
      ""
    };
    Trainings.Outcome undisturbed = train(arguments(early), p -> {});
    int last = undisturbed.losses().size();
    assertThat(last).isLessThan(13 * 30);
    early[early.length - 1] = folder.toString();
    for (int stop : new int[] {last - 7, last - 2}) {
      clear();
      assertThatThrownBy(() -> train(arguments(early), stopAt(stop)))
          .isInstanceOf(StoppedException.class);
      assertSame(train(arguments(early), p -> {}), undisturbed);
    }
    // The last checkpoint holds the decision: nothing is trained any more.
    List<Integer> steps = new ArrayList<>();
    assertSame(train(arguments(early), p -> steps.add(p.step())), undisturbed);
    assertThat(steps).isEmpty();
  }

  @Test
  void aDamagedNewestCheckpointIsPassedOverAndSaid() throws Exception {
    Trainings.Outcome undisturbed = train(arguments("checkpoint_dir", ""), p -> {});
    assertThatThrownBy(() -> train(arguments(), stopAt(20))).isInstanceOf(StoppedException.class);
    Path weights = folder.resolve("checkpoint-18/weights.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length / 2] ^= 1;
    Files.write(weights, bytes);
    List<String> notes = new ArrayList<>();
    Trainings.Outcome resumed = train(arguments(), latestNotes(notes));
    assertSame(resumed, undisturbed);
    assertThat(notes.get(0)).contains("checkpoint-18").contains("checksum");
    assertThat(notes.get(1)).startsWith("going on from the checkpoint at step 15");
  }

  /** On one host each worker has the state of its own weights alone, but a checkpoint has all. */
  @ParameterizedTest
  @EnumSource
  void twoWorkersGoOnBitForBit(Hosts hosts) throws Exception {
    List<Trainings.Outcome> undisturbed = two(hosts, arguments("checkpoint_dir", ""), p -> {});
    assertThatThrownBy(() -> two(hosts, arguments(), stopAt(20)))
        .isInstanceOf(StoppedException.class);
    List<Trainings.Outcome> resumed = two(hosts, arguments(), p -> {});
    for (int rank = 0; rank < 2; rank++) {
      assertSame(resumed.get(rank), undisturbed.get(rank));
    }
  }

  private static List<Trainings.Outcome> two(
      Hosts hosts, TrainingArguments arguments, TrainerListener listener) throws Exception {
    return TestWorkers.run(
        2,
        hosts,
        workers -> {
          try (SequenceClassifier model = Trainings.model(0.1)) {
            return Trainings.train(
                model,
                arguments,
                workers,
                Trainings.shard(TRAIN, 1, part -> part == workers.rank()),
                Trainings.shard(VALIDATION, 1, part -> part == workers.rank()),
                listener);
          }
        });
  }

  @Test
  void changedSettingsAreSaid() throws Exception {
    assertThatThrownBy(() -> train(arguments(), stopAt(20))).isInstanceOf(StoppedException.class);
    TrainingArguments changed =
        arguments(
            "learning_rate",
            1e-3,
            "per_device_train_batch_size",
            5,
            "gradient_accumulation_steps",
            1,
            "save_strategy",
            "no");
    List<List<String>> notes =
        TestWorkers.run(
            2,
            Hosts.SEVERAL,
            workers -> {
              List<String> seen = new ArrayList<>();
              try (SequenceClassifier model = Trainings.cpuModel(0.1)) {
                Trainings.train(
                    model,
                    changed,
                    workers,
                    Trainings.shard(TRAIN, 1, part -> part == workers.rank()),
                    Trainings.shard(VALIDATION, 1, part -> part == workers.rank()),
                    progress -> {
                      seen.clear();
                      seen.addAll(progress.notes());
                    });
              }
              return seen;
            });
    for (List<String> seen : notes) {
      assertThat(seen)
          .containsExactly(
              // 18 steps of 8 rows are 1 epoch (13 steps) and 40 rows, which are 4 steps of 10.
              "going on from the checkpoint at step 18: step 14 of 40, epoch 1.40",
              "resources.num_workers is 2 now; up to the checkpoint it was 1",
              "training.gradient_accumulation_steps is 1 now; up to the checkpoint it was 2",
              "training.learning_rate is 0.001 now; up to the checkpoint it was 0.005",
              "training.per_device_train_batch_size is 5 now; up to the checkpoint it was 4",
              "training.save_strategy is no now; up to the checkpoint it was steps");
    }
  }

  @Test
  void otherRowsAndAnotherOptimizerAreRefused() {
    assertThatThrownBy(() -> train(arguments(), stopAt(8))).isInstanceOf(StoppedException.class);
    assertThatThrownBy(() -> train(arguments("optim", "lion"), p -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "training.optim=lion cannot go on from the checkpoint at step 6 in ")
        .hasMessageEndingWith(
            ", which was written with adamw. Resume with that, or start anew with resume=false");
    EncodedDataset others = TestRows.learnable(100, 4, 9);
    try (SequenceClassifier model = Trainings.model(0.1)) {
      assertThatThrownBy(
              () ->
                  Trainings.train(
                      model, arguments(), SingleWorkerGroup.INSTANCE, others, VALIDATION, p -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(" is of other training rows");
    }
  }

  @Test
  void theBestAndTheLastCheckpointAreKept() throws Exception {
    // The highest loss is that of the first evaluation.
    train(
        arguments(
            "save_steps",
            5,
            "save_total_limit",
            2,
            "metric_for_best_model",
            "loss",
            "greater_is_better",
            true),
        p -> {});
    assertThat(checkpoints()).containsExactlyInAnyOrder("checkpoint-5", "checkpoint-52");
  }

  @Test
  void theEndOfAPartOfAnEpochIsSaved() throws Exception {
    train(arguments("save_strategy", "epoch", "max_steps", 16, "save_total_limit", 0), p -> {});
    assertThat(checkpoints()).containsExactlyInAnyOrder("checkpoint-13", "checkpoint-16");
  }

  private List<String> checkpoints() throws Exception {
    try (Stream<Path> kept = Files.list(folder)) {
      return kept.map(path -> path.getFileName().toString()).toList();
    }
  }
}
