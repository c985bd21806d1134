package org.sparkfinetune.track;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.storage.PrivateFiles;
import org.sparkfinetune.text.Redaction;

/**
 * Delivers a journal's events, in their order, on a thread of its own. It reads them from the file,
 * and notes the place that it has got to when they have been stored: what a crash leaves in between
 * is delivered again, which a {@link Sink} takes once.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final int BATCH_BYTES = 1 << 20;
  private static final long FIRST_PAUSE_MILLIS = 500;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;

  private final Journal journal;
  private final Sink sink;
  private final Path refusedFile;
  private final DeliveryOffset place;
  private final Thread thread;
  private long position;
  private long refused;
  private long delivered;
  private String trouble = "";
  private boolean ending;
  private boolean ended;

  /**
   * @param uri names what it is delivered to
   * @param sink closed when it ends
   */
  Delivery(Journal journal, Path folder, String uri, Sink sink) {
    this.journal = journal;
    this.sink = sink;
    refusedFile = folder.resolve(Tracker.REFUSED);
    place = new DeliveryOffset(folder, journal.readers(), uri);
    position = start(place.read());
    thread = new Thread(this::run, "journal delivery");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** The place that was noted, or 0 when it is none of this journal's, as of one that was there. */
  private long start(long noted) {
    if (noted <= 0 || noted > journal.length()) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(journal.file(), StandardOpenOption.READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      return channel.read(last, noted - 1) == 1 && last.get(0) == '\n' ? noted : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Lets it know that there is more in the journal. */
  synchronized void wake() {
    notifyAll();
  }

  /** Delivers what there is, but for no longer than this, and closes the sink. */
  void finish(Duration timeout) {
    synchronized (this) {
      ending = true;
      notifyAll();
    }
    // Who is being ended himself does not wait, but the sink is not closed under the delivery.
    boolean interrupted = !join(Math.max(1, timeout.toMillis()));
    thread.interrupt();
    interrupted |= !join(FIRST_PAUSE_MILLIS);
    synchronized (this) {
      ended = true;
    }
    try {
      sink.close();
    } catch (RuntimeException e) {
      LOG.warn("what {} is delivered to was not closed", journal.file(), e);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it was not interrupted. */
  private boolean join(long millis) {
    try {
      thread.join(millis);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Events of the journal that have not been delivered; 0 only when there are none. */
  long left() {
    if (caughtUp()) {
      return 0;
    }
    long count = 0;
    // A channel is closed to who is interrupted.
    boolean interrupted = Thread.interrupted();
    try (FileChannel channel = FileChannel.open(journal.file(), StandardOpenOption.READ)) {
      long from = position();
      while (from < journal.length()) {
        JournalFile.Part part = JournalFile.read(channel, from, journal.length(), BATCH_BYTES);
        count += part.events().size();
        from = part.end();
      }
    } catch (IOException e) {
      LOG.warn("cannot count what is left of {}: {}", journal.file(), e.toString());
      return Math.max(1, count);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return count;
  }

  /** Whether it goes on; it ends when the journal cannot be read. */
  boolean goesOn() {
    return thread.isAlive();
  }

  synchronized boolean caughtUp() {
    return position >= journal.length();
  }

  synchronized long position() {
    return position;
  }

  synchronized long refused() {
    return refused;
  }

  synchronized long delivered() {
    return delivered;
  }

  synchronized String trouble() {
    return trouble;
  }

  String address(String run) {
    return sink.address(run);
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    try (FileChannel channel = FileChannel.open(journal.file(), StandardOpenOption.READ)) {
      while (awaitMore()) {
        JournalFile.Part part =
            JournalFile.read(channel, position(), journal.length(), BATCH_BYTES);
        try {
          deliver(part);
          pause = FIRST_PAUSE_MILLIS;
        } catch (Sink.ServerUnavailableException e) {
          if (e.delivered() > 0) {
            advance(part.ends().get(e.delivered() - 1), e.delivered());
            pause = FIRST_PAUSE_MILLIS;
          }
          say(e.getMessage());
          long wait = Math.max(pause, e.retryAfter().toMillis());
          // Not all of those who wait for a server at once.
          long jitter = ThreadLocalRandom.current().nextLong(1 + pause / 2);
          boolean whole = pause(wait + jitter, e.retryAfter().toMillis());
          pause = whole ? Math.min(2 * pause, LONGEST_PAUSE_MILLIS) : FIRST_PAUSE_MILLIS;
        }
      }
    } catch (InterruptedException | ClosedByInterruptException e) {
      // Told to end, while it waited or while it read.
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      say("the delivery has ended: " + e);
      LOG.warn("the delivery of {} has ended", journal.file(), e);
    }
  }

  /**
   * Waits; but who wants to end is not kept by a pause that began before, unless the server has
   * asked for it.
   *
   * @return whether it was the whole pause
   */
  private synchronized boolean pause(long millis, long atLeast) throws InterruptedException {
    boolean before = ending;
    long start = System.nanoTime();
    while (true) {
      long goal = ending == before ? millis : atLeast;
      long left = goal - (System.nanoTime() - start) / 1_000_000;
      if (left <= 0) {
        return ending == before;
      }
      wait(left);
    }
  }

  /** Whether there is something to deliver, for which it waits. */
  private synchronized boolean awaitMore() throws InterruptedException {
    while (position >= journal.length() && !ending) {
      wait(1000);
    }
    return position < journal.length() && !ended;
  }

  private void deliver(JournalFile.Part part) throws Sink.ServerUnavailableException {
    List<TrackingEvent> events = part.events().subList(0, untilTransfer(part.events()));
    boolean all = events.size() == part.events().size();
    try {
      send(events);
      advance(all ? part.end() : part.ends().get(events.size() - 1), events.size());
    } catch (Sink.RefusedException e) {
      if (e.index() > 0) {
        advance(part.ends().get(e.index() - 1), e.index());
      }
      setAside(events.get(e.index()), e.getMessage());
      advance(part.ends().get(e.index()), 0);
    }
  }

  /** What a sink stumbles over must not keep what is behind it from being delivered. */
  private void send(List<TrackingEvent> events)
      throws Sink.ServerUnavailableException, Sink.RefusedException {
    if (events.isEmpty()) {
      return;
    }
    try {
      sink.deliver(events);
    } catch (RuntimeException e) {
      LOG.warn("cannot deliver {} events at once", events.size(), e);
      for (int i = 0; i < events.size(); i++) {
        try {
          sink.deliver(events.subList(i, i + 1));
        } catch (RuntimeException single) {
          throw new Sink.RefusedException(i, single.toString(), single);
        } catch (Sink.RefusedException single) {
          throw new Sink.RefusedException(i, single.getMessage(), single);
        }
      }
    }
  }

  /** Files take their time: what has gone through is not to go again for one that has not. */
  private static int untilTransfer(List<TrackingEvent> events) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i) instanceof TrackingEvent.Artifact
          || events.get(i) instanceof TrackingEvent.Model) {
        return i + 1;
      }
    }
    return events.size();
  }

  /** Where there is no room for it, it and what is behind it wait. */
  private void setAside(TrackingEvent event, String reason) throws Sink.ServerUnavailableException {
    String why = Redaction.text(String.valueOf(reason));
    String line = new String(EventJson.line(0, event), StandardCharsets.UTF_8);
    String entry = "# " + why.replaceAll("\\s+", " ") + "\n" + line;
    try (FileChannel out =
        PrivateFiles.open(refusedFile, journal.readers(), StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(entry.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw new Sink.ServerUnavailableException(
          "a refused event cannot be set aside in " + refusedFile + ": " + e, Duration.ZERO, e);
    }
    LOG.warn("an event is refused, and set aside in {}: {}", refusedFile, why);
    synchronized (this) {
      refused++;
    }
  }

  private void advance(long end, int events) {
    try {
      place.write(end);
    } catch (IOException e) {
      // As on a full disk. Whoever delivers next delivers again, which changes nothing.
      LOG.info("the place that the delivery has got to cannot be noted: {}", e.toString());
    }
    synchronized (this) {
      position = end;
      delivered += events;
      trouble = "";
      notifyAll();
    }
  }

  private void say(String message) {
    String clean = Redaction.text(String.valueOf(message));
    synchronized (this) {
      if (!clean.equals(trouble)) {
        LOG.info("events wait in the journal: {}", clean);
      }
      trouble = clean;
    }
  }
}
