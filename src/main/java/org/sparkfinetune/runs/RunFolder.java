package org.sparkfinetune.runs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.ConfigFile;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.storage.TextFile;

/**
 * What the job that trained a model has written beside it: the model itself knows nothing of the
 * files that its rows came from, nor of its scores on test rows.
 */
public final class RunFolder {
  private RunFolder() {}

  /**
   * A model's record with the data and the scores of its run.
   *
   * @param model the output folder of a job, or the pipeline in it; with another path, as of a
   *     model that only lies in such a folder, or for a model without a record, nothing is added
   */
  public static ModelProvenance complete(ModelProvenance training, Path model, Configuration hadoop)
      throws IOException {
    FileSystem fileSystem = model.getFileSystem(hadoop);
    Path pipeline = fileSystem.makeQualified(model);
    for (Path folder : new Path[] {pipeline, pipeline.getParent()}) {
      boolean isRun =
          folder != null
              && fileSystem.exists(new Path(folder, OutputFiles.CONFIG))
              && fileSystem.exists(new Path(folder, OutputFiles.METRICS))
              && SavedModel.huggingFaceFolder(pipeline, hadoop)
                  .equals(
                      SavedModel.huggingFaceFolder(new Path(folder, OutputFiles.MODEL), hadoop));
      if (isRun && !training.base().isEmpty()) {
        return training.with(
            data(new Path(folder, OutputFiles.CONFIG), hadoop),
            metrics(new Path(folder, OutputFiles.METRICS), hadoop));
      }
    }
    return training;
  }

  private static Map<String, String> data(Path file, Configuration hadoop) throws IOException {
    Map<String, String> data = new LinkedHashMap<>();
    try {
      Config config =
          ConfigFile.parseForeign(
              file.toString(), TextFile.read(file.toString(), hadoop, ConfigFile.MOST_BYTES));
      for (String split : new String[] {"train", "validation", "test"}) {
        String path = "data." + split;
        if (config.hasPath(path) && !config.getString(path).isEmpty()) {
          data.put(split, config.getString(path));
        }
      }
      return data;
    } catch (ConfigException e) {
      throw new UserException(file + ": not a configuration (" + e.getMessage() + ")", e);
    }
  }

  private static Map<String, Double> metrics(Path file, Configuration hadoop) throws IOException {
    Map<String, Double> metrics = new LinkedHashMap<>();
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(TextFile.read(file.toString(), hadoop));
    } catch (JsonProcessingException e) {
      throw new UserException(file + ": no JSON (" + e.getOriginalMessage() + ")", e);
    }
    json.fields()
        .forEachRemaining(
            metric -> {
              if (metric.getValue().isNumber()) {
                metrics.put(metric.getKey(), metric.getValue().doubleValue());
              }
            });
    return metrics;
  }
}
