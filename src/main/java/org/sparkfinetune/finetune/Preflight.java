package org.sparkfinetune.finetune;

import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.pipeline.FineTuneSchema;

/** What is looked at before any row is read. */
public final class Preflight {
  private Preflight() {}

  /**
   * Checks the base and the cluster.
   *
   * @throws org.sparkfinetune.UserException when they cannot be trained with
   */
  public static void check(Settings settings, SparkSession spark) {
    ModelArguments model = settings.get(FineTuneSchema.MODEL);
    PretrainedModel base =
        PretrainedModel.open(
            model.base(), spark.sessionState().newHadoopConf(), !model.fromScratch());
    DistributedTrainer.check(
        spark.sparkContext(),
        ModelConfig.parse(base.config()),
        model,
        settings.get(FineTuneSchema.TRAINING),
        settings.get(FineTuneSchema.RESOURCES));
  }
}
