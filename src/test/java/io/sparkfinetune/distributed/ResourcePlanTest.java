package io.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkfinetune.UserException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourcePlanTest {
  private static final int PROCESSORS = 8;

  @ParameterizedTest
  @CsvSource({
    "local, 1",
    "local[1], 1",
    "local[3], 3",
    "'local[3,2]', 3",
    "local[*], 8",
    "local[64], 8",
    "'local-cluster[2,1,4096]', 1",
    "spark://host:7077, 1",
    "yarn, 1"
  })
  void threadsAreTheMachinesOnALocalMasterAndATasksElsewhere(String master, int threads) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    assertThat(ResourcePlan.of(conf, PROCESSORS)).isEqualTo(new ResourcePlan(1, threads));
  }

  @Test
  void onAClusterATaskHasTheCoresThatSparkGivesIt() {
    SparkConf conf = new SparkConf(false).set("spark.master", "yarn").set("spark.task.cpus", "4");
    assertThat(ResourcePlan.of(conf, PROCESSORS).threadsPerWorker()).isEqualTo(4);
  }

  @Test
  void dynamicAllocationMeansNothingOnALocalMaster() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.master", "local[2]")
            .set("spark.dynamicAllocation.enabled", "true");
    assertThat(ResourcePlan.of(conf, PROCESSORS)).isEqualTo(new ResourcePlan(1, 2));
  }

  @Test
  void dynamicAllocationIsRefused() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.master", "yarn")
            .set("spark.dynamicAllocation.enabled", "true");
    assertThatThrownBy(() -> ResourcePlan.of(conf, PROCESSORS))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("spark.dynamicAllocation.enabled=true is not allowed")
        .hasMessageEndingWith("Set it to false and spark.executor.instances to what you need");
  }
}
