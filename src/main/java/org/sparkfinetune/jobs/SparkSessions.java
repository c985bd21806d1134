package org.sparkfinetune.jobs;

import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.SparkNlpVersion;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.text.Redaction;
import scala.Tuple2;
import scala.util.Properties;

/** Starts Spark for a job. */
final class SparkSessions {
  private static final String DELTA = "io.delta.sql.DeltaSparkSessionExtension";
  private static final String ICEBERG = "org.apache.iceberg.spark.SparkCatalog";

  /** The catalog in which Iceberg looks for tables that are named by a path. */
  private static final String ICEBERG_CATALOG = "spark.sql.catalog.default_iceberg";

  private SparkSessions() {}

  /** What is done with a session. */
  interface Use {
    void with(SparkSession spark) throws Exception;
  }

  /**
   * Does something with a session that has the job's settings for Spark, and ours where nobody has
   * set any.
   *
   * @throws UserException when this is not the Spark, or the Spark NLP, that we are built for
   */
  static void use(String jobName, Map<String, String> settings, Use use) throws Exception {
    // Databricks has a session before the job starts, and ends it itself.
    boolean ours = SparkSession.getDefaultSession().isEmpty();
    SparkSession spark = open(jobName, settings);
    try {
      use.with(spark);
    } finally {
      if (ours) {
        spark.stop();
      }
    }
  }

  private static SparkSession open(String jobName, Map<String, String> settings) {
    requireVersions(
        org.apache.spark.package$.MODULE$.SPARK_VERSION(), Properties.versionNumberString());
    SparkNlpVersion.require();
    return SparkSession.builder()
        .config(conf(jobName, settings, submitted(settings)))
        .getOrCreate();
  }

  /** Hadoop's settings as a session would have them, without one. */
  static Configuration hadoop(String jobName, Map<String, String> settings) {
    // First: Hadoop's side of Spark asks for settings too.
    SparkConf conf = conf(jobName, settings, submitted(settings));
    return SparkHadoopUtil.get().newConfiguration(conf);
  }

  /** Another Spark would fail later, and with the name of one of its methods for a reason. */
  static void requireVersions(String spark, String scala) {
    if (!spark.startsWith("3.5.") || !scala.startsWith("2.12.")) {
      throw new UserException(
          ("this is Spark %s with Scala %s: expected Spark 3.5 with Scala 2.12; with the scripts in"
                  + " jobs/, SPARK_FINETUNE_SPARK=maven runs on Maven's Spark")
              .formatted(spark, scala));
    }
  }

  /**
   * Whether a metastore is set up, Hive's or Glue's, whose tables are to be found as spark-shell
   * finds them. Spark's Hive classes alone say nothing: every distribution has them, and with them
   * Spark would make a database of its own in the working directory.
   */
  static boolean hasMetastore(SparkConf conf, ClassLoader loader) {
    boolean configured =
        loader.getResource("hive-site.xml") != null
            || Stream.of(conf.getAll())
                .map(Tuple2::_1)
                .anyMatch(
                    key ->
                        key.startsWith("spark.hadoop.hive.metastore.")
                            || key.startsWith("spark.hive.metastore."));
    return configured
        && Stream.of(
                "org.apache.spark.sql.hive.HiveSessionStateBuilder",
                "org.apache.hadoop.hive.conf.HiveConf")
            .allMatch(name -> hasClass(name, loader));
  }

  private static boolean hasClass(String name, ClassLoader loader) {
    return loader.getResource(name.replace('.', '/') + ".class") != null;
  }

  /** What spark-submit has set. */
  private static SparkConf submitted(Map<String, String> settings) {
    // Before any of Spark's settings is read: their defaults have the host's name.
    LocalMachine.nameHost(
        settings.getOrDefault("spark.master", System.getProperty("spark.master", "local")),
        System.getenv());
    return new SparkConf();
  }

  /**
   * @param base what spark-submit has set already
   */
  static SparkConf conf(String jobName, Map<String, String> settings, SparkConf base) {
    SparkConf conf = base.clone();
    settings.forEach(conf::set);
    // Its event log, its pages and its messages show what this does not match.
    conf.setIfMissing(Settings.REDACTION, Redaction.SPARK_REGEX);
    Stream.of(conf.getAll()).forEach(pair -> Redaction.learn(Map.of(pair._1(), pair._2())));
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
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    if (hasMetastore(conf, loader)) {
      conf.setIfMissing("spark.sql.catalogImplementation", "hive");
    }
    if (hasClass(DELTA, loader)) {
      // Delta reads no table without them.
      conf.setIfMissing("spark.sql.extensions", DELTA);
      conf.setIfMissing(
          "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    }
    if (hasClass(ICEBERG, loader) && !conf.contains(ICEBERG_CATALOG)) {
      // Without it that is a metastore's, which is not there mostly.
      conf.set(ICEBERG_CATALOG, ICEBERG);
      conf.set(ICEBERG_CATALOG + ".type", "hadoop");
      conf.set(ICEBERG_CATALOG + ".warehouse", "spark-warehouse");
    }
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
