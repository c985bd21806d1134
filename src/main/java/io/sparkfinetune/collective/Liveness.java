package io.sparkfinetune.collective;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is still there: each worker writes into the shared store how far it is, and every second that
 * it lives. Asked only when an operation has failed.
 */
final class Liveness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Liveness.class);
  private static final long BEAT_MILLIS = 1000;
  private static final long ANSWER_MILLIS = 5 * BEAT_MILLIS;

  private final TCPStore store;
  private final int rank;
  private final List<String> hosts;
  private final Thread heart;
  private long step;
  private long beats;

  Liveness(TCPStore store, int rank, List<String> hosts) {
    this.store = store;
    this.rank = rank;
    this.hosts = hosts;
    heart = new Thread(this::beat, "worker " + rank + " heartbeat");
    heart.setDaemon(true);
    heart.start();
  }

  private void beat() {
    try {
      while (!Thread.interrupted()) {
        write("beat/" + rank, ++beats);
        Thread.sleep(BEAT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // The worker that serves the store is gone: the operation that fails for it says so.
      LOG.debug("the heartbeat of worker {} ended", rank, e);
    }
  }

  void reached(long newStep) {
    step = newStep;
    try {
      write("step/" + rank, newStep);
    } catch (RuntimeException e) {
      LOG.debug("worker {} cannot say that it reached step {}", rank, newStep, e);
    }
  }

  /** What is known of the workers that this one has waited for, in words. */
  String suspects(Duration timeout, RuntimeException failure) {
    List<String> suspects = new ArrayList<>();
    try {
      List<Long> before = readInTime("beat/");
      Thread.sleep(3 * BEAT_MILLIS);
      List<Long> after = readInTime("beat/");
      List<Long> steps = readInTime("step/");
      for (int other = 0; other < hosts.size(); other++) {
        boolean silent = before.get(other).equals(after.get(other));
        if (other != rank && (silent || steps.get(other) < step)) {
          suspects.add(
              worker(other)
                  + (silent ? " gives no sign of life" : " lags behind")
                  + " (last seen at step "
                  + steps.get(other)
                  + ")");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      suspects.add(worker(0) + ", which the others meet at, does not answer");
    }
    boolean timedOut = String.valueOf(failure.getMessage()).contains("imed out");
    return String.format(
        "%s at step %d %s: %s",
        worker(rank),
        step,
        timedOut
            ? "has waited for another worker for " + timeout.toSeconds() + " s"
            : "has lost the connection to another worker",
        suspects.isEmpty() ? "all of them live" : String.join("; ", suspects));
  }

  private String worker(int number) {
    return "worker " + number + " on " + hosts.get(number);
  }

  private synchronized void write(String key, long value) {
    try (PointerScope scope = new PointerScope()) {
      store.set(key, new ByteVector(Long.toString(value).getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** A store whose process has stopped answers nothing, and its client would wait for ever. */
  private List<Long> readInTime(String prefix)
      throws InterruptedException, ExecutionException, TimeoutException {
    FutureTask<List<Long>> reading = new FutureTask<>(() -> read(prefix));
    Thread thread = new Thread(reading, "worker " + rank + " asks for the others");
    thread.setDaemon(true);
    thread.start();
    return reading.get(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The numbers under a key of each worker; -1 where there is none yet. */
  private synchronized List<Long> read(String prefix) {
    List<Long> values = new ArrayList<>();
    for (int other = 0; other < hosts.size(); other++) {
      try (PointerScope scope = new PointerScope()) {
        String key = prefix + other;
        values.add(
            store.check(new StringVector(key)) ? Long.parseLong(store.get_to_str(key)) : -1L);
      }
    }
    return values;
  }

  @Override
  public void close() {
    heart.interrupt();
    try {
      heart.join(2 * BEAT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!heart.isAlive()) {
      store.close();
    }
  }
}
