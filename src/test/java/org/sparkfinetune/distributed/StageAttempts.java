package org.sparkfinetune.distributed;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;

/** The attempts at Spark's stages, from 0, for as long as this is open. */
final class StageAttempts implements AutoCloseable {
  private final SparkContext spark;
  private final List<Integer> numbers = new CopyOnWriteArrayList<>();
  private final SparkListener listener =
      new SparkListener() {
        @Override
        public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
          numbers.add(submitted.stageInfo().attemptNumber());
        }
      };

  StageAttempts(SparkContext spark) {
    this.spark = spark;
    spark.addSparkListener(listener);
  }

  /** The number of each attempt until now. */
  List<Integer> numbers() throws Exception {
    spark.listenerBus().waitUntilEmpty();
    return numbers;
  }

  @Override
  public void close() {
    spark.removeSparkListener(listener);
  }
}
