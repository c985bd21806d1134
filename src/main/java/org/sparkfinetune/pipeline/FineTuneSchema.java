package org.sparkfinetune.pipeline;

import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.train.TrainingArguments;

/** The settings of a fine-tuning. */
public final class FineTuneSchema {
  public static final Schema<ModelArguments> MODEL = Schema.of("model", ModelArguments.class);
  public static final Schema<TrainingArguments> TRAINING =
      Schema.of("training", TrainingArguments.class);
  public static final Schema<ResourceArguments> RESOURCES =
      Schema.of("resources", ResourceArguments.class);

  /**
   * The keys of rows, model, training and resources: those of a fine-tuning but for its output and
   * its record.
   */
  public static final SettingKeys KEYS =
      SettingKeys.of(DataArguments.SCHEMA, "train", "validation", "test")
          .and(DataArguments.SCHEMA, DataArguments.formatSettings())
          .and(
              DataArguments.SCHEMA,
              "text_column",
              "text_pair_column",
              "label_column",
              "label_separator",
              "weight_column",
              "validation_split",
              "test_split",
              "seed",
              "drop_issues")
          .and(MODEL)
          .and(TRAINING)
          .and(RESOURCES);

  private FineTuneSchema() {}
}
