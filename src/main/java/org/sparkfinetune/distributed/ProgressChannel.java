package org.sparkfinetune.distributed;

import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.util.AccumulatorV2;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.train.TrainingProgress;
import scala.collection.JavaConverters;

/**
 * Brings a task's progress to the driver while the task runs, with the heartbeats that executors
 * send anyway: over Spark's own authenticated connection, at {@code
 * spark.executor.heartbeatInterval}.
 */
final class ProgressChannel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProgressChannel.class);

  private final SparkContext spark;
  private final Consumer<TrainingProgress> consumer;
  private final SparkListener listener;
  private final Newest newest = new Newest();
  private boolean closed;

  /**
   * Opens the channel; {@code consumer} is called on Spark's listener thread, and with the task's
   * last progress on the thread that closes the channel.
   */
  ProgressChannel(SparkContext spark, Consumer<TrainingProgress> consumer) {
    this.spark = spark;
    this.consumer = consumer;
    spark.register(newest, "spark-finetune progress");
    listener = new Listener(newest.id(), this::deliver);
    spark.addSparkListener(listener);
  }

  /** The end that the task writes to. */
  AccumulatorV2<TrainingProgress, TrainingProgress> taskEnd() {
    return newest;
  }

  @Override
  public void close() {
    spark.removeSparkListener(listener);
    synchronized (this) {
      if (!newest.isZero()) {
        deliver(newest.value());
      }
      closed = true;
    }
  }

  /** Calls the consumer, one call at a time; what it throws must not cost the trained model. */
  private synchronized void deliver(TrainingProgress progress) {
    if (closed) {
      return;
    }
    try {
      consumer.accept(progress);
    } catch (RuntimeException e) {
      LOG.warn("the progress listener failed: {}", e.toString());
    }
  }

  /** Keeps the newest progress alone. */
  private static final class Newest extends AccumulatorV2<TrainingProgress, TrainingProgress> {
    private static final long serialVersionUID = 1L;

    private volatile TrainingProgress value;

    @Override
    public boolean isZero() {
      return value == null;
    }

    @Override
    public AccumulatorV2<TrainingProgress, TrainingProgress> copy() {
      Newest copy = new Newest();
      copy.value = value;
      return copy;
    }

    @Override
    public void reset() {
      value = null;
    }

    @Override
    public void add(TrainingProgress progress) {
      value = progress;
    }

    @Override
    public void merge(AccumulatorV2<TrainingProgress, TrainingProgress> other) {
      TrainingProgress theirs = other.value();
      if (theirs != null && (value == null || theirs.step() >= value.step())) {
        value = theirs;
      }
    }

    @Override
    public TrainingProgress value() {
      return value;
    }
  }

  private static final class Listener extends SparkListener {
    private final long accumulator;
    private final Consumer<TrainingProgress> consumer;

    Listener(long accumulator, Consumer<TrainingProgress> consumer) {
      this.accumulator = accumulator;
      this.consumer = consumer;
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
      JavaConverters.seqAsJavaList(update.accumUpdates())
          .forEach(task -> JavaConverters.seqAsJavaList(task._4()).forEach(this::offer));
    }

    private void offer(AccumulableInfo info) {
      if (info.id() == accumulator
          && info.update().isDefined()
          && info.update().get() instanceof TrainingProgress progress) {
        consumer.accept(progress);
      }
    }
  }
}
