package org.sparkfinetune.jobs;

import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;

/** A job that needs no Spark, and for which none is started. */
interface SparklessJob extends Job {
  /** Does it. */
  void run(Settings config, Configuration hadoop, Console console) throws Exception;

  @Override
  default void run(Settings config, SparkSession spark, Console console) throws Exception {
    run(config, spark.sessionState().newHadoopConf(), console);
  }
}
