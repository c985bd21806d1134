package org.sparkfinetune.finetune;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;

/**
 * What was exported.
 *
 * @param folder where it is; where it was uploaded alone, its name on the hub
 * @param modelType of the encoder, as {@code config.json} has it
 * @param labels how many there are
 * @param weights how many numbers the model has
 * @param files sizes in bytes by name, in the order of names; of folders, whose names end in {@code
 *     /}, 0
 * @param check what was compared with the model before it was exported, a sentence; empty when
 *     nothing was
 * @param adapterMerged whether a LoRA adapter is in the weights and not kept apart as well
 * @param tryCommand a command, to be copied, that tries what was written
 * @param commitUrl of the upload to the Hugging Face hub; empty where there was none
 */
@PublicApi
public record ExportResult(
    String folder,
    String modelType,
    int labels,
    long weights,
    Map<String, Long> files,
    Optional<String> check,
    boolean adapterMerged,
    String tryCommand,
    Optional<String> commitUrl) {
  /** Keeps a copy of the files, in their order. */
  public ExportResult {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  @Override
  public String toString() {
    return "ExportResult(%s, %s)".formatted(folder, files.keySet());
  }

  ExportResult committed(String url) {
    return new ExportResult(
        folder,
        modelType,
        labels,
        weights,
        files,
        check,
        adapterMerged,
        tryCommand,
        Optional.of(url));
  }
}
