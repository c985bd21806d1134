package org.sparkfinetune.serve;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/** What a server counts, in the text format 0.0.4 of Prometheus. Thread-safe. */
final class ServeMetrics {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String PREFIX = "spark_finetune_serve_";

  private final Map<Integer, AtomicLong> requests = new ConcurrentSkipListMap<>();
  private final Histogram seconds =
      new Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);
  private final Histogram batches = new Histogram(1, 2, 4, 8, 16, 32, 64, 128, 256);

  /** Counts a request that was answered; those for health and metrics are none. */
  void request(int status, double duration) {
    requests.computeIfAbsent(status, none -> new AtomicLong()).incrementAndGet();
    seconds.add(duration);
  }

  /** Counts a pass of so many texts. */
  void batch(int texts) {
    batches.add(texts);
  }

  /**
   * The text.
   *
   * @param queueLength texts that wait
   */
  String print(IntSupplier queueLength) {
    StringBuilder text = new StringBuilder();
    head("requests_total", "counter", "Requests to classify, by the status of the answer.", text);
    requests.forEach(
        (status, count) ->
            text.append(
                "%srequests_total{status=\"%d\"} %d\n".formatted(PREFIX, status, count.get())));
    head(
        "request_duration_seconds",
        "histogram",
        "From a request's headers to its answer, in seconds.",
        text);
    seconds.print(PREFIX + "request_duration_seconds", text);
    head("queue_length", "gauge", "Texts that wait for a pass.", text);
    text.append("%squeue_length %d\n".formatted(PREFIX, queueLength.getAsInt()));
    head("batch_size", "histogram", "Texts of a pass.", text);
    batches.print(PREFIX + "batch_size", text);
    return text.toString();
  }

  private static void head(String name, String type, String help, StringBuilder to) {
    to.append("# HELP %s%s %s\n# TYPE %s%s %s\n".formatted(PREFIX, name, help, PREFIX, name, type));
  }
}
