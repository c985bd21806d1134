package org.sparkfinetune.export.sparknlp;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.SparkFiles;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.export.ExportSource;
import org.sparkfinetune.export.Exporter;
import org.sparkfinetune.export.OnnxExport;
import org.sparkfinetune.export.TemporaryFolder;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.tokenize.TokenizerSummary;

/**
 * Writes a classifier as a saved stage of Spark NLP's own annotator of its family, backed by ONNX
 * Runtime: {@code BertForSequenceClassification.load(path)} reads it, in Scala, Python and Java.
 *
 * <p>The stage takes the columns {@code document} and {@code token} and writes {@code category}. It
 * makes tokens in Spark NLP's way, which is not everywhere Hugging Face's; {@code docs/sparknlp.md}
 * says where, and which tokenizer before it makes them agree.
 *
 * <p>The stock annotators number and pad tokens by rules of their own, and mask id 0, which is the
 * start token of RoBERTa and its kin. The graph is fitted to what they feed it: see {@link
 * StockAnnotator#feed}.
 */
public final class SparkNlpExport implements Exporter {
  /** Spark NLP's own default, for a model whose training is not on record. */
  private static final int DEFAULT_MAX_LENGTH = 128;

  /** The annotators refuse more. */
  private static final int LONGEST = 512;

  private final SparkSession spark;

  /**
   * An export on a session, which Spark NLP saves its stages with. It leaves the name of a file
   * that is no more among those that the session gives executors: use one that no executors join
   * later.
   */
  public SparkNlpExport(SparkSession spark) {
    this.spark = spark;
  }

  @Override
  public String write(ExportSource source, Path folder, Configuration hadoop) throws IOException {
    requireUri(folder);
    ModelConfig config = source.classifier().config();
    StockAnnotator annotator = StockAnnotator.of(config.modelType());
    requireLines(source.classifier().labels());
    // Spark NLP imports local folders alone.
    try (TemporaryFolder temporary = TemporaryFolder.create();
        Closeable imported = SparkNlpExport::deleteImported) {
      java.nio.file.Path local = temporary.path();
      java.nio.file.Path assets = Files.createDirectory(local.resolve("assets"));
      JsonNode tokenizer = Vocabulary.parse(source.tokenizer());
      annotator.vocabulary().write(tokenizer, assets);
      Files.write(assets.resolve("labels.txt"), source.classifier().labels());
      double difference = OnnxExport.write(source.classifier(), local, annotator.feed(tokenizer));
      requireOneFile(local);
      Model<?> stage = annotator.load(local.toUri().getPath(), spark);
      configure(stage, source);
      ((MLWritable) stage).write().overwrite().save(folder.toString());
      deleteChecksums(folder.getFileSystem(hadoop), folder);
      return String.format(
          Locale.ROOT,
          "A stage of Spark NLP's %s; ONNX Runtime's logits differ from the model's by at most %.1e"
              + " on random tokens",
          annotator.className(),
          difference);
    }
  }

  /** Spark NLP imports by SparkContext.addFile, which refuses another file of this name. */
  private static void deleteImported() throws IOException {
    Files.deleteIfExists(java.nio.file.Path.of(SparkFiles.get(OnnxExport.MODEL)));
  }

  @Override
  public String tryCommand(ExportSource source, String folder) {
    String className = StockAnnotator.of(source.classifier().config().modelType()).className();
    return "python -c \"import sparknlp; sparknlp.start(); from sparknlp.annotator import "
        + className
        + " as C; print(C.load('"
        + folder
        + "').getClasses())\"";
  }

  private static void configure(Model<?> stage, ExportSource source) {
    ModelConfig config = source.classifier().config();
    set(stage, "inputCols", new String[] {"document", "token"});
    set(stage, "outputCol", "category");
    set(stage, "caseSensitive", !TokenizerSummary.of(source.tokenizer()).lowerCases());
    Object trained = source.provenance().settings().get("model.max_length");
    int maxLength = trained instanceof Number n ? n.intValue() : DEFAULT_MAX_LENGTH;
    set(stage, "maxSentenceLength", Math.min(LONGEST, Math.min(maxLength, config.maxTokens())));
    if (config.problemType().task().hasThreshold()) {
      set(stage, "activation", config.problemType().task().activation().spelling());
      double threshold = config.decisionThreshold();
      set(stage, "threshold", (float) threshold);
    }
  }

  private static void set(Model<?> stage, String param, Object value) {
    stage.set(stage.getParam(param), value);
  }

  /** Spark puts a hidden {@code .crc} file beside each local file. */
  private static void deleteChecksums(FileSystem files, Path folder) throws IOException {
    if (files instanceof LocalFileSystem checksummed) {
      FileSystem raw = checksummed.getRaw();
      RemoteIterator<LocatedFileStatus> all = raw.listFiles(folder, true);
      while (all.hasNext()) {
        Path file = all.next().getPath();
        if (ChecksumFileSystem.isChecksumFile(file)) {
          raw.delete(file, false);
        }
      }
    }
  }

  /** Spark NLP takes the path for a URI as it stands. */
  private static void requireUri(Path folder) {
    try {
      new URI(folder.toString());
    } catch (URISyntaxException e) {
      throw new UserException(
          "format=sparknlp: Spark NLP cannot save to a path with the character '"
              + e.getInput().charAt(Math.max(0, e.getIndex()))
              + "' in it: choose an output without",
          e);
    }
  }

  private static void requireOneFile(java.nio.file.Path folder) {
    if (Files.exists(folder.resolve(OnnxExport.MODEL + "_data"))) {
      throw new UserException(
          "format=sparknlp: the model has more than 1.9 GB of weights, which ONNX keeps in a second"
              + " file, and Spark NLP 5.5.3 saves only the first");
    }
  }

  /** Labels are imported a line each. */
  private static void requireLines(List<String> labels) {
    for (String label : labels) {
      if (label.lines().count() != 1) {
        throw new UserException(
            "format=sparknlp: the label '"
                + label.replace("\n", "\\n").replace("\r", "\\r")
                + "' is not one line, and Spark NLP imports labels a line each");
      }
    }
  }
}
