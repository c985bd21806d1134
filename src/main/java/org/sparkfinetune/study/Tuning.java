package org.sparkfinetune.study;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.finetune.RunBuilder;
import org.sparkfinetune.finetune.RunOptions;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyStorage;

/**
 * A search for the settings with which a fine-tuning does best, as {@code jobs/tune} does it:
 * trials run at the same time over the cluster, each is recorded, and the best one's settings and
 * model lie in the output.
 *
 * <pre>{@code
 * StudyResult result =
 *     Tuning.on(spark)
 *         .set("model.base", "minilm-l6")
 *         .set("tune.space.training.learning_rate", "{low=1e-5, high=1e-3, log=true}")
 *         .set("tune.n_trials", 20)
 *         .train(rows)
 *         .output("runs/study")
 *         .run();
 * }</pre>
 *
 * <p>Immutable: each method gives another search.
 */
@PublicApi
public final class Tuning extends RunBuilder<Tuning> {
  /** Those of the keys whose values are structures. */
  public static final List<String> STRUCTURES = List.of("tune.space", "tune.enqueue");

  /** The settings of a search. */
  public static final SettingKeys KEYS =
      SettingKeys.of(TuneArguments.SCHEMA).and(FineTuneSchema.KEYS).and(TrackingArguments.SCHEMA);

  private StudyPlan.Parts parts =
      new StudyPlan.Parts(Optional.empty(), Optional.empty(), Optional.empty());
  private Optional<SearchSpace> space = Optional.empty();
  private boolean resume;
  private String program = "";

  private Tuning(RunOptions options) {
    super(options);
  }

  /** A search of all defaults, by Spark jobs of this session. */
  public static Tuning on(SparkSession spark) {
    return new Tuning(RunOptions.of(spark, KEYS, STRUCTURES));
  }

  /** With a space to search, in the place of {@code tune.space}; names are keys of settings. */
  public Tuning space(SearchSpace value) {
    return changed(copy -> copy.space = Optional.of(value));
  }

  /** With what chooses the next setting, in the place of {@code tune.sampler}. */
  public Tuning sampler(Sampler value) {
    return changed(
        copy ->
            copy.parts =
                new StudyPlan.Parts(Optional.of(value), parts.pruner(), parts.objective()));
  }

  /** With what stops trials early, in the place of {@code tune.pruner}. */
  public Tuning pruner(Pruner value) {
    return changed(
        copy ->
            copy.parts =
                new StudyPlan.Parts(parts.sampler(), Optional.of(value), parts.objective()));
  }

  /**
   * With something else to try settings by than a fine-tuning, in the place of {@code
   * tune.objective}; {@code tune.metric} then names what it measures. No rows are read for it.
   */
  public Tuning objective(Objective value) {
    return changed(
        copy ->
            copy.parts = new StudyPlan.Parts(parts.sampler(), parts.pruner(), Optional.of(value)));
  }

  /** With training rows, in the place of {@code data.train}; columns as for a fine-tuning. */
  public Tuning train(Dataset<Row> rows) {
    return with(options.rows("train", rows));
  }

  /** With validation rows, in the place of {@code data.validation}. */
  public Tuning validation(Dataset<Row> rows) {
    return with(options.rows("validation", rows));
  }

  /** With test rows, in the place of {@code data.test}, for the best model. */
  public Tuning test(Dataset<Row> rows) {
    return with(options.rows("test", rows));
  }

  /** With a folder to write to, on any Hadoop file system. A study must have one. */
  public Tuning output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Whether to go on with the study that is in the output, if there is one: finished trials stay,
   * those that were running go on from their checkpoints. By default not.
   */
  public Tuning resume(boolean value) {
    return changed(copy -> copy.resume = value);
  }

  /** With a program that the record names, as {@code jobs/tune}. */
  public Tuning program(String name) {
    return changed(copy -> copy.program = name);
  }

  /**
   * Searches, and returns when the last trial has ended and all is written.
   *
   * @throws UserException when settings, rows, cluster or output cannot be worked with, or no trial
   *     has a value that counts
   * @throws java.io.UncheckedIOException when the output cannot be written
   */
  public StudyResult run() {
    return options.use(this::run);
  }

  private StudyResult run(Settings settings) throws IOException {
    if (options.output().isEmpty()) {
      throw new UserException("output is not set: expected a folder to write to");
    }
    Settings given = given(settings);
    if (given.get(TuneArguments.SCHEMA).objective().isEmpty()
        && given.get(DataArguments.SCHEMA).train().isEmpty()) {
      given.require("data.train");
    }
    StudyPlan plan = StudyPlan.of(given, parts, options.output(), options.spark().sparkContext());
    Configuration hadoop = options.spark().sparkContext().hadoopConfiguration();
    try (StudyStorage file =
        StudyStorage.open(new Path(options.output(), OutputFiles.STUDY), hadoop)) {
      boolean goesOn = resume && file.exists();
      OutputDirectory output = options.open(OutputFiles.OF_STUDY, goesOn);
      output.requireOwn(OutputFiles.TRIALS, TrialFolders::isOfATrial);
      try (TuneSession session =
          new TuneSession(program, plan, output, options.spark(), options.console())) {
        session.prepare();
        return session.search(
            () -> {
              if (goesOn) {
                return Study.resume(plan.plan(), file);
              }
              output.clear(OutputFiles.OF_STUDY);
              output.delete(OutputFiles.TRIALS);
              return Study.begin(plan.plan(), plan.enqueued(), file);
            });
      }
    }
  }

  /**
   * The settings with what was given as objects: the settings that give the same, or the name of
   * its class, which a record shows and no settings can give.
   */
  private Settings given(Settings settings) {
    Map<String, Object> named = new LinkedHashMap<>();
    space.ifPresent(value -> named.put("tune.space", TuneSpace.toHocon(value)));
    parts.objective().ifPresent(o -> named.put("tune.objective", nameOf(o)));
    Map<String, String> shown = new LinkedHashMap<>();
    parts
        .sampler()
        .ifPresent(
            sampler ->
                Samplers.settings(sampler)
                    .ifPresentOrElse(
                        named::putAll, () -> shown.put("tune.sampler", nameOf(sampler))));
    parts
        .pruner()
        .ifPresent(
            pruner ->
                Pruners.settings(pruner)
                    .ifPresentOrElse(
                        named::putAll, () -> shown.put("tune.pruner", nameOf(pruner))));
    return settings.with(named).showing(shown);
  }

  /** The class, or what stands behind a proxy, as a function of Python's. */
  private static String nameOf(Object part) {
    return Proxy.isProxyClass(part.getClass()) ? part.toString() : part.getClass().getName();
  }
}
