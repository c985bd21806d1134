package org.sparkfinetune.audit;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.finetune.ResultRecorder;
import org.sparkfinetune.finetune.RunBuilder;
import org.sparkfinetune.finetune.RunOptions;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputFiles;

/**
 * An audit of training rows, as {@code jobs/audit} does it: which labels are probably wrong, which
 * labels overlap, and which texts occur more than once.
 *
 * <pre>{@code
 * AuditResult result =
 *     Audit.on(spark)
 *         .set("model.base", "minilm-l6")
 *         .train(rows)
 *         .output("runs/audit")
 *         .run();
 * result.issues().where("label_issue").show();
 * }</pre>
 *
 * <p>Immutable: each method gives another audit.
 */
@PublicApi
public final class Audit extends RunBuilder<Audit> {
  /** The settings of an audit. */
  public static final SettingKeys KEYS =
      SettingKeys.of(AuditArguments.SCHEMA)
          .and(FineTuneSchema.KEYS)
          .and(ResultRecorder.KEYS)
          .without(
              "data.validation_split", "data.test_split", "data.drop_issues", "data.weight_column");

  private boolean resume;

  private Audit(RunOptions options) {
    super(options);
  }

  /** An audit of all defaults, by Spark jobs of this session. */
  public static Audit on(SparkSession spark) {
    return new Audit(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With rows to audit, in the place of {@code data.train}.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name, and any others
   */
  public Audit train(Dataset<Row> rows) {
    return with(options.rows("train", rows));
  }

  /**
   * With validation rows, in the place of {@code data.validation}: they are only looked through for
   * texts of the audited rows.
   */
  public Audit validation(Dataset<Row> rows) {
    return with(options.rows("validation", rows));
  }

  /** With test rows, in the place of {@code data.test}; as of validation rows. */
  public Audit test(Dataset<Row> rows) {
    return with(options.rows("test", rows));
  }

  /** With a folder to write to, on any Hadoop file system. An audit must have one. */
  public Audit output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Whether to go on with the audit that is in the output, if there is one: the folds that have
   * been predicted stay. By default not.
   */
  public Audit resume(boolean value) {
    return changed(copy -> copy.resume = value);
  }

  /**
   * Audits, and returns when all is written.
   *
   * @throws UserException when settings, rows, cluster or output cannot be worked with; the message
   *     says what is expected
   * @throws java.io.UncheckedIOException when the output cannot be written
   */
  public AuditResult run() {
    return options.use(
        settings ->
            new AuditRun(
                    options.spark(),
                    options.console(),
                    options.open(OutputFiles.OF_AUDIT, resume),
                    resume)
                .run(settings));
  }
}
