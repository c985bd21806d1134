package org.sparkfinetune.finetune;

import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.config.SettingsBuilder;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.describe.ModelDescription;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.pipeline.FineTuneSchema;

/**
 * Says what a pretrained model is, and what fine-tuning it would take, as {@code jobs/describe}
 * does it: reads configuration, tokenizer and the headers of the weights, and no weight. Immutable:
 * each method gives another description.
 */
@PublicApi
public final class Description {
  /** The settings of a description. */
  public static final SettingKeys KEYS =
      SettingKeys.of(FineTuneSchema.MODEL)
          .and(FineTuneSchema.TRAINING, "per_device_train_batch_size", "precision");

  private final Configuration hadoop;
  private final SettingsBuilder given;
  private final Optional<Settings> whole;

  private Description(Configuration hadoop, SettingsBuilder given, Optional<Settings> whole) {
    this.hadoop = hadoop;
    this.given = given;
    this.whole = whole;
  }

  /** A description under all defaults, of a model where this session finds it. */
  public static Description on(SparkSession spark) {
    return withoutSpark(spark.sessionState().newHadoopConf());
  }

  /** A description under all defaults, without Spark. */
  public static Description withoutSpark(Configuration hadoop) {
    return new Description(hadoop, new SettingsBuilder(KEYS, List.of()), Optional.empty());
  }

  /**
   * With a setting, by the key that the command line has.
   *
   * @param key of {@code model}, as {@code model.base}; or {@code
   *     training.per_device_train_batch_size} or {@code training.precision}, by which memory is
   *     counted
   * @param value a number, a boolean or a string, which may be the spelling of any value
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public Description set(String key, Object value) {
    SettingsBuilder more = given.copy();
    more.set(key, value);
    return new Description(hadoop, more, Optional.empty());
  }

  /** With these settings and no others. */
  public Description settings(Settings settings) {
    return new Description(hadoop, given, Optional.of(settings));
  }

  /**
   * Describes.
   *
   * @throws UserException when there is no such model, or fine-tuning would refuse it
   */
  public DescriptionResult run() {
    if (whole.isPresent()) {
      // Whoever has read them has fetched what they name.
      return describe(whole.get());
    }
    SettingsBuilder filled = given.copy();
    Presets.fill(filled);
    Settings settings = filled.build("");
    try (NamedModels models = NamedModels.fetch(settings, hadoop, Console.quiet())) {
      return describe(models.settings());
    }
  }

  private DescriptionResult describe(Settings settings) {
    ModelArguments model = settings.get(FineTuneSchema.MODEL);
    PretrainedModel pretrained = PretrainedModel.open(model.base(), hadoop, !model.fromScratch());
    return DescriptionResult.of(
        ModelDescription.of(pretrained, model, settings.get(FineTuneSchema.TRAINING)),
        pretrained.tokenizerNotes(model.maxLength()));
  }
}
