package org.sparkfinetune.track;

import java.time.Duration;
import java.util.List;

/**
 * Where the events of a journal are delivered to.
 *
 * <p>Delivering is idempotent: an event that is delivered again, by this process or another, after
 * an answer that got lost or a crash, is there once.
 */
public interface Sink extends AutoCloseable {
  /**
   * Delivers events in their order; returns when all are stored.
   *
   * @throws ServerUnavailableException when it may go through later; it says how many of them are
   *     stored
   * @throws RefusedException when an event will never be accepted; those before it are stored
   */
  void deliver(List<TrackingEvent> events) throws ServerUnavailableException, RefusedException;

  /** Where a person finds a run: an address of the server's; empty when it has none (yet). */
  String address(String run);

  @Override
  void close();

  /** The server is away, slow, full or busy. */
  class ServerUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;
    private int delivered;

    /**
     * @param retryAfter how long the server asks to wait; zero when it does not say
     */
    public ServerUnavailableException(String message, Duration retryAfter, Throwable cause) {
      super(message, cause);
      this.retryAfter = retryAfter;
    }

    /** Says how many of the events, from the first on, are stored all the same. */
    public ServerUnavailableException after(int events) {
      delivered = events;
      return this;
    }

    /** How many of the events, from the first on, are stored. */
    public int delivered() {
      return delivered;
    }

    /** How long the server asks to wait; zero when it does not say. */
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /** The server will not have an event, today or later. */
  final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int index;

    /**
     * @param index of the event among those that were to be delivered
     */
    public RefusedException(int index, String message, Throwable cause) {
      super(message, cause);
      this.index = index;
    }

    /** The event's index among those that were to be delivered. */
    public int index() {
      return index;
    }
  }
}
