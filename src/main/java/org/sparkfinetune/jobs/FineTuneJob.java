package org.sparkfinetune.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.finetune.FineTuneResult;
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.storage.OutputFiles;

/** Fine-tunes a classifier on the user's rows. */
final class FineTuneJob implements Job {
  private static final SettingKeys KEYS = Job.keys(FineTuneArguments.SCHEMA, FineTuning.KEYS);

  @Override
  public String name() {
    return "fine-tune";
  }

  @Override
  public String summary() {
    return "Fine-tunes a text classifier. Writes the model, which PipelineModel.load loads, its"
        + " metrics and a report into one folder.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/fine-tune data.train=train.csv data.test=test.csv output=runs/first",
        "jobs/fine-tune data.train=t.csv model.problem_type=multi_label_classification"
            + " output=runs/sets",
        "jobs/fine-tune --conf my.conf training.num_train_epochs=5 output=runs/second");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("output", "data.train");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) throws Exception {
    String output = config.get(FineTuneArguments.SCHEMA).output();
    FineTuneResult result =
        Job.configured(FineTuning.on(spark), config, console)
            .program("jobs/" + name())
            .output(output)
            .run();
    result.test().ifPresent(test -> console.text("\nTest\n\n" + test.summary()));
    console.line("%nMetrics");
    console.metrics(result.metrics());
    console.line("");
    RunPrinter.files(console, result.files());
    RunPrinter.record(console, result.run());
    console.line(
        "%nTo predict:%n  %s",
        predictCommand(result.files().get(OutputFiles.MODEL), config.get(DataArguments.SCHEMA)));
  }

  private static String predictCommand(String model, DataArguments data) {
    List<String> arguments = new ArrayList<>();
    arguments.add("model=" + model);
    arguments.add("data.input=" + (data.test().isEmpty() ? data.train() : data.test()));
    Map<String, Object> values = DataArguments.SCHEMA.values(data);
    Map<String, Object> defaults = DataArguments.SCHEMA.values(DataArguments.SCHEMA.defaults());
    for (String key : DataArguments.formatSettings()) {
      if (!values.get(key).equals(defaults.get(key))) {
        String value = String.valueOf(values.get(key));
        arguments.add("data." + key + "=" + (value.equals("\t") ? "tab" : value));
      }
    }
    if (!data.textColumn().equals(DataArguments.SCHEMA.defaults().textColumn())) {
      arguments.add("data.text_column=" + data.textColumn());
    }
    data.textPair().ifPresent(column -> arguments.add("data.text_pair_column=" + column));
    arguments.add("output=" + RunPrinter.beside(model, "predictions.csv"));
    return Console.command("predict", arguments.toArray(String[]::new));
  }
}
