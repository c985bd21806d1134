package org.sparkfinetune.track;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.PrivateFiles;
import org.sparkfinetune.text.Redaction;

/**
 * Records runs: in a journal on the local disk, and from there, in the background, where the
 * journal is delivered to. Neither fails who records, nor keeps him waiting. Thread-safe.
 */
public final class Tracker implements AutoCloseable {
  /** The file of a journal in its folder. */
  public static final String JOURNAL = JournalFile.NAME;

  /** The file, beside a journal, of events that a server refused. */
  public static final String REFUSED = "refused.jsonl";

  private final Journal journal;
  private final JournalWriter writer;
  private final Optional<Delivery> delivery;
  private boolean closed;

  private Tracker(Journal journal, Optional<Delivery> delivery) {
    this.journal = journal;
    this.delivery = delivery;
    writer = new JournalWriter(journal, () -> delivery.ifPresent(Delivery::wake));
    delivery.ifPresent(Delivery::start);
  }

  /**
   * How things stand with a journal.
   *
   * @param written events that were recorded
   * @param lost events that could not be: the disk stayed full
   * @param delivered events that were delivered since it was opened
   * @param left events that are in the journal and were not delivered; 0 without delivery
   * @param refused events that will never be accepted
   * @param trouble why the newest delivery failed; empty when it did not
   * @param notes what was found and done beside that, a sentence each
   */
  public record Summary(
      long written,
      long lost,
      long delivered,
      long left,
      long refused,
      String trouble,
      List<String> notes) {}

  /**
   * Opens a journal to write to.
   *
   * @param folder on the local disk; created when missing
   * @param uri where it is delivered to, which names the place that delivery has got to; of no
   *     matter without a sink
   * @param sink closed with this
   * @throws UserException when another process has it open, or the folder cannot be written to
   */
  public static Tracker open(Path folder, String uri, Optional<Sink> sink) {
    return open(folder, PrivateFiles.Readers.OWNER, uri, sink);
  }

  /**
   * The same.
   *
   * @param readers who may read what is created
   */
  public static Tracker open(
      Path folder, PrivateFiles.Readers readers, String uri, Optional<Sink> sink) {
    Journal journal;
    try {
      journal = Journal.open(folder, readers);
    } catch (RuntimeException e) {
      sink.ifPresent(Sink::close);
      throw e;
    }
    return new Tracker(journal, sink.map(open -> new Delivery(journal, folder, uri, open)));
  }

  /**
   * Begins a run of its own.
   *
   * @param serverRun the id of a run that the server has already; empty to make one
   */
  public RunHandle startRun(
      String name, String experiment, String serverRun, Map<String, String> tags) {
    return start(name, experiment, "", serverRun, tags);
  }

  /** Begins a run that is a part of another. */
  public RunHandle startChild(
      RunHandle parent, String name, String experiment, Map<String, String> tags) {
    return start(name, experiment, parent.id(), "", tags);
  }

  private RunHandle start(
      String name, String experiment, String parent, String serverRun, Map<String, String> tags) {
    String id = UUID.randomUUID().toString().replace("-", "");
    long now = System.currentTimeMillis();
    writer.add(
        new TrackingEvent.RunStarted(
            id,
            now,
            Redaction.text(name),
            Redaction.text(experiment),
            parent,
            serverRun,
            Redaction.values(tags)));
    return new RunHandle(id, writer, Map.of());
  }

  /**
   * The newest run of its own in the journal, from before it was opened, that has not finished; no
   * part of another.
   */
  public Optional<String> unfinishedRun() {
    List<String> runs = journal.unfinishedRuns();
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
  }

  /** Goes on with a run of the journal; what is measured again at steps that it has is left out. */
  public RunHandle resumeRun(String id) {
    return new RunHandle(id, writer, journal.lastSteps(id));
  }

  /** Where a person finds a run, by its id in the journal; empty when no server has it (yet). */
  public String address(String run) {
    return delivery.map(to -> to.address(run)).orElse("");
  }

  /** Events that were delivered, or refused, since it was opened. */
  public long settled() {
    return delivery.map(to -> to.delivered() + to.refused()).orElse(0L);
  }

  /** Whether all that is in the journal is settled; without delivery it is. */
  public boolean caughtUp() {
    return delivery.map(Delivery::caughtUp).orElse(true);
  }

  /** Why the newest delivery failed; empty when it did not. */
  public String trouble() {
    return delivery.map(Delivery::trouble).orElse("");
  }

  /** Whether there is a delivery that has not ended by itself, as when the journal is gone. */
  public boolean delivers() {
    return delivery.map(Delivery::goesOn).orElse(false);
  }

  /** How things stand. */
  public Summary summary() {
    List<String> notes = new ArrayList<>(journal.notes());
    return new Summary(
        writer.written(),
        writer.lost(),
        delivery.map(Delivery::delivered).orElse(0L),
        delivery.map(Delivery::left).orElse(0L),
        delivery.map(Delivery::refused).orElse(0L),
        delivery.map(Delivery::trouble).orElse(""),
        notes);
  }

  /** Returns when what has been recorded so far is in the journal, or the disk is full. */
  public void flush() {
    writer.flush();
  }

  /** Writes what is to be written, without waiting for its delivery. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /**
   * Writes what is to be written.
   *
   * @param flushTimeout how long it waits for the delivery
   */
  public synchronized void close(Duration flushTimeout) {
    if (closed) {
      return;
    }
    closed = true;
    writer.close();
    delivery.ifPresent(to -> to.finish(flushTimeout));
    journal.close();
  }
}
