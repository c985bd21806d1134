package io.sparkfinetune.jobs;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** Starts Spark for a job. */
final class SparkSessions {
  private SparkSessions() {}

  /** A session with the job's settings for Spark, and ours where nobody has set any. */
  static SparkSession open(String jobName, Map<String, String> settings) {
    return SparkSession.builder().config(conf(jobName, settings, new SparkConf())).getOrCreate();
  }

  /** Hadoop's settings as a session would have them, without one. */
  static Configuration hadoop(String jobName, Map<String, String> settings) {
    return SparkHadoopUtil.get().newConfiguration(conf(jobName, settings, new SparkConf()));
  }

  /**
   * @param base what spark-submit has set already
   */
  static SparkConf conf(String jobName, Map<String, String> settings, SparkConf base) {
    SparkConf conf = base.clone();
    settings.forEach(conf::set);
    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.app.name", "spark-finetune " + jobName);
    // Our progress bar has the line.
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // Progress comes to the driver with the heartbeats.
    conf.setIfMissing("spark.executor.heartbeatInterval", "2s");
    // What takes the time is native: compiling Java for more than that takes the cores that train.
    conf.setIfMissing("spark.executor.defaultJavaOptions", "-XX:TieredStopAtLevel=1");
    // A training keeps its executor for minutes: rows that lie there are fetched, not waited for.
    conf.setIfMissing("spark.locality.wait", "0s");
    if (conf.get("spark.master").startsWith("local")) {
      conf.setIfMissing("spark.ui.enabled", "false");
      // The default of 200 is for clusters: here each partition is a task of nothing.
      conf.setIfMissing(
          "spark.sql.shuffle.partitions",
          String.valueOf(Runtime.getRuntime().availableProcessors()));
    }
    return conf;
  }
}
