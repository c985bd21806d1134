package org.sparkfinetune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.adapt.AdaptationConfig;
import org.sparkfinetune.model.adapt.Lora;

/** Going on from a checkpoint: whether it can be, and what is different now. */
final class Resumption {
  private static final Schema<TrainingArguments> SCHEMA =
      Schema.of("training", TrainingArguments.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keys that say where and whether to go on, not how to train. */
  private static final Set<String> OF_NO_ACCOUNT = Set.of("checkpoint_dir", "resume");

  /** What decides which tensors a checkpoint has and what they mean. */
  private static final List<String> MUST_STAY =
      List.of(
          "training.optim",
          "model.freeze",
          "model.freeze_layers",
          "model.reinit_top_layers",
          "model.lora_rank",
          "model.lora_alpha");

  /** What an evaluation is measured by. */
  private static final List<String> OF_THE_METRIC =
      List.of("training.metric_for_best_model", "training.greater_is_better");

  private Resumption() {}

  /**
   * What a checkpoint tells of how it came to be, by the paths of settings.
   *
   * @param groupsByLength what came of {@code group_by_length} on this machine
   */
  static Map<String, String> settings(
      TrainingArguments arguments, SequenceClassifier model, boolean groupsByLength, int workers) {
    Map<String, String> settings = new TreeMap<>();
    SCHEMA
        .values(arguments)
        .forEach(
            (key, value) -> {
              if (!OF_NO_ACCOUNT.contains(key)) {
                settings.put(SCHEMA.setting(key).path(), Setting.spelling(value));
              }
            });
    settings.put("training.group_by_length", String.valueOf(groupsByLength));
    settings.put("resources.num_workers", String.valueOf(workers));
    putModel(settings, model);
    return settings;
  }

  private static void putModel(Map<String, String> settings, SequenceClassifier model) {
    AdaptationConfig adaptation = model.adaptation();
    settings.put("model.freeze", Setting.spelling(adaptation.freeze()));
    settings.put("model.freeze_layers", String.valueOf(adaptation.freezeLayers()));
    settings.put("model.reinit_top_layers", String.valueOf(adaptation.reinitTopLayers()));
    settings.put("model.attn_implementation", Setting.spelling(adaptation.attention()));
    Lora lora = adaptation.lora();
    settings.put("model.lora_rank", lora == null ? "0" : String.valueOf(lora.rank()));
    if (lora != null) {
      settings.put("model.lora_alpha", String.valueOf(lora.alpha()));
      settings.put("model.lora_dropout", String.valueOf(lora.dropout()));
      settings.put("model.lora_target_modules", String.join(",", lora.targets()));
    }
    try {
      JSON.readTree(model.config().toJson())
          .properties()
          .forEach(
              field -> {
                // Labels are in the rows.
                if (field.getValue().isValueNode()) {
                  settings.put("config.json: " + field.getKey(), field.getValue().asText());
                }
              });
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Refuses a checkpoint of other training rows, another base or other weights to be trained.
   *
   * @param settings as of {@link #settings}
   * @throws UserException saying what differs
   */
  static void check(
      TrainerState state, Map<String, String> settings, Fingerprints now, String folder) {
    String checkpoint = "the checkpoint at step " + state.step() + " in " + folder;
    for (String key : MUST_STAY) {
      String before = state.settings().get(key);
      if (!Objects.equals(settings.get(key), before)) {
        throw new UserException(
            key
                + "="
                + settings.get(key)
                + " cannot go on from "
                + checkpoint
                + ", which was written with "
                + before
                + ". Resume with that, or start anew with resume=false");
      }
    }
    if (state.fingerprints().base() != now.base()) {
      throw new UserException(
          checkpoint
              + " started from another model.base: its weights are not those of the base now. Resume"
              + " with the same base, or start anew with resume=false");
    }
    if (state.fingerprints().train() != now.train()) {
      throw new UserException(
          checkpoint
              + " is of other training rows (or other token ids, labels, weights or a split by another"
              + " seed). Resume with the same data and data.seed, or start anew with resume=false");
    }
  }

  /** Whether evaluations of before and now are of the same rows. */
  static boolean sameValidation(TrainerState state, Fingerprints now) {
    return state.fingerprints().validation() == now.validation();
  }

  /** Whether evaluations of before and now go by the same metric. */
  static boolean sameMetric(TrainerState state, Map<String, String> settings) {
    return OF_THE_METRIC.stream()
        .allMatch(key -> settings.get(key).equals(state.settings().get(key)));
  }

  /** What the user should know: where it goes on, and what has changed. */
  static List<String> notes(
      TrainerState state, int step, StepPlan plan, Map<String, String> settings, Fingerprints now) {
    List<String> notes = new ArrayList<>();
    notes.add(
        String.format(
            Locale.ROOT,
            "going on from the checkpoint at step %d: step %d of %d, epoch %.2f",
            state.step(),
            step,
            plan.totalSteps(),
            plan.epoch(step)));
    if (!sameValidation(state, now)) {
      notes.add(
          "the validation rows are others than up to the checkpoint: the best weights are looked"
              + " for anew, from here on");
    }
    Set<String> keys = new TreeSet<>(settings.keySet());
    keys.addAll(state.settings().keySet());
    for (String key : keys) {
      String before = state.settings().getOrDefault(key, "not there");
      String value = settings.getOrDefault(key, "not there");
      if (!before.equals(value)) {
        notes.add(key + " is " + value + " now; up to the checkpoint it was " + before);
      }
    }
    return notes;
  }
}
