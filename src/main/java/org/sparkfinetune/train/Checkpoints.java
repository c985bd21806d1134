package org.sparkfinetune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.WorkerGroup;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import org.sparkfinetune.train.checkpoint.CheckpointStore.Content;
import org.sparkfinetune.train.checkpoint.StoredCheckpoint;
import org.sparkfinetune.train.checkpoint.TensorFile;

/**
 * The checkpoints of a training: what of it goes into which file. The trained weights are there as
 * they are being trained, a trimmed vocabulary trimmed; what is not trained is the base's.
 */
final class Checkpoints {
  private static final String STATE = "trainer_state.json";
  private static final String WEIGHTS = "weights.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String BEST = "best.safetensors";

  /** More than the evaluations of any training fill. */
  private static final long MAX_STATE_BYTES = 64 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private final CheckpointStore store;
  private final CheckpointArguments arguments;
  private final WorkerGroup workers;
  private boolean goesOn;

  private Checkpoints(CheckpointStore store, CheckpointArguments arguments, WorkerGroup workers) {
    this.store = store;
    this.arguments = arguments;
    this.workers = workers;
  }

  /** Empty when no folder is set. */
  static Optional<Checkpoints> of(
      CheckpointArguments arguments, Configuration hadoop, WorkerGroup workers) {
    return arguments.checkpointDir().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Checkpoints(
                new CheckpointStore(arguments.checkpointDir(), hadoop), arguments, workers));
  }

  /**
   * The tensors of a training.
   *
   * @param weights the trained ones
   * @param optimizer its state
   * @param best the weights kept
   */
  record Tensors(
      Map<String, Tensor> weights, Map<String, Tensor> optimizer, Map<String, Tensor> best) {}

  /**
   * Writes one, on the first worker; the others' training is the same. A training that has gone on
   * from a checkpoint may count fewer steps than that, for its batches are larger now: checkpoints
   * of later steps then go, or they would be taken for newer.
   */
  void save(TrainerState state, Tensors tensors) {
    if (workers.rank() != 0) {
      return;
    }
    Map<String, Content> files = new LinkedHashMap<>();
    files.put(WEIGHTS, out -> TensorFile.write(out, tensors.weights()));
    files.put(OPTIMIZER, out -> TensorFile.write(out, tensors.optimizer()));
    if (state.best().step() != state.step()) {
      files.put(BEST, out -> TensorFile.write(out, tensors.best()));
    }
    files.put(STATE, out -> out.write(JSON.writeValueAsBytes(state)));
    store.write(state.step(), files);
    if (goesOn) {
      store.deleteAfter(state.step());
    }
    BestWeights.State best = state.best();
    store.prune(
        arguments.saveTotalLimit(),
        best.evaluated() && best.step() >= 0 ? OptionalInt.of(best.step()) : OptionalInt.empty());
  }

  /** A whole checkpoint and the state in it. */
  record Found(StoredCheckpoint files, TrainerState state) {}

  /**
   * The newest whole checkpoint: of any training when resuming is asked for, else only of this very
   * one, which Spark then runs again.
   *
   * @param passedOver hears of newer ones that are not whole, and why
   * @throws UserException when resuming is asked for and another release wrote it
   */
  Optional<Found> newest(String run, Consumer<String> passedOver) {
    Optional<Found> found = store.newestWhole(passedOver).flatMap(this::read);
    if (!arguments.resume()) {
      found = found.filter(checkpoint -> checkpoint.state().run().equals(run));
    }
    requireAgreement(found.map(checkpoint -> checkpoint.state().step()).orElse(-1));
    goesOn = found.isPresent();
    return found;
  }

  private Optional<Found> read(StoredCheckpoint checkpoint) {
    for (String name : List.of(STATE, WEIGHTS, OPTIMIZER)) {
      if (!checkpoint.has(name)) {
        return notReadable(checkpoint, "its manifest names no " + name, null);
      }
    }
    if (checkpoint.size(STATE) > MAX_STATE_BYTES) {
      return notReadable(
          checkpoint, STATE + " has " + checkpoint.size(STATE) + " bytes: too many", null);
    }
    try (InputStream in = checkpoint.open(STATE)) {
      // As text: of bytes Jackson guesses the encoding, and fails otherwise than for JSON.
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      TrainerState state = JSON.readValue(json, TrainerState.class);
      if (state.step() != checkpoint.step()) {
        return notReadable(checkpoint, STATE + " is of step " + state.step(), null);
      }
      return Optional.of(new Found(checkpoint, state));
    } catch (ValueInstantiationException e) {
      return notReadable(checkpoint, STATE + ": " + e.getCause().getMessage(), e);
    } catch (JsonProcessingException e) {
      return notReadable(checkpoint, STATE + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + STATE + " of a checkpoint", e);
    }
  }

  private Optional<Found> notReadable(StoredCheckpoint checkpoint, String why, Throwable cause) {
    if (!arguments.resume()) {
      return Optional.empty();
    }
    throw new UserException(
        "the checkpoint at step "
            + checkpoint.step()
            + " in "
            + arguments.checkpointDir()
            + " was written by another release ("
            + why
            + "). Go on with that one, or start anew with resume=false",
        cause);
  }

  private void requireAgreement(int step) {
    int[] steps = new int[workers.size()];
    steps[workers.rank()] = step;
    for (int other : workers.allReduceSum(steps)) {
      if (other != step) {
        throw new UserException(
            "the workers do not see the same checkpoints in "
                + arguments.checkpointDir()
                + " (steps "
                + step
                + " and "
                + other
                + "): it must be a folder that all of them read, as on HDFS or S3");
      }
    }
  }

  /** Reads a checkpoint's tensors into those of a training. */
  static void load(Found found, Tensors tensors) {
    read(found.files(), WEIGHTS, tensors.weights());
    read(found.files(), OPTIMIZER, tensors.optimizer());
    boolean own = found.files().has(BEST);
    read(found.files(), own ? BEST : WEIGHTS, tensors.best());
  }

  private static void read(StoredCheckpoint files, String name, Map<String, Tensor> live) {
    try (InputStream in = files.open(name)) {
      TensorFile.readInto(in, name, live);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " of a checkpoint", e);
    }
  }
}
