package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.export.Exporter;
import org.sparkfinetune.export.HuggingFaceExport;
import org.sparkfinetune.export.MlflowExport;
import org.sparkfinetune.export.OnnxFolderExport;
import org.sparkfinetune.export.sparknlp.SparkNlpExport;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.runs.RunFolder;
import org.sparkfinetune.storage.AtomicDirectory;
import org.sparkfinetune.storage.Storage;

/** Writes a fine-tuned classifier in the form that another tool reads. */
final class ExportJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(ExportArguments.SCHEMA).and(CommonArguments.SCHEMA, "log");

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
        "jobs/export model=runs/first/model format=huggingface output=s3a://models/intents");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "output");
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console) throws Exception {
    ExportArguments arguments = config.get(ExportArguments.SCHEMA);
    if (arguments.format() == ExportArguments.Format.SPARKNLP) {
      // Its stages are written by Spark.
      SparkSessions.use(
          name(),
          config.spark(),
          spark -> export(new SparkNlpExport(spark), arguments, hadoop, console));
    } else {
      export(exporter(arguments.format()), arguments, hadoop, console);
    }
  }

  private static void export(
      Exporter exporter, ExportArguments arguments, Configuration hadoop, Console console)
      throws Exception {
    Path model = existing(arguments.model(), hadoop);
    Configuration ofOutput = ofOutput(arguments.output(), hadoop);
    try (AtomicDirectory folder = AtomicDirectory.open(arguments.output(), ofOutput);
        ExportSource source = ExportSource.open(model, hadoop)) {
      ModelProvenance training = RunFolder.complete(source.provenance(), model, hadoop);
      if (arguments.format() == ExportArguments.Format.SPARKNLP) {
        requireSingleTexts(training);
      }
      String checked = exporter.write(source.with(training), folder.staging(), ofOutput);
      if (arguments.format() == ExportArguments.Format.SPARKNLP) {
        // Spark NLP does not look at them; model.base, which cannot tell all from the stage, does.
        HuggingFaceFolder.writeWithoutWeights(
            source.classifier().config().toJson(),
            source.tokenizer(),
            source.classifier().config().inputs(),
            folder.staging(),
            ofOutput);
      }
      folder.commit();
      summary(console, source, checked);
      if (source.adapter().isPresent()
          && arguments.format() != ExportArguments.Format.HUGGINGFACE) {
        console.line(
            "The LoRA adapter is in the weights; only format=huggingface keeps it apart as well");
      }
      printFiles(console, new Path(arguments.output()), hadoop);
      console.line("%nTo try it:%n  %s", exporter.tryCommand(source, arguments.output()));
    }
  }

  private static Exporter exporter(ExportArguments.Format format) {
    return switch (format) {
      case HUGGINGFACE -> new HuggingFaceExport();
      case ONNX -> new OnnxFolderExport();
      case MLFLOW -> new MlflowExport();
      case SPARKNLP -> throw new IllegalArgumentException("needs Spark: " + format);
    };
  }

  private static void requireSingleTexts(ModelProvenance training) {
    if (training.pairs()) {
      throw new UserException(
          "format=sparknlp is not possible: the model was trained on pairs of texts, and Spark NLP's"
              + " sequence classifiers take one text. Export with format=onnx or huggingface");
    }
  }

  private static Path existing(String model, Configuration hadoop) throws IOException {
    String path = ModelLocator.locate(model, hadoop);
    if (!Storage.ask("model=" + path, path, hadoop, FileSystem::exists)) {
      throw new UserException(
          "model="
              + path
              + ": there is no such folder; expected the output of fine-tune, or a Hugging Face"
              + " folder");
    }
    return new Path(path);
  }

  /**
   * Hadoop would put a hidden {@code .crc} file beside each local file. Only for those: a file
   * system is kept with the configuration that it was first opened with, and Spark NLP finds that
   * of a remote output again.
   */
  private static Configuration ofOutput(String output, Configuration hadoop) throws IOException {
    boolean local =
        Storage.ask(
            "output=" + output, output, hadoop, (files, path) -> files instanceof LocalFileSystem);
    if (!local) {
      return hadoop;
    }
    Configuration copy = new Configuration(hadoop);
    copy.setClass("fs.file.impl", RawLocalFileSystem.class, FileSystem.class);
    copy.setBoolean("fs.file.impl.disable.cache", true);
    return copy;
  }

  private static void summary(Console console, ExportSource source, String checked) {
    console.line(
        "Exported a %s classifier of %,d labels and %,d weights",
        source.classifier().config().modelType(),
        source.classifier().labels().size(),
        source.classifier().parameters().tensors().values().stream()
            .mapToLong(Tensor::numel)
            .sum());
    if (!checked.isEmpty()) {
      console.line("%s", checked);
    }
  }

  private static void printFiles(Console console, Path folder, Configuration hadoop)
      throws IOException {
    console.line("%n%s", folder);
    FileStatus[] files = folder.getFileSystem(hadoop).listStatus(folder);
    Arrays.sort(files);
    for (FileStatus file : files) {
      String name = file.getPath().getName();
      console.line(file.isDirectory() ? "  %s/" : "  %-24s  %,12d bytes", name, file.getLen());
    }
  }
}
