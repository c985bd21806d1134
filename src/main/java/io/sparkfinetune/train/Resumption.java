package io.sparkfinetune.train;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.Schema;
import io.sparkfinetune.config.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Going on from a checkpoint: whether it can be, and what is different now. */
final class Resumption {
  private static final Schema<TrainingArguments> SCHEMA =
      Schema.of("training", TrainingArguments.class);
  private static final String NUM_WORKERS = "num_workers";

  /** Keys that say where and whether to go on, not how to train. */
  private static final Set<String> OF_NO_ACCOUNT = Set.of("checkpoint_dir", "resume");

  private Resumption() {}

  /**
   * What a checkpoint tells of how it came to be.
   *
   * @param groupsByLength what came of {@code group_by_length} on this machine
   */
  static Map<String, String> settings(
      TrainingArguments arguments, boolean groupsByLength, int workers) {
    Map<String, String> settings = new TreeMap<>();
    SCHEMA.values(arguments).forEach((key, value) -> settings.put(key, Setting.spelling(value)));
    settings.keySet().removeAll(OF_NO_ACCOUNT);
    settings.put("group_by_length", String.valueOf(groupsByLength));
    settings.put(NUM_WORKERS, String.valueOf(workers));
    return settings;
  }

  /**
   * Refuses a checkpoint of another data set or another optimizer.
   *
   * @throws UserException saying what differs
   */
  static void check(
      TrainerState state, long fingerprint, TrainingArguments arguments, String folder) {
    String optim = Setting.spelling(arguments.optimizer().optim());
    if (!optim.equals(state.settings().get("optim"))) {
      throw new UserException(
          "training.optim="
              + optim
              + " cannot go on from the checkpoint at step "
              + state.step()
              + " in "
              + folder
              + ", which holds the state of "
              + state.settings().get("optim")
              + ". Resume with that optimizer, or start anew with resume=false");
    }
    if (state.fingerprint() != fingerprint) {
      throw new UserException(
          "the checkpoint at step "
              + state.step()
              + " in "
              + folder
              + " is of other training rows (or other token ids, labels or a split by another seed)."
              + " Resume with the same data and data.seed, or start anew with resume=false");
    }
  }

  /** What the user should know: where it goes on, and what has changed. */
  static List<String> notes(
      TrainerState state, int step, StepPlan plan, Map<String, String> settings) {
    List<String> notes = new ArrayList<>();
    notes.add(
        String.format(
            Locale.ROOT,
            "going on from the checkpoint at step %d: step %d of %d, epoch %.2f",
            state.step(),
            step,
            plan.totalSteps(),
            plan.epoch(step)));
    settings.forEach(
        (key, value) -> {
          String before = state.settings().getOrDefault(key, "not there");
          if (!before.equals(value)) {
            notes.add(
                String.format(
                    "%s is %s now; up to the checkpoint it was %s",
                    (key.equals(NUM_WORKERS) ? "resources." : "training.") + key, value, before));
          }
        });
    return notes;
  }
}
