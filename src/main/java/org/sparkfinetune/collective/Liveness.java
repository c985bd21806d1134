package org.sparkfinetune.collective;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.collective.Store.StoreException;

/**
 * Which workers are still alive. Every second each worker writes its progress into the shared
 * store; a worker that ends with an error of the user's writes that error there too. It is read
 * only when an operation has failed.
 */
final class Liveness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Liveness.class);
  private static final long BEAT_MILLIS = 1000;
  private static final long SILENT_MILLIS = 3 * BEAT_MILLIS;

  /** One that lives answers at once; more than that is no use to who wants to know who lives. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private static final long LOOK_MILLIS = 50;
  private static final String BEAT = "beat/";
  private static final String STEP = "step/";
  private static final String FAILURE = "failure/";

  private final Store store;
  private final int rank;
  private final List<String> hosts;
  private final Thread heart;
  private long step;
  private long beats;

  Liveness(Store store, int rank, List<String> hosts) {
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
        write(BEAT, Long.toString(++beats));
        Thread.sleep(BEAT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StoreException e) {
      // The worker that serves the store is gone: the operation that fails for it says so.
      LOG.debug("the heartbeat of worker {} ended", rank, e);
    }
  }

  void heartbeat(long newStep) {
    step = newStep;
    try {
      write(STEP, Long.toString(newStep));
    } catch (StoreException e) {
      LOG.debug("worker {} cannot say that it reached step {}", rank, newStep, e);
    }
  }

  /** Tells the others what this worker leaves for; they know when this returns. */
  void fail(String message) {
    try {
      write(FAILURE, message);
      // When this is answered, the other has been heard.
      read(FAILURE);
    } catch (StoreException e) {
      LOG.debug("worker {} cannot say why it leaves: {}", rank, message, e);
    }
  }

  /** What another worker has left for, if one has said so. */
  Optional<String> failureOfAnother() {
    try {
      return read(FAILURE).stream().filter(Objects::nonNull).findFirst();
    } catch (StoreException e) {
      LOG.debug("worker {} cannot ask why another has left", rank, e);
    }
    return Optional.empty();
  }

  /** Returns when all others leave for the same, or give no sign of life, or time is up. */
  void awaitOthers(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    try {
      List<String> before = read(BEAT);
      for (long look = 1; System.nanoTime() < end; look++) {
        Thread.sleep(LOOK_MILLIS);
        if (!read(FAILURE).contains(null)) {
          return;
        }
        if (look % (SILENT_MILLIS / LOOK_MILLIS) == 0) {
          List<String> after = read(BEAT);
          if (silent(before, after).size() == hosts.size() - 1) {
            return;
          }
          before = after;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StoreException e) {
      LOG.debug("worker {} cannot ask whether the others have left", rank, e);
    }
  }

  /** The others who have not written between two readings. */
  private Set<Integer> silent(List<String> before, List<String> after) {
    return IntStream.range(0, hosts.size())
        .filter(other -> other != rank && Objects.equals(before.get(other), after.get(other)))
        .boxed()
        .collect(Collectors.toSet());
  }

  /** What is known of the workers that this one has waited for, in words. */
  String suspects(Duration timeout, RuntimeException failure) {
    List<String> suspects = new ArrayList<>();
    try {
      List<String> before = read(BEAT);
      Thread.sleep(SILENT_MILLIS);
      Set<Integer> silent = silent(before, read(BEAT));
      List<Long> steps = read(STEP).stream().map(Liveness::number).toList();
      for (int other = 0; other < hosts.size(); other++) {
        if (other != rank && (silent.contains(other) || steps.get(other) < step)) {
          suspects.add(
              worker(other)
                  + (silent.contains(other) ? " gives no sign of life" : " lags behind")
                  + " (last seen at step "
                  + steps.get(other)
                  + ")");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StoreException e) {
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

  private static long number(String written) {
    return written == null ? -1 : Long.parseLong(written);
  }

  private void write(String prefix, String value) {
    store.set(prefix + rank, value);
  }

  /** What each worker has written, by rank; null where there is nothing yet. */
  private List<String> read(String prefix) {
    Map<String, String> written = store.list(prefix, ANSWER);
    return IntStream.range(0, hosts.size())
        .mapToObj(other -> written.get(prefix + other))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  @Override
  public void close() {
    heart.interrupt();
    try {
      heart.join(2 * BEAT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
