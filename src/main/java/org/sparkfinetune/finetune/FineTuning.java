package org.sparkfinetune.finetune;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.track.TrackingArguments;

/**
 * A fine-tuning with a record of it, as {@code jobs/fine-tune} does it: rows are read and checked,
 * a model is trained, saved and tested, and its figures, its page and its journal lie beside it.
 *
 * <pre>{@code
 * FineTuneResult result =
 *     FineTuning.on(spark)
 *         .set("model.base", "minilm-l6")
 *         .set("training.learning_rate", 2e-4)
 *         .train(rows)
 *         .output("runs/first")
 *         .run();
 * }</pre>
 *
 * <p>Immutable: each method gives another fine-tuning, so that one can be varied.
 */
@PublicApi
public final class FineTuning extends RunBuilder<FineTuning> {
  /** The settings of a fine-tuning. */
  public static final SettingKeys KEYS = FineTuneSchema.KEYS.and(TrackingArguments.SCHEMA);

  private String program = "";

  private FineTuning(RunOptions options) {
    super(options);
  }

  /** A fine-tuning of all defaults, by Spark jobs of this session. */
  public static FineTuning on(SparkSession spark) {
    return new FineTuning(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With training rows, in the place of {@code data.train}.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name; others are left alone
   */
  public FineTuning train(Dataset<Row> rows) {
    return with(options.rows("train", rows));
  }

  /** With validation rows, in the place of {@code data.validation}; columns as of training rows. */
  public FineTuning validation(Dataset<Row> rows) {
    return with(options.rows("validation", rows));
  }

  /** With test rows, in the place of {@code data.test}; columns as of training rows. */
  public FineTuning test(Dataset<Row> rows) {
    return with(options.rows("test", rows));
  }

  /**
   * With a folder to write to, on any Hadoop file system; it is created when missing. A fine-tuning
   * must have one.
   */
  public FineTuning output(String folder) {
    return with(options.output(folder));
  }

  /** With a program that the record names, as {@code jobs/fine-tune}. */
  public FineTuning program(String name) {
    return changed(copy -> copy.program = name);
  }

  /**
   * Fine-tunes, and returns when the model and its record are written.
   *
   * @throws UserException when settings, rows, cluster or output cannot be worked with; the message
   *     says what is expected
   * @throws java.io.UncheckedIOException when the output cannot be written
   */
  public FineTuneResult run() {
    return options.use(
        settings -> {
          boolean resume = settings.get(FineTuneSchema.TRAINING).checkpoint().resume();
          return new FineTuneRun(
                  program,
                  options.spark(),
                  options.console(),
                  options.open(OutputFiles.OF_FINE_TUNING, resume))
              .run(settings);
        });
  }
}
