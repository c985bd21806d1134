package org.sparkfinetune.track;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes events off their callers' hands and writes them to the journal, on a thread of its own. */
final class JournalWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);

  /** Events that may wait for the disk; beyond them, those who record wait for it as well. */
  private static final int CAPACITY = 100_000;

  /** What is written is forced to the disk this often: once an event would keep the disk busy. */
  private static final long FORCE_MILLIS = 200;

  private static final long LONGEST_WAIT_MILLIS = 2_000;

  private final Journal journal;
  private final Runnable onWritten;
  private final LinkedBlockingQueue<TrackingEvent> queue = new LinkedBlockingQueue<>(CAPACITY);

  /** Events that are not safe on the disk yet; the first {@link #appended} of them are written. */
  private final List<TrackingEvent> pending = new ArrayList<>();

  private final AtomicLong added = new AtomicLong();
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final Thread thread;
  private int appended;
  private long forcedAt = System.nanoTime();
  private volatile boolean closing;
  private volatile boolean full;

  JournalWriter(Journal journal, Runnable onWritten) {
    this.journal = journal;
    this.onWritten = onWritten;
    thread = new Thread(this::run, "journal");
    thread.setDaemon(true);
    thread.start();
  }

  /** Hands an event over. Fails in no way; what there is no place for is counted. */
  void add(TrackingEvent event) {
    added.incrementAndGet();
    // Without a wait first: a thread that is being ended may still say so.
    if (closing || !queue.offer(event) && !offerPatiently(event)) {
      lost.incrementAndGet();
    }
  }

  private boolean offerPatiently(TrackingEvent event) {
    if (full || !thread.isAlive()) {
      return false;
    }
    try {
      return queue.offer(event, LONGEST_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns when what has been added so far is written, or cannot be. */
  void flush() {
    long wanted = added.get();
    try {
      while (written.get() + lost.get() < wanted && !full && thread.isAlive()) {
        Thread.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  long written() {
    return written.get();
  }

  long lost() {
    return lost.get();
  }

  private void run() {
    try {
      boolean last;
      do {
        // What is still to be written gets one attempt after the end has been told.
        last = closing;
        take(last ? 0 : appended == 0 ? FORCE_MILLIS : Math.max(0, FORCE_MILLIS - sinceForced()));
        write(last);
      } while (!last || !full && !(queue.isEmpty() && pending.isEmpty()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long sinceForced() {
    return (System.nanoTime() - forcedAt) / 1_000_000;
  }

  private void take(long waitMillis) throws InterruptedException {
    if (pending.size() < CAPACITY) {
      TrackingEvent first = queue.poll(waitMillis, TimeUnit.MILLISECONDS);
      if (first != null) {
        pending.add(first);
        queue.drainTo(pending, CAPACITY - pending.size());
      }
    }
  }

  private void write(boolean last) throws InterruptedException {
    try {
      try {
        append();
      } finally {
        // Also what was written before the disk was full.
        if (appended > 0 && (last || sinceForced() >= FORCE_MILLIS || pending.size() >= CAPACITY)) {
          force();
        }
      }
    } catch (IOException e) {
      if (!full) {
        LOG.warn("the journal {} cannot be written: {}", journal.file(), e.toString());
      }
      full = true;
      if (!closing) {
        Thread.sleep(FORCE_MILLIS);
      }
    }
  }

  private void append() throws IOException {
    while (appended < pending.size()) {
      try {
        appended += journal.append(pending.subList(appended, pending.size()));
      } catch (IllegalArgumentException e) {
        // It must not keep those behind it.
        pending.remove(appended);
        lost.incrementAndGet();
        LOG.warn("an event cannot be written to the journal {}", journal.file(), e);
      }
    }
  }

  private void force() throws IOException {
    int count = appended;
    appended = 0;
    forcedAt = System.nanoTime();
    journal.force();
    pending.subList(0, count).clear();
    written.addAndGet(count);
    full = false;
    onWritten.run();
  }

  /** Writes what is there; what cannot be written is counted. */
  @Override
  public void close() {
    closing = true;
    awaitThread();
    lost.addAndGet(pending.size() + queue.size());
    pending.clear();
    queue.clear();
  }

  /** Also for a caller that is being ended: the disk does not keep it long. */
  private void awaitThread() {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
