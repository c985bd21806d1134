package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import scala.collection.JavaConverters;

/** The slots of {@code local[2]}; {@link TestClusterTest} has those of a cluster. */
@Tag("slow")
class ClusterSlotsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(100);
  private final SparkContext spark = TestSpark.session().sparkContext();
  private final JavaSparkContext java = JavaSparkContext.fromSparkContext(spark);

  @Test
  void aLocalMastersThreadsAreItsSlots() {
    assertThat(ClusterSlots.there(spark, plan(1, 1))).isEqualTo(2);
    assertThat(ClusterSlots.there(spark, plan(1, 2))).isEqualTo(1);
    assertThat(ClusterSlots.there(spark, plan(1, 3))).isZero();
    ClusterSlots.await(spark, plan(2, 1));
  }

  @Test
  void tooFewAreRefusedAfterTheWait() {
    assertThatThrownBy(() -> ClusterSlots.await(spark, plan(3, 1), Duration.ofSeconds(1)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "resources.num_workers=3 is not allowed: slots needed 3, slots there 2 (a slot is 1"
                + " CPU; executors registered after 1 s: 1). Give the application more");
  }

  @Test
  void aSlotThatIsBusyIsThereAndNotFree() throws Exception {
    // Other tests of this JVM may have tasks that are still ending.
    awaitFree(2);
    JavaFutureAction<Void> busy =
        java.parallelize(List.of(0), 1).foreachAsync(i -> sleepUntilKilled());
    try {
      awaitFree(1);
      assertThat(ClusterSlots.there(spark, plan(1, 1))).isEqualTo(2);
    } finally {
      busy.cancel(true);
    }
    awaitFree(2);
  }

  @Test
  void severalWorkersRunAtOnceInTheProcessOfALocalMaster() {
    List<String> workers = BarrierProbe.run(java, plan(2, 1));
    String pid = " pid=" + ProcessHandle.current().pid() + " ";
    assertThat(workers).hasSize(2).allMatch(line -> line.contains(pid));
    assertThat(workers.get(0)).startsWith("rank=0 of=2 executor=driver");
    assertThat(workers.get(1)).startsWith("rank=1 of=2 executor=driver");
  }

  /** Why a plan for a local master has no profile. */
  @Test
  void aLocalMasterTakesNoProfilesOfStages() {
    ResourcePlan profile = new ResourcePlan(1, 2, 2, DeviceType.CPU, 0, true, null);
    assertThatThrownBy(() -> BarrierProbe.run(java, profile))
        .isInstanceOf(SparkException.class)
        .hasMessageContaining("TaskResourceProfiles are only supported for Standalone");
  }

  /** Spark does not interrupt a task that it kills, unless its job says so. */
  private static void sleepUntilKilled() throws InterruptedException {
    for (int i = 0; i < 1200 && !TaskContext.get().isInterrupted(); i++) {
      Thread.sleep(100);
    }
  }

  private void awaitFree(int slots) {
    assertThat(ChildJvm.waitUntil(() -> ClusterSlots.free(spark, plan(1, 1)) == slots, PATIENCE))
        .as(this::tasks)
        .isTrue();
  }

  private String tasks() {
    List<String> stages =
        JavaConverters.seqAsJavaList(spark.statusStore().activeStages()).stream()
            .map(stage -> stage.name())
            .toList();
    return "running " + ClusterSlots.running(spark) + ", stages " + stages;
  }

  private static ResourcePlan plan(int workers, int cpus) {
    return new ResourcePlan(workers, cpus, cpus, DeviceType.CPU, 0, false, null);
  }
}
