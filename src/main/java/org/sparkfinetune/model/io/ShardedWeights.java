package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;

/**
 * Weights that {@code save_pretrained} spread over several files, with an index ({@code
 * model.safetensors.index.json}) that says in its {@code weight_map} which tensor lies where.
 */
final class ShardedWeights {
  private static final String MAP = "weight_map";

  /** The largest models have some two hundred; each is an open file. */
  private static final int MAX_SHARDS = 1000;

  private ShardedWeights() {}

  /** How the shards' format says where the tensors of a file lie. */
  interface Format {
    Map<String, StoredTensor> stored(ByteSource source) throws IOException;
  }

  /**
   * Opens all shards, one after the other.
   *
   * @throws UserException when a shard is missing or lies elsewhere, or one lacks a tensor that the
   *     index says it has
   */
  static TensorSource open(Path index, Format format, Configuration hadoop) throws IOException {
    Map<String, List<String>> tensorsByShard = tensorsByShard(index, hadoop);
    List<ByteSource> sources = new ArrayList<>();
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, List<String>> shard : tensorsByShard.entrySet()) {
        Path path = HadoopFiles.beside(index, shard.getKey());
        requireShard(path, index, shard.getValue(), hadoop);
        ByteSource source = ByteSource.file(path, hadoop);
        sources.add(source);
        Map<String, StoredTensor> found = format.stored(source);
        List<String> lacking =
            shard.getValue().stream().filter(tensor -> !found.containsKey(tensor)).toList();
        if (!lacking.isEmpty()) {
          throw new UserException(
              index
                  + ": tensor '"
                  + lacking.get(0)
                  + "' should lie in "
                  + shard.getKey()
                  + ", which has none of this name"
                  + (lacking.size() > 1 ? " (nor " + (lacking.size() - 1) + " others)" : "")
                  + ". Index and shards are not of one model: copy them again.");
        }
        // In the order of the shard's data; what the index does not name is no part of the model.
        found.keySet().retainAll(new HashSet<>(shard.getValue()));
        stored.putAll(found);
      }
      return new StoredTensors(index.toString(), stored, sources);
    } catch (IOException | RuntimeException e) {
      ByteSource.closeAll(sources);
      throw e;
    }
  }

  /** The tensors of each shard that an index names, by the shard's file. */
  static Map<String, List<String>> tensorsByShard(Path index, Configuration hadoop)
      throws IOException {
    JsonNode map = Json.object(HadoopFiles.readText(index, hadoop), index.toString()).path(MAP);
    Map<String, List<String>> tensorsByShard = new LinkedHashMap<>();
    map.fields()
        .forEachRemaining(
            e ->
                tensorsByShard
                    .computeIfAbsent(e.getValue().asText(), shard -> new ArrayList<>())
                    .add(e.getKey()));
    if (tensorsByShard.isEmpty()) {
      throw new UserException(
          index + ": no " + MAP + " in it; expected the file of each tensor by its name.");
    }
    if (tensorsByShard.size() > MAX_SHARDS) {
      throw new UserException(
          index
              + ": it spreads the weights over "
              + tensorsByShard.size()
              + " files; at most "
              + MAX_SHARDS
              + " are read. Save the model anew, in larger shards.");
    }
    return tensorsByShard;
  }

  private static void requireShard(
      Path path, Path index, List<String> tensors, Configuration hadoop) throws IOException {
    if (!HadoopFiles.exists(path, hadoop)) {
      throw new UserException(
          index
              + ": the shard "
              + path.getName()
              + " is missing, which should hold "
              + tensors.size()
              + " tensors, as '"
              + tensors.get(0)
              + "'. Copy it to "
              + path.getParent()
              + ".");
    }
  }
}
