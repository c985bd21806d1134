package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.describe.DescriptionText;
import org.sparkfinetune.describe.ModelDescription;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.pipeline.FineTuneSchema;

/** Says what a checkpoint is and what fine-tuning it would take. */
final class DescribeJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(FineTuneSchema.MODEL)
          .and(FineTuneSchema.TRAINING, "per_device_train_batch_size", "precision")
          .and(CommonArguments.SCHEMA, "log");

  @Override
  public String name() {
    return "describe";
  }

  @Override
  public String summary() {
    return "Says what a pretrained model is: family, parameters, head, tokenizer and labels, what"
        + " would be trained under the given settings and the memory that it would take. Reads no"
        + " weights.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/describe model.base=minilm-l6",
        "jobs/describe model.base=runs/first/model training.per_device_train_batch_size=16");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model.base");
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console) {
    ModelArguments model = config.get(FineTuneSchema.MODEL);
    PretrainedModel checkpoint = PretrainedModel.open(model.base(), hadoop, !model.fromScratch());
    console.text(
        DescriptionText.render(
            ModelDescription.of(checkpoint, model, config.get(FineTuneSchema.TRAINING))));
    checkpoint.tokenizerNotes(model.maxLength()).forEach(note -> console.line("%nNote: %s", note));
  }
}
