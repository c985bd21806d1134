package io.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkSessionsTest {
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
}
