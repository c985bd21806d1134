package org.sparkfinetune.serve;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Texts of many requests that wait for one thread, which answers as many of them as there are, up
 * to a batch, together. What has come in while a batch was computed is the next one, so that
 * batches grow with the load and a single text waits for nobody.
 */
final class TextQueue implements AutoCloseable {
  /**
   * A text, or a pair.
   *
   * @param second of a pair
   */
  record Text(String text, Optional<String> second) {}

  /** What answers a batch. */
  @FunctionalInterface
  interface Engine {
    /** The answers, one a text, in their order. */
    List<LocalClassifier.Answer> answer(List<Text> batch);
  }

  /** A request, until each of its texts has its answer. */
  private static final class Pending {
    final List<Text> texts;
    final LocalClassifier.Answer[] answers;
    final CompletableFuture<List<LocalClassifier.Answer>> done = new CompletableFuture<>();
    int missing;

    Pending(List<Text> texts) {
      this.texts = texts;
      answers = new LocalClassifier.Answer[texts.size()];
      missing = answers.length;
    }
  }

  private record Waiting(Pending request, int index) {
    Text text() {
      return request.texts.get(index);
    }
  }

  private final Engine engine;
  private final ServeMetrics metrics;
  private final int batchSize;
  private final long delayNanos;
  private final int capacity;
  private final Thread worker;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private boolean closed;

  /**
   * @param batchSize texts that the engine gets at once at most
   * @param delayMillis how long the first text of a batch waits for others
   * @param capacity texts that wait at most
   */
  TextQueue(Engine engine, int batchSize, int delayMillis, int capacity, ServeMetrics metrics) {
    this.engine = engine;
    this.batchSize = batchSize;
    this.delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMillis);
    this.capacity = capacity;
    this.metrics = metrics;
    worker = new Thread(this::work, "serve batches");
    worker.setDaemon(true);
    worker.start();
  }

  /**
   * Adds a request's texts, all or none.
   *
   * @return the answers, in the order of the texts; empty when there is no room for them
   */
  synchronized Optional<CompletableFuture<List<LocalClassifier.Answer>>> add(List<Text> texts) {
    if (closed || waiting.size() + texts.size() > capacity) {
      return Optional.empty();
    }
    Pending request = new Pending(texts);
    for (int i = 0; i < texts.size(); i++) {
      waiting.add(new Waiting(request, i));
    }
    if (texts.isEmpty()) {
      request.done.complete(List.of());
    }
    notifyAll();
    return Optional.of(request.done);
  }

  /** Texts that wait now; those that are computed do not. */
  synchronized int length() {
    return waiting.size();
  }

  /** Whether a text more would find room. */
  synchronized boolean hasRoom() {
    return !closed && waiting.size() < capacity;
  }

  private void work() {
    try {
      for (List<Waiting> batch = take(); !batch.isEmpty(); batch = take()) {
        answer(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next batch; an empty one when nothing waits and nothing will. */
  private synchronized List<Waiting> take() throws InterruptedException {
    while (waiting.isEmpty() && !closed) {
      wait();
    }
    long end = System.nanoTime() + delayNanos;
    for (long left = delayNanos;
        left > 0 && waiting.size() < Math.min(batchSize, capacity) && !closed;
        left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    List<Waiting> batch = new ArrayList<>();
    while (batch.size() < batchSize && !waiting.isEmpty()) {
      batch.add(waiting.poll());
    }
    return batch;
  }

  private void answer(List<Waiting> batch) {
    metrics.batch(batch.size());
    try {
      List<LocalClassifier.Answer> answers =
          engine.answer(batch.stream().map(Waiting::text).toList());
      for (int i = 0; i < batch.size(); i++) {
        Pending request = batch.get(i).request();
        request.answers[batch.get(i).index()] = answers.get(i);
        if (--request.missing == 0) {
          request.done.complete(List.of(request.answers));
        }
      }
    } catch (RuntimeException | Error e) {
      // One that does not fit into memory fails those beside it too: the next ones are tried.
      Set<Pending> failed = new LinkedHashSet<>();
      batch.forEach(text -> failed.add(text.request()));
      failed.forEach(request -> request.done.completeExceptionally(e));
      forget(failed);
    }
  }

  private synchronized void forget(Set<Pending> failed) {
    waiting.removeIf(text -> failed.contains(text.request()));
  }

  /** Ends, once all that waits is answered. Takes nothing more. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (worker.isAlive() && !interrupted) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
        Thread.currentThread().interrupt();
      }
    }
  }
}
