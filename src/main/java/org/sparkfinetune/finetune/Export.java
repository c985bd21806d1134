package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.export.ExportFormat;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.export.Exporter;
import org.sparkfinetune.export.HuggingFaceExport;
import org.sparkfinetune.export.MlflowExport;
import org.sparkfinetune.export.OnnxFolderExport;
import org.sparkfinetune.export.TemporaryFolder;
import org.sparkfinetune.export.sparknlp.SparkNlpExport;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.runs.RunFolder;
import org.sparkfinetune.storage.AtomicDirectory;
import org.sparkfinetune.storage.Storage;

/**
 * Writes a fine-tuned classifier in the form that another tool reads, as {@code jobs/export} does
 * it. Immutable: each method gives another export.
 */
@PublicApi
public final class Export extends CopyOnChange<Export> {
  private final Optional<SparkSession> spark;
  private final Configuration hadoop;
  private String model = "";
  private ExportFormat format = ExportFormat.HUGGINGFACE;
  private String repository = "";
  private boolean privateRepository = true;
  private Console console = Console.system();

  private Export(Optional<SparkSession> spark, Configuration hadoop) {
    this.spark = spark;
    this.hadoop = hadoop;
  }

  /** An export with a session, which {@code sparknlp} needs. */
  public static Export on(SparkSession spark) {
    return new Export(Optional.of(spark), spark.sessionState().newHadoopConf());
  }

  /** An export without Spark, to any other format than {@code sparknlp}. */
  public static Export withoutSpark(Configuration hadoop) {
    return new Export(Optional.empty(), hadoop);
  }

  /**
   * With a classifier.
   *
   * @param path the output folder of a fine-tuning or a study, a saved pipeline, a saved {@code
   *     TransformerClassifierModel}, a Hugging Face folder, an MLflow model or {@code ORG/NAME} of
   *     the Hugging Face hub
   */
  public Export model(String path) {
    return changed(copy -> copy.model = path);
  }

  /** With a format; by default Hugging Face's. */
  public Export format(ExportFormat value) {
    return changed(copy -> copy.format = value);
  }

  /**
   * With a repository of the Hugging Face hub, to which {@link #write} uploads what it has written,
   * as one commit. The token is {@code HF_TOKEN} of the environment or of the session, else that of
   * {@code hf auth login}.
   *
   * @param name {@code ORG/NAME}; empty uploads nothing. It is made where there is none
   */
  public Export pushToHub(String name) {
    return changed(copy -> copy.repository = name);
  }

  /**
   * Whether a repository that {@link #pushToHub} makes is seen by nobody but its owner; by default
   * it is. One that is there stays what it is.
   */
  public Export hubPrivateRepo(boolean value) {
    return changed(copy -> copy.privateRepository = value);
  }

  /** With somewhere to show the progress of an upload; by default standard output. */
  public Export console(Console value) {
    return changed(copy -> copy.console = value);
  }

