package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.jobs.TestJobs;
import org.sparkfinetune.torch.Libtorch;

/** What lies beside a model, its training's record and its adapter, on the way into an export. */
final class ExportTarget implements FuzzTarget {
  private static final String TRAINING =
      """
      {"base":"runs/base","finished":"2026-01-02T03:04:05Z",
       "settings":{"model.base":"runs/base","model.max_length":16,"training.learning_rate":2e-5},
       "data":{"train_examples":100,"text_pairs":false,"test":"data/test.csv"},
       "metrics":{"test_accuracy":0.5,"eval_f1":0.25},"versions":{"libtorch":"2.10"}}
      """;

  private static final String ADAPTER =
      """
      {"peft_type":"LORA","task_type":"SEQ_CLS","base_model_name_or_path":"runs/base","r":8,
       "lora_alpha":16,"target_modules":["query","value"],"modules_to_save":["classifier"]}
      """;

  @Override
  public String name() {
    return "export";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Libtorch.load();
    Map<String, byte[]> files = SampleFiles.of(SampleFiles.model("io/tiny-bert-classifier"));
    files.put("training.json", TRAINING.getBytes(StandardCharsets.UTF_8));
    files.put("adapter/adapter_config.json", ADAPTER.getBytes(StandardCharsets.UTF_8));
    files.put("adapter/adapter_model.safetensors", files.get("model.safetensors"));
    List<Sample> samples = new ArrayList<>();
    for (String mutated : List.of("training.json", "adapter/adapter_config.json")) {
      samples.add(new Sample(files, mutated));
    }
    return samples;
  }

  @Override
  public List<String> values() {
    return List.of(
        "\"sentence-transformers/all-MiniLM-L6-v2\"",
        "\"models:/a/1\"",
        "\"a|b\\n# c\\n---\\n\"",
        "{\"a\":{\"b\":[1,2]}}",
        "\"NaN\"");
  }

  @Override
  public void read(Path folder) throws IOException {
    Path output = Files.createTempDirectory("export");
    for (String format : List.of("huggingface", "mlflow")) {
      TestJobs.run(
          "export", "model=" + folder, "output=" + output.resolve(format), "format=" + format);
    }
  }
}
