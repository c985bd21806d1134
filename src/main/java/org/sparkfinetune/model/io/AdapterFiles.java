package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * An adapter as the files that Python's {@code peft} loads, in memory. In a model's folder they lie
 * in {@code adapter}.
 *
 * @param config the text of {@code adapter_config.json}
 * @param weights the bytes of {@code adapter_model.safetensors}
 */
public record AdapterFiles(String config, ChunkedBytes weights) implements Serializable {
  static final String FOLDER = "adapter";
  static final String CONFIG = "adapter_config.json";
  static final String WEIGHTS = "adapter_model.safetensors";

  private static final String BASE = "base_model_name_or_path";
  private static final String REVISION = "revision";

  /** Copies tensors into the bytes of a safetensors file. */
  public static AdapterFiles of(String config, Map<String, Tensor> weights) {
    return new AdapterFiles(config, SafetensorsWriter.bytes(weights));
  }

  /** Opens the weights; the caller closes the source. */
  public TensorSource openWeights() {
    return SafetensorsReader.open(weights, WEIGHTS);
  }

  /**
   * These files for strangers: where {@code base_model_name_or_path} is a path, its last part is
   * left.
   *
   * @throws UserException when the configuration is no JSON object
   */
  public AdapterFiles withoutPaths() {
    ObjectNode json = Json.object(config, CONFIG);
    // A revision is the Hub's alone: the name is no path then.
    return json.path(REVISION).isTextual()
        ? this
        : named(ModelNames.publicName(json.path(BASE).asText()), Optional.empty());
  }

  /**
   * The same for a base of another name than the path that it was read from.
   *
   * @throws UserException when the configuration is no JSON object
   */
  public AdapterFiles withBase(String name) {
    return named(ModelNames.hubName(name).orElse(name), ModelNames.hubRevision(name));
  }

  private AdapterFiles named(String base, Optional<String> revision) {
    ObjectNode json = Json.object(config, CONFIG);
    if (base.equals(json.path(BASE).asText()) && revision.isEmpty()) {
      return this;
    }
    json.put(BASE, base);
    revision.ifPresent(commit -> json.put(REVISION, commit));
    return new AdapterFiles(Json.text(json), weights);
  }

  /** What an {@code adapter_config.json} says its base is; empty when it does not. */
  static String baseName(Path configFile, Configuration hadoop) throws IOException {
    return Json.object(HadoopFiles.readText(configFile, hadoop), configFile.toString())
        .path(BASE)
        .asText("");
  }

  /** Writes both files into a model's folder. */
  public void write(Path modelFolder, Configuration hadoop) throws IOException {
    Path folder = new Path(modelFolder, FOLDER);
    HadoopFiles.writeText(new Path(folder, CONFIG), config, hadoop);
    try (OutputStream out = folder.getFileSystem(hadoop).create(new Path(folder, WEIGHTS), true)) {
      weights.writeTo(out);
    }
  }

  /** Removes both files from a model's folder, where they are. */
  static void delete(Path modelFolder, Configuration hadoop) throws IOException {
    Path folder = new Path(modelFolder, FOLDER);
    for (String name : List.of(CONFIG, WEIGHTS)) {
      folder.getFileSystem(hadoop).delete(new Path(folder, name), false);
    }
  }

  /**
   * Reads the adapter in a model's folder; null when there is none.
   *
   * @throws UserException when one of its two files is missing
   */
  public static AdapterFiles read(Path modelFolder, Configuration hadoop) throws IOException {
    Path folder = new Path(modelFolder, FOLDER);
    Path configFile = new Path(folder, CONFIG);
    if (!HadoopFiles.exists(configFile, hadoop)) {
      return null;
    }
    Path weightsFile = new Path(folder, WEIGHTS);
    try (InputStream in = HadoopFiles.open(weightsFile, hadoop)) {
      return new AdapterFiles(HadoopFiles.readText(configFile, hadoop), ChunkedBytes.readFrom(in));
    } catch (FileNotFoundException e) {
      throw new UserException(
          weightsFile + ": there is no such file, but its " + CONFIG + ". Copy it, or delete both.",
          e);
    }
  }
}
