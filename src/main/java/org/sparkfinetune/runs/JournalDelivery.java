package org.sparkfinetune.runs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.Tracker;
import org.sparkfinetune.track.mlflow.MlflowSink;

/**
 * Delivers what a journal holds, and the tracking server has not, as {@code jobs/sync} does it, any
 * number of times.
 */
@PublicApi
public final class JournalDelivery {
  private static final int POLL_MILLIS = 200;
  private static final int LINE_EVERY_MILLIS = 5_000;

  private JournalDelivery() {}

  /**
   * What came of a delivery.
   *
   * @param runs of the journal
   * @param addresses of those that the server has, by id
   * @param delivered events that the server has taken
   * @param refused events that it has refused, which are not sent again
   * @param refusedFile what it has refused, now or earlier; empty when nothing was
   * @param left events that stay in the journal for the next time
   * @param trouble why those are left; empty when none is
   * @param notes what was found and done beside that, a sentence each
   */
  @PublicApi
  public record Result(
      List<RunSnapshot> runs,
      Map<String, String> addresses,
      long delivered,
      long refused,
      Optional<String> refusedFile,
      long left,
      String trouble,
      List<String> notes) {}

  /**
   * Delivers a journal, and waits for it.
   *
   * @param journal the folder {@code tracking} in the output of a run, on this machine's disk
   * @param trackingUri of the server; empty for that of the environment's {@code
   *     MLFLOW_TRACKING_URI}
   * @param patience how long it goes on while the server takes nothing
   * @param console what shows that it goes on
   * @throws UserException when there is no journal, no server is named, or another process writes
   *     the journal
   */
  public static Result deliver(
      String journal,
      String trackingUri,
      Duration patience,
      Console console,
      Configuration hadoop) {
    Path folder = Path.of(journal);
    if (!Files.isRegularFile(folder.resolve(Tracker.JOURNAL))) {
      throw new UserException(
          "journal="
              + folder
              + ": there is no journal in it; expected the folder tracking in the output of a job,"
              + " on this machine's disk");
    }
    String uri = TrackingEnvironment.uri(trackingUri, System.getenv());
    if (uri.isEmpty()) {
      throw new UserException(
          "tracking.uri is not set: expected tracking.uri=http://HOST:PORT, or the environment's"
              + " MLFLOW_TRACKING_URI");
    }
    List<RunSnapshot> runs =
        JournalReader.runs(new org.apache.hadoop.fs.Path(folder.toUri()), hadoop);
    if (runs.isEmpty()) {
      throw new UserException("journal=" + folder + " holds no run");
    }
    Sink sink = MlflowSink.open(uri, hadoop, folder);
    Tracker tracker = Tracker.open(folder, uri, Optional.of(sink));
    try {
      await(tracker, patience, console);
    } finally {
      tracker.close();
    }
    return result(tracker, runs, folder);
  }

  /** Until everything is delivered, or for too long nothing is. */
  private static void await(Tracker tracker, Duration patience, Console console) {
    long settled = tracker.settled();
    long all = settled + tracker.summary().left();
    long movedAt = System.nanoTime();
    long shownAt = movedAt;
    while (!tracker.caughtUp()
        && tracker.delivers()
        && System.nanoTime() - movedAt < patience.toNanos()) {
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      String trouble = tracker.trouble();
      if (tracker.settled() > settled || trouble.isEmpty()) {
        // Also while a big file is on its way.
        settled = tracker.settled();
        movedAt = System.nanoTime();
      }
      if (System.nanoTime() - shownAt > LINE_EVERY_MILLIS * 1_000_000L) {
        shownAt = System.nanoTime();
        console.line(
            "delivered  %,d of %,d events%s",
            settled, all, trouble.isEmpty() ? "" : "  (" + trouble + ")");
      }
    }
  }

  private static Result result(Tracker tracker, List<RunSnapshot> runs, Path folder) {
    Tracker.Summary summary = tracker.summary();
    Map<String, String> addresses = new LinkedHashMap<>();
    for (RunSnapshot run : runs) {
      String address = tracker.address(run.id());
      if (!address.isEmpty()) {
        addresses.put(run.id(), address);
      }
    }
    Path refused = folder.resolve(Tracker.REFUSED);
    return new Result(
        runs,
        addresses,
        summary.delivered(),
        summary.refused(),
        Files.exists(refused) ? Optional.of(refused.toString()) : Optional.empty(),
        summary.left(),
        summary.trouble(),
        summary.notes());
  }
}
