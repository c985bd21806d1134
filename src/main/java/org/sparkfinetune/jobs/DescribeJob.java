package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Description;

/** Says what a pretrained model is and what fine-tuning it would take. */
final class DescribeJob implements SparklessJob {
  private static final SettingKeys KEYS = Description.KEYS.and(CommonArguments.SCHEMA);

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
    console.text(Description.withoutSpark(hadoop).settings(config).run().text());
  }
}
