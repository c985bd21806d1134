package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class SparkSessionsTest {
  @TempDir Path folder;

  @Test
  void runsLocallyWhenNothingSaysOtherwise() {
    SparkConf conf = SparkSessions.conf("predict", Map.of(), new SparkConf(false));

    assertThat(conf.get("spark.master")).isEqualTo("local[*]");
    assertThat(conf.get("spark.app.name")).isEqualTo("spark-finetune predict");
    assertThat(conf.get("spark.ui.enabled")).isEqualTo("false");
    assertThat(conf.get("spark.ui.showConsoleProgress")).isEqualTo("false");
    assertThat(conf.get("spark.executor.heartbeatInterval")).isEqualTo("2s");
    assertThat(conf.get("spark.locality.wait")).isEqualTo("0s");
  }

  @Test
  void keepsWhatIsSetTheJobsOwnSettingsFirst() {
    SparkConf submitted =
        new SparkConf(false)
            .set("spark.master", "spark://host:7077")
            .set("spark.executor.memory", "1g")
            .set("spark.executor.heartbeatInterval", "5s");

    SparkConf conf =
        SparkSessions.conf("predict", Map.of("spark.executor.memory", "2g"), submitted);

    assertThat(conf.get("spark.master")).isEqualTo("spark://host:7077");
    assertThat(conf.get("spark.executor.memory")).isEqualTo("2g");
    assertThat(conf.get("spark.executor.heartbeatInterval")).isEqualTo("5s");
    assertThat(conf.contains("spark.ui.enabled")).isFalse();
    assertThat(conf.contains("spark.sql.shuffle.partitions")).isFalse();
    assertThat(submitted.get("spark.executor.memory")).isEqualTo("1g");
  }

  @Test
  void anotherSparkIsRefusedInOneLine() {
    SparkSessions.requireVersions("3.5.1-amzn-0", "2.12.18");
    assertThatThrownBy(() -> SparkSessions.requireVersions("4.0.0", "2.13.16"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "this is Spark 4.0.0 with Scala 2.13.16: expected Spark 3.5 with Scala 2.12; with the"
                + " scripts in jobs/, SPARK_FINETUNE_SPARK=maven runs on Maven's Spark");
    assertThatThrownBy(() -> SparkSessions.requireVersions("3.5.7", "2.13.8"))
        .isInstanceOf(UserException.class);
  }

  @Test
  void tablesOfAMetastoreAreFoundWhereOneIsSetUp() throws IOException {
    SparkConf none = new SparkConf(false);
    SparkConf glue =
        new SparkConf(false)
            .set("spark.hadoop.hive.metastore.client.factory.class", "com.amazonaws.Glue");
    assertThat(SparkSessions.hasMetastore(glue, loader())).as("no classes of Hive").isFalse();

    write("org/apache/spark/sql/hive/HiveSessionStateBuilder.class");
    write("org/apache/hadoop/hive/conf/HiveConf.class");
    assertThat(SparkSessions.hasMetastore(none, loader())).as("nothing set up").isFalse();
    assertThat(SparkSessions.hasMetastore(glue, loader())).isTrue();
    write("hive-site.xml");
    assertThat(SparkSessions.hasMetastore(none, loader())).isTrue();

    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(loader());
    try {
      String key = "spark.sql.catalogImplementation";
      assertThat(SparkSessions.conf("predict", Map.of(), none).get(key)).isEqualTo("hive");
      assertThat(SparkSessions.conf("predict", Map.of(key, "in-memory"), none).get(key))
          .isEqualTo("in-memory");
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  void sparkIsSetUpForDeltaAndIcebergWhereTheirJarIsThere() throws IOException {
    String extensions = "spark.sql.extensions";
    String catalog = "spark.sql.catalog.default_iceberg";
    SparkConf none = new SparkConf(false);
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(loader());
    try {
      SparkConf without = SparkSessions.conf("predict", Map.of(), none);
      assertThat(without.contains(extensions) || without.contains(catalog)).isFalse();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    write("io/delta/sql/DeltaSparkSessionExtension.class");
    write("org/apache/iceberg/spark/SparkCatalog.class");
    Thread.currentThread().setContextClassLoader(loader());
    try {
      SparkConf with = SparkSessions.conf("predict", Map.of(), none);
      assertThat(with.get(extensions)).isEqualTo("io.delta.sql.DeltaSparkSessionExtension");
      assertThat(with.get("spark.sql.catalog.spark_catalog")).endsWith(".DeltaCatalog");
      assertThat(with.get(catalog + ".type")).isEqualTo("hadoop");
      SparkConf own = SparkSessions.conf("predict", Map.of(extensions, "mine", catalog, "x"), none);
      assertThat(own.get(extensions)).isEqualTo("mine");
      assertThat(own.contains(catalog + ".type")).isFalse();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private ClassLoader loader() throws IOException {
    return new URLClassLoader(new URL[] {folder.toUri().toURL()}, null);
  }

  private void write(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.createFile(file);
  }
}
