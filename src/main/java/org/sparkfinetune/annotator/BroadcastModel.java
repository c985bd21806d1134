package org.sparkfinetune.annotator;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.torch.Libtorch;

/**
 * The files of a model, wherever its annotator is: on the driver as they are, on an executor by way
 * of a broadcast. Copies of an annotator share one.
 *
 * <p>Each JVM holds one native {@link Predictor} a content and {@code max_length}, shared by its
 * tasks, and keeps the two that were used last.
 */
final class BroadcastModel implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int KEPT_PER_JVM = 2;
  private static final SharedCache<Key, Predictor> LOADED = new SharedCache<>(KEPT_PER_JVM);

  private record Key(String digest, int maxLength) {}

  // Stays on the driver: a task takes the broadcast's handle with it, not the bytes.
  private final transient ModelFiles files;
  private final String digest;
  private Broadcast<ModelFiles> broadcast;
  private UnknownCount unknown;
  private transient SparkContext broadcastContext;

  /** Wraps a model's files. */
  BroadcastModel(ModelFiles files) {
    this.files = files;
    this.digest = checksums(files);
  }

  /** The model's files. */
  ModelFiles files() {
    return files != null ? files : broadcast.value();
  }

  /**
   * Makes the files known to the executors of a context, once; driver only. An adapter stays: the
   * weights have it in them.
   */
  synchronized void broadcast(SparkContext context) {
    if (broadcast == null || broadcastContext != context) {
      broadcast = JavaSparkContext.fromSparkContext(context).broadcast(files.withAdapter(null));
      unknown = new UnknownCount();
      context.register(unknown);
      broadcastContext = context;
    }
  }

  /** What Spark's tasks have found of the texts' tokens; driver only. */
  synchronized UnknownTokens unknown() {
    return unknown == null ? new UnknownTokens(0, 0) : unknown.value();
  }

  /** Takes what a task has found; without Spark it is nobody's to know. */
  void count(UnknownTokens found) {
    if (unknown != null) {
      unknown.add(found);
    }
  }

  /**
   * This JVM's classifier, loaded when it is not yet; close the lease after use. The calling thread
   * then computes on as many cores as Spark gave its task; outside of tasks, on all.
   */
  SharedCache<Key, Predictor>.Lease classifier(int maxLength) {
    TaskContext task = TaskContext.get();
    Libtorch.setThreads(task != null ? task.cpus() : Runtime.getRuntime().availableProcessors());
    return LOADED.acquire(new Key(digest, maxLength), () -> Predictor.load(files(), maxLength));
  }

  /**
   * Tells models apart that a JVM holds: two checksums, which a JVM computes as fast as memory
   * gives the bytes, where a cryptographic hash takes a second.
   */
  private static String checksums(ModelFiles files) {
    CRC32 crc32 = new CRC32();
    CRC32C crc32c = new CRC32C();
    AtomicLong length = new AtomicLong();
    Consumer<byte[]> add =
        bytes -> {
          length.addAndGet(bytes.length);
          crc32.update(bytes);
          crc32c.update(bytes);
        };
    for (String text : new String[] {files.config(), files.tokenizer()}) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      add.accept((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
      add.accept(bytes);
    }
    files.weights().chunks().forEach(add);
    return "%d %08x%08x".formatted(length.get(), crc32.getValue(), crc32c.getValue());
  }
}
