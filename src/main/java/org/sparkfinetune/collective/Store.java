package org.sparkfinetune.collective;

import java.time.Duration;
import java.util.Map;

/**
 * What workers tell each other beside what they sum: texts by key, which all of them see. Any
 * thread may use it.
 */
interface Store extends AutoCloseable {
  /** Begins the key of a worker whose connection has ended, before its number. */
  String LEFT = "left/";

  /**
   * Writes a text; who asks after this has returned sees it, asked from the same worker.
   *
   * @throws StoreException when the worker that keeps the store is gone
   */
  void set(String key, String text);

  /**
   * All that there is, by key, whose key begins so.
   *
   * @throws StoreException when the worker that keeps the store is gone, or does not answer in time
   */
  Map<String, String> list(String prefix, Duration timeout);

  /**
   * Waits until there are so many keys that begin so.
   *
   * @throws StoreException when time is up, or when one who has not written them has left
   */
  default Map<String, String> await(String prefix, int count, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    long pause = 1;
    while (true) {
      // Before what is waited for: who has written and then left has written.
      boolean left = !list(LEFT, timeout).isEmpty();
      Map<String, String> found = list(prefix, timeout);
      if (found.size() >= count) {
        return found;
      }
      if (left) {
        throw new StoreException("the connection to another worker has ended", null);
      }
      if (System.nanoTime() > end) {
        throw new StoreException("timed out waiting for another worker", null);
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException("interrupted while waiting for another worker", e);
      }
      pause = Math.min(2 * pause, 50);
    }
  }

  @Override
  void close();

  /** Another worker cannot be reached, or does not come. */
  final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
