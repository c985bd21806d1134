package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.PretrainedModel;

/** An MLflow model, and one without its files, of which {@code MLmodel} has to tell. */
final class MlflowTarget implements FuzzTarget {
  private static final String CONFIG = "model/config.json";

  private static final String MLMODEL =
      """
      artifact_path: model
      flavors:
        python_function:
          loader_module: mlflow.transformers
          python_version: 3.11.9
        transformers:
          components:
          - tokenizer
          model_binary: model
          task: text-classification
      mlflow_version: 2.17.2
      """;

  @Override
  public String name() {
    return "mlflow";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"))
        .forEach((name, bytes) -> files.put("model/" + name, bytes));
    files.put("MLmodel", MLMODEL.getBytes(StandardCharsets.UTF_8));
    return List.of(new Sample(files, "MLmodel"));
  }

  @Override
  public void read(Path folder) throws IOException {
    Configuration hadoop = new Configuration(false);
    PretrainedModel.open(folder.toString(), hadoop);
    Files.delete(folder.resolve(CONFIG));
    try {
      PretrainedModel.open(folder.toString(), hadoop);
      throw new IllegalStateException("read without its configuration");
    } catch (UserException e) {
      // What it has to say of a file that lacks nothing but a model.
    }
  }
}