  /**
   * With a format, by its name.
   *
   * @param name {@code huggingface}, {@code onnx}, {@code mlflow} or {@code sparknlp}
   * @throws UserException when it is none of them
   */
  public Export format(String name) {
    return format(
        Arrays.stream(ExportFormat.values())
            .filter(value -> spelling(value).equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        "format=%s is not allowed: expected one of %s"
                            .formatted(
                                name,
                                Arrays.stream(ExportFormat.values())
                                    .map(Export::spelling)
                                    .collect(Collectors.joining(", "))))));
  }

  private static String spelling(ExportFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Writes the classifier.
   *
   * @param output a folder that does not exist or is empty, on any Hadoop file system; it appears
   *     when all of it is written, or not at all. May be empty where {@link #pushToHub} names a
   *     repository
   * @throws UserException when there is no such model, the format cannot express it, or it cannot
   *     be uploaded
   * @throws java.io.UncheckedIOException when the output cannot be written
   */
  public ExportResult write(String output) {
    return RunOptions.unchecked(
        () -> {
          if (repository.isEmpty()) {
            return export(exporter(), output, output);
          }
          HubPush push = new HubPush(repository, privateRepository, hadoop);
          if (!output.isEmpty()) {
            return pushed(push, export(exporter(), output, output), output);
          }
          try (TemporaryFolder folder = TemporaryFolder.create()) {
            String path = folder.path().resolve("model").toUri().toString();
            return pushed(push, export(exporter(), path, push.name()), path);
          }
        });
  }

  private ExportResult pushed(HubPush push, ExportResult result, String folder) throws IOException {
    boolean byName = format == ExportFormat.HUGGINGFACE || format == ExportFormat.ONNX;
    return result.committed(push.push(new Path(folder), byName, ofOutput(folder), console));
  }

  private Exporter exporter() {
    return switch (format) {
      case HUGGINGFACE -> new HuggingFaceExport();
      case ONNX -> new OnnxFolderExport();
      case MLFLOW -> new MlflowExport();
      case SPARKNLP ->
          new SparkNlpExport(
              spark.orElseThrow(
                  () ->
                      new UserException(
                          "format=sparknlp needs a Spark session: its stages are written by Spark")));
    };
  }

  /**
   * Writes a model.
   *
   * @param shown where it is to be found then
   */
  private ExportResult export(Exporter exporter, String output, String shown) throws IOException {
    Path place = existing(model);
    Configuration ofOutput = ofOutput(output);
    try (AtomicDirectory folder = AtomicDirectory.open(output, ofOutput);
        ExportSource source = ExportSource.open(place, hadoop)) {
      ModelProvenance training = RunFolder.complete(source.provenance(), place, hadoop);
      if (format == ExportFormat.SPARKNLP) {
        requireSingleTexts(training);
      }
      String check = exporter.write(source.with(training), folder.staging(), ofOutput);
      if (format == ExportFormat.SPARKNLP) {
        // Spark NLP does not look at them; model.base, which cannot tell all from the stage, does.
        HuggingFaceFolder.writeWithoutWeights(
            source.classifier().config().toJson(),
            source.tokenizer(),
            source.classifier().config().inputs(),
            folder.staging(),
            ofOutput);
      }
      folder.commit();
      return new ExportResult(
          shown,
          source.classifier().config().modelType(),
          source.classifier().labels().size(),
          source.classifier().parameters().tensors().values().stream()
              .mapToLong(Tensor::numel)
              .sum(),
          files(new Path(output)),
          check.isEmpty() ? Optional.empty() : Optional.of(check),
          source.adapter().isPresent() && format != ExportFormat.HUGGINGFACE,
          exporter.tryCommand(source, shown),
          Optional.empty());
    }
  }

  private static void requireSingleTexts(ModelProvenance training) {
    if (training.pairs()) {
      throw new UserException(
          "format=sparknlp is not possible: the model was trained on pairs of texts, and Spark NLP's"
              + " sequence classifiers take one text. Export with format=onnx or huggingface");
    }
  }

  private Path existing(String path) throws IOException {
    if (path.isEmpty()) {
      throw new UserException("model is not set: expected the path of a classifier");
    }
    String located = ModelLocator.locate(path, hadoop);
    if (!Storage.ask("model=" + located, located, hadoop, FileSystem::exists)) {
      throw new UserException(
          "model="
              + located
              + ": there is no such folder; expected the output of fine-tune, or a Hugging Face"
              + " folder");
    }
    return new Path(located);
  }

  /**
   * Hadoop would put a hidden {@code .crc} file beside each local file. Only for those: a file
   * system is kept with the configuration that it was first opened with, and Spark NLP finds that
   * of a remote output again.
   */
  private Configuration ofOutput(String output) throws IOException {
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

  private Map<String, Long> files(Path folder) throws IOException {
    Map<String, Long> files = new TreeMap<>();
    for (FileStatus file : folder.getFileSystem(hadoop).listStatus(folder)) {
      boolean isFolder = file.isDirectory();
      files.put(file.getPath().getName() + (isFolder ? "/" : ""), isFolder ? 0 : file.getLen());
    }
    return files;
  }
}
