package org.sparkfinetune.jobs;

import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** A job that needs no Spark, and for which none is started. */
interface LightJob extends Job {
  /** Does it. */
  void run(JobConfig config, Configuration hadoop, Console console) throws Exception;

  @Override
  default void run(JobConfig config, SparkSession spark, Console console) throws Exception {
    run(config, spark.sessionState().newHadoopConf(), console);
  }
}
