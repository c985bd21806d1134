package org.sparkfinetune.model.io;

import java.io.IOException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * Folders that Python's tools write beside or instead of a Hugging Face model: what each is, and
 * how a pretrained model is made of it.
 */
final class OtherFolders {
  private static final Pattern TRAINER_CHECKPOINT = Pattern.compile("checkpoint-([0-9]{1,18})");

  private static final String TRAINER_STATE = "trainer_state.json";

  /** Weights of other frameworks, and how {@code from_pretrained} is told to read them. */
  private static final Map<String, String> FRAMEWORKS = new LinkedHashMap<>();

  static {
    FRAMEWORKS.put("tf_model.h5", "from_tf=True");
    FRAMEWORKS.put("tf_model.h5.index.json", "from_tf=True");
    FRAMEWORKS.put("model.ckpt.index", "from_tf=True");
    FRAMEWORKS.put("flax_model.msgpack", "from_flax=True");
    FRAMEWORKS.put("flax_model.msgpack.index.json", "from_flax=True");
  }

  private OtherFolders() {}

  /**
   * Refuses an adapter, whether it lies beside its base or not, and the output of a Trainer that
   * has a model in the folders below alone.
   *
   * @param names what the folder has
   */
  static void refuse(Path folder, List<String> names, Configuration hadoop) throws IOException {
    if (names.contains(AdapterFiles.CONFIG)) {
      String base = AdapterFiles.baseName(new Path(folder, AdapterFiles.CONFIG), hadoop);
      throw new UserException(
          folder
              + ": this is a PEFT adapter"
              + (base.isEmpty() ? "" : " of " + OneLine.of(base))
              + ", which changes what its base computes. Merge it first, in Python:"
              + " AutoPeftModelForSequenceClassification.from_pretrained('"
              + folder
              + "').merge_and_unload().save_pretrained('merged'), and give that folder, with the"
              + " base's tokenizer in it.");
    }
    if (!names.contains(HuggingFaceFolder.CONFIG)) {
      Optional<String> newest =
          names.stream()
              .filter(name -> TRAINER_CHECKPOINT.matcher(name).matches())
              .max(
                  Comparator.comparingLong(
                      name -> Long.parseLong(name.substring(name.indexOf('-') + 1))));
      if (newest.isPresent() || names.contains(TRAINER_STATE)) {
        throw new UserException(
            folder
                + ": no "
                + HuggingFaceFolder.CONFIG
                + " in this folder, which holds "
                + newest
                    .map(
                        name ->
                            "checkpoints of a training: give one of them, as "
                                + new Path(folder, name))
                    .orElse(
                        "the state of a Trainer and no model: give one of its folders"
                            + " checkpoint-STEP, or what trainer.save_model() wrote")
                + ".");
      }
    }
  }

  /** Refuses weights of another framework. */
  static void refuseOtherWeights(Path folder, List<String> names) {
    FRAMEWORKS.forEach(
        (file, option) -> {
          if (names.contains(file)) {
            throw new UserException(
                folder
                    + ": its weights are there for "
                    + (option.contains("tf") ? "TensorFlow" : "Flax")
                    + " alone ("
                    + file
                    + "), which are not read. Convert them once, in Python:"
                    + " AutoModelForSequenceClassification.from_pretrained('"
                    + folder
                    + "', "
                    + option
                    + ").save_pretrained('"
                    + folder
                    + "') writes "
                    + HuggingFaceFolder.WEIGHTS
                    + " beside.");
          }
        });
  }
}
