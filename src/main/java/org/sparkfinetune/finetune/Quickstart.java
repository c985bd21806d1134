package org.sparkfinetune.finetune;

import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.pipeline.BagOfWords;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.track.TrackingArguments;

/**
 * A fine-tuning on sample data that comes in the jar, about 1,000 support messages in 8 intents,
 * beside a bag of words, as {@code jobs/quickstart} does it. Immutable: each method gives another
 * quickstart.
 */
@PublicApi
public final class Quickstart extends RunBuilder<Quickstart> {
  /** The settings of a quickstart. */
  public static final SettingKeys KEYS =
      SettingKeys.of(FineTuneSchema.MODEL)
          // The sample has one label a row.
          .without("model.problem_type", "model.threshold")
          .and(FineTuneSchema.TRAINING)
          .and(FineTuneSchema.RESOURCES)
          .and(TrackingArguments.SCHEMA);

  /** What its settings are where they are not set and differ from a fine-tuning's. */
  public static final Map<String, String> PRESETS =
      Map.of("training.num_train_epochs", "5", "training.save_strategy", "no");

  private static final String SAMPLE = "/org/sparkfinetune/sample/";
  private static final List<String> SPLITS = List.of("train", "validation", "test");

  private String program = "";

  private Quickstart(RunOptions options) {
    super(options);
  }

  /** A quickstart of all defaults, by Spark jobs of this session. */
  public static Quickstart on(SparkSession spark) {
    return new Quickstart(RunOptions.of(spark, KEYS, List.of())).set(PRESETS);
  }

  /**
   * Rows of the sample, for tries of your own.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @return rows of {@code text} and {@code label}, both strings
   * @throws UserException when there is no such split
   */
  public static Dataset<Row> sample(SparkSession spark, String split) {
    if (!SPLITS.contains(split)) {
      throw new UserException(
          "the sample has no split %s: expected one of %s"
              .formatted(split, String.join(", ", SPLITS)));
    }
    CsvParserSettings format = new CsvParserSettings();
    format.setHeaderExtractionEnabled(true);
    format.setLineSeparatorDetectionEnabled(true);
    List<Row> rows =
        new CsvParser(format)
            .parseAll(open(split + ".csv"), StandardCharsets.UTF_8).stream()
                .map(row -> RowFactory.create((Object[]) row))
                .toList();
    return spark.createDataFrame(rows, StructType.fromDDL("text STRING, label STRING"));
  }

  private static InputStream open(String name) {
    InputStream in = Quickstart.class.getResourceAsStream(SAMPLE + name);
    if (in == null) {
      throw new IllegalStateException("not on the class path: " + SAMPLE + name);
    }
    return in;
  }

  /**
   * With a folder to write to, on any Hadoop file system; it is created when missing. A quickstart
   * must have one.
   */
  public Quickstart output(String folder) {
    return with(options.output(folder));
  }

  /** With a program that the record names, as {@code jobs/quickstart}. */
  public Quickstart program(String name) {
    return changed(copy -> copy.program = name);
  }

  /**
   * Writes the sample into the output, fine-tunes on it as {@link FineTuning} does, and measures
   * the classifier to beat: TF-IDF of words and word pairs, and logistic regression.
   *
   * @throws UserException when settings, cluster or output cannot be worked with
   * @throws java.io.UncheckedIOException when the output cannot be written
   */
  public QuickstartResult run() {
    return options.use(this::run);
  }

  private QuickstartResult run(Settings given) throws IOException {
    Map<String, String> data = copySample(options.open(OutputFiles.OF_FINE_TUNING));
    Map<String, Object> read = new LinkedHashMap<>();
    data.forEach((split, path) -> read.put("data." + split, path));
    Settings settings = given.reading(read);
    FineTuneResult fineTuned =
        FineTuning.on(options.spark())
            .program(program)
            .console(options.console())
            .settings(settings)
            .output(options.output())
            // It was opened above, and has the sample now.
            .overwrite(true)
            .run();
    options.console().line("%nFor comparison: logistic regression on a bag of words (Spark MLlib)");
    try (ExampleSplits examples =
        DatasetPreparation.prepare(
            options.spark(),
            settings.get(DataArguments.SCHEMA),
            ProblemType.SINGLE_LABEL_CLASSIFICATION)) {
      List<String> labels = fineTuned.classifier().labels();
      EvaluationResult bagOfWords =
          EvaluationResult.of(
              BagOfWords.evaluate(
                  examples.train(),
                  examples.validation().orElseThrow(),
                  examples.test().orElseThrow(),
                  labels),
              labels);
      return new QuickstartResult(fineTuned, bagOfWords, data);
    }
  }

  private static Map<String, String> copySample(OutputDirectory output) throws IOException {
    Map<String, String> paths = new LinkedHashMap<>();
    for (String split : SPLITS) {
      String name = split + ".csv";
      try (InputStream in = open(name)) {
        output.write("data/" + name, in);
      }
      paths.put(split, output.path("data/" + name));
    }
    return paths;
  }
}
