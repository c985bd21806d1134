package io.sparkfinetune.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import io.sparkfinetune.UserException;
import io.sparkfinetune.config.LocalChecksums;
import io.sparkfinetune.model.io.SavedModel;
import io.sparkfinetune.model.io.TrainingRecord;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What the job that trained a model has written beside it: the model itself knows nothing of the
 * files that its rows came from, nor of its scores on test rows.
 */
final class RunFiles {
  private static final String CONFIG = "config.conf";
  private static final String METRICS = "metrics.json";
  private static final String PIPELINE = "model";

  /**
   * Refuses what a job never writes: a folder that somebody else made must not have this machine
   * read other files and addresses. Without all four interfaces the library would follow those that
   * are missing.
   */
  private record NoIncludes(Path file)
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      throw new UserException(
          file + ": it includes '" + what + "', as no job writes it; nothing is included here");
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      return include(context, what.toString());
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      return include(context, what.toString());
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      return include(context, what);
    }
  }

  private RunFiles() {}

  /**
   * A model's record with the data and the scores of its run.
   *
   * @param model the output folder of a job, or the pipeline in it; with another path, as of a
   *     model that only lies in such a folder, or for a model without a record, nothing is added
   */
  static TrainingRecord complete(TrainingRecord training, Path model, Configuration hadoop)
      throws IOException {
    FileSystem fileSystem = model.getFileSystem(hadoop);
    Path pipeline = fileSystem.makeQualified(model);
    for (Path folder : new Path[] {pipeline, pipeline.getParent()}) {
      boolean isRun =
          folder != null
              && fileSystem.exists(new Path(folder, CONFIG))
              && fileSystem.exists(new Path(folder, METRICS))
              && SavedModel.huggingFaceFolder(pipeline, hadoop)
                  .equals(SavedModel.huggingFaceFolder(new Path(folder, PIPELINE), hadoop));
      if (isRun && !training.base().isEmpty()) {
        return training.with(
            data(new Path(folder, CONFIG), fileSystem),
            metrics(new Path(folder, METRICS), fileSystem));
      }
    }
    return training;
  }

  private static Map<String, String> data(Path file, FileSystem fileSystem) throws IOException {
    Map<String, String> data = new LinkedHashMap<>();
    try {
      Config config =
          ConfigFactory.parseString(
              text(file, fileSystem),
              ConfigParseOptions.defaults().setIncluder(new NoIncludes(file)));
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

  private static Map<String, Double> metrics(Path file, FileSystem fileSystem) throws IOException {
    Map<String, Double> metrics = new LinkedHashMap<>();
    JsonNode json = new ObjectMapper().readTree(text(file, fileSystem));
    json.fields()
        .forEachRemaining(
            metric -> {
              if (metric.getValue().isNumber()) {
                metrics.put(metric.getKey(), metric.getValue().doubleValue());
              }
            });
    return metrics;
  }

  private static String text(Path file, FileSystem fileSystem) throws IOException {
    try (InputStream in = LocalChecksums.openText(file, fileSystem)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
