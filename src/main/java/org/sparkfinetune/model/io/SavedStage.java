package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.text.OneLine;

/**
 * What Spark ML has saved of a stage or a pipeline, as data. Spark's own reader makes an object of
 * whatever class the file names; this makes none.
 *
 * @param folder where it is saved
 * @param type the name of its class
 * @param params the Params that were set, by name
 * @param defaults the Params' defaults at that time, by name
 */
public record SavedStage(
    Path folder,
    String type,
    String uid,
    Map<String, JsonNode> params,
    Map<String, JsonNode> defaults) {
  /** The class of a fitted pipeline. */
  public static final String PIPELINE = "org.apache.spark.ml.PipelineModel";

  /** Where a pipeline keeps its stages. */
  public static final String STAGES = "stages";

  private static final String METADATA = "metadata";
  private static final int MAX_BYTES = 1 << 20;
  private static final int LONGEST_NAME = 200;

  /** Whether a folder is a saved stage or pipeline. */
  public static boolean isOne(Path folder, Configuration hadoop) throws IOException {
    return HadoopFiles.exists(new Path(folder, METADATA), hadoop);
  }

  /**
   * Reads a folder's metadata.
   *
   * @throws UserException when it has none, or they are not Spark ML's
   */
  public static SavedStage read(Path folder, Configuration hadoop) throws IOException {
    Path file = file(folder, hadoop);
    ObjectNode json = Json.object(text(file, hadoop), file.toString());
    JsonNode type = json.path("class");
    JsonNode uid = json.path("uid");
    if (!type.isTextual() || !uid.isTextual()) {
      throw new UserException(
          file
              + ": expected the metadata of a saved Spark ML stage, with its class and uid as texts."
              + " Save the stage again, or copy it anew");
    }
    return new SavedStage(
        folder,
        type.textValue(),
        uid.textValue(),
        object(json, "paramMap", file),
        object(json, "defaultParamMap", file));
  }

  /**
   * The stages of a fitted pipeline, in order.
   *
   * @throws UserException when this is another class, or one of the stages is not there
   */
  public List<SavedStage> stages(Configuration hadoop) throws IOException {
    if (!type.equals(PIPELINE)) {
      throw new UserException(folder + " is a saved " + shownType() + ": expected a " + PIPELINE);
    }
    JsonNode uids = params.get("stageUids");
    if (uids == null || !uids.isArray()) {
      throw new UserException(
          folder + ": its metadata has no list stageUids, which names the pipeline's stages");
    }
    List<SavedStage> stages = new ArrayList<>();
    Path all = new Path(folder, STAGES);
    int digits = Integer.toString(uids.size()).length();
    for (JsonNode uid : uids) {
      String index = ("%0" + digits + "d").formatted(stages.size());
      // The name is the first part of a path that its own file could lead elsewhere.
      Path stage = HadoopFiles.beside(new Path(all, METADATA), index + "_" + uid.asText());
      stages.add(read(stage, hadoop));
    }
    return stages;
  }

  /** The class for a message, as foreign text. */
  public String shownType() {
    String shown = OneLine.of(type);
    return shown.length() > LONGEST_NAME ? shown.substring(0, LONGEST_NAME) + "..." : shown;
  }

  /** Spark writes one part; a cluster may be set to compress it. */
  private static Path file(Path folder, Configuration hadoop) throws IOException {
    Path metadata = new Path(folder, METADATA);
    List<String> names;
    try {
      names = HadoopFiles.names(metadata, hadoop);
    } catch (FileNotFoundException e) {
      throw new UserException(
          folder + ": no saved Spark ML stage: there is no folder metadata in it", e);
    }
    List<String> parts = names.stream().filter(name -> name.startsWith("part-")).toList();
    if (parts.size() != 1) {
      throw new UserException(
          metadata
              + ": expected one file part-00000, as Spark ML saves a stage. It has: "
              + OneLine.of(String.join(", ", names))
              + ".");
    }
    return new Path(metadata, parts.get(0));
  }

  private static String text(Path file, Configuration hadoop) throws IOException {
    CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(file);
    if (codec == null) {
      return HadoopFiles.readText(file, MAX_BYTES, hadoop);
    }
    try (InputStream in = codec.createInputStream(file.getFileSystem(hadoop).open(file))) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, JsonNode> object(ObjectNode json, String key, Path file) {
    JsonNode node = json.path(key);
    // Spark before 2.4 wrote no defaults.
    if (!node.isObject() && !node.isMissingNode()) {
      throw new UserException(file + ": expected " + key + " to be a JSON object of Params");
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    node.fields().forEachRemaining(field -> values.put(field.getKey(), field.getValue()));
    return values;
  }
}
