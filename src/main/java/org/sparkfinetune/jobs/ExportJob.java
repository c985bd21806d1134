package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.export.ExportFormat;
import org.sparkfinetune.finetune.Export;
import org.sparkfinetune.finetune.ExportResult;

/** Writes a fine-tuned classifier in the form that another tool reads. */
final class ExportJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(ExportArguments.SCHEMA).and(CommonArguments.SCHEMA);

  @Override
  public String name() {
    return "export";
  }

  @Override
  public String summary() {
    return "Writes a fine-tuned classifier in the form that another tool reads: a Hugging Face"
        + " folder, ONNX, an MLflow model, or Spark NLP's own annotator.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/export model=runs/first format=onnx output=exports/onnx",
        "jobs/export model=runs/first/model format=huggingface output=s3a://models/intents",
        "jobs/export model=runs/first push_to_hub=my-org/intents");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model");
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console) throws Exception {
    ExportArguments arguments = config.get(ExportArguments.SCHEMA);
    if (arguments.pushToHub().isEmpty()) {
      config.require("output");
    }
    if (arguments.format() == ExportFormat.SPARKNLP) {
      SparkSessions.use(
          name(), config.spark(), spark -> export(Export.on(spark), arguments, console));
    } else {
      export(Export.withoutSpark(hadoop), arguments, console);
    }
  }

  private static void export(Export export, ExportArguments arguments, Console console) {
    ExportResult result =
        export
            .model(arguments.model())
            .format(arguments.format())
            .pushToHub(arguments.pushToHub())
            .hubPrivateRepo(arguments.hubPrivateRepo())
            .console(console)
            .write(arguments.output());
    console.line(
        "Exported a %s classifier of %,d labels and %,d weights",
        result.modelType(), result.labels(), result.weights());
    result.check().ifPresent(check -> console.line("%s", check));
    if (result.adapterMerged()) {
      console.line(
          "The LoRA adapter is in the weights; only format=huggingface keeps it apart as well");
    }
    console.line("%n%s", result.folder());
    result
        .files()
        .forEach(
            (name, bytes) ->
                console.line(name.endsWith("/") ? "  %s" : "  %-24s  %,12d bytes", name, bytes));
    result.commitUrl().ifPresent(url -> console.line("%nUploaded: %s", url));
    console.line("%nTo try it:%n  %s", result.tryCommand());
  }
}
