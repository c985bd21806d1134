package org.sparkfinetune.jobs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.runs.TrackingEnvironment;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.Tracker;
import org.sparkfinetune.track.TrackingArguments;
import org.sparkfinetune.track.mlflow.MlflowSink;

/** Delivers what a journal holds, and the tracking server has not, any number of times. */
final class SyncJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(SyncArguments.SCHEMA)
          .and(TrackingArguments.SCHEMA, "uri")
          .and(CommonArguments.SCHEMA)
          .without("overwrite");

  private static final int POLL_MILLIS = 200;
  private static final int LINE_EVERY_MILLIS = 5_000;

  @Override
  public String name() {
    return "sync";
  }

  @Override
  public String summary() {
    return "Delivers to an MLflow server what a journal holds and the server does not have yet, as"
        + " when it was away while a training ran. To do it again changes nothing.";
  }

  @Override
  public List<String> examples() {
    return List.of("jobs/sync journal=runs/mine/tracking tracking.uri=http://mlflow:5000");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("journal");
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console) throws Exception {
    SyncArguments arguments = config.get(SyncArguments.SCHEMA);
    TrackingArguments tracking =
        TrackingEnvironment.fill(config.get(TrackingArguments.SCHEMA), System.getenv());
    Path folder = Path.of(arguments.journal());
    if (!Files.isRegularFile(folder.resolve(Tracker.JOURNAL))) {
      throw new UserException(
          "journal="
              + folder
              + ": there is no journal in it; expected the folder tracking in the output of a job,"
              + " on this machine's disk");
    }
    if (tracking.uri().isEmpty()) {
      throw new UserException(
          "tracking.uri is not set: expected tracking.uri=http://HOST:PORT, or the environment's"
              + " MLFLOW_TRACKING_URI");
    }
    List<RunSnapshot> runs =
        JournalReader.runs(new org.apache.hadoop.fs.Path(folder.toUri()), hadoop);
    if (runs.isEmpty()) {
      throw new UserException("journal=" + folder + " holds no run");
    }
    Sink sink = MlflowSink.open(tracking.uri(), hadoop, folder);
    Tracker tracker = Tracker.open(folder, tracking.uri(), Optional.of(sink));
    try {
      await(tracker, Duration.ofSeconds(arguments.patience()), console);
    } finally {
      tracker.close();
    }
    report(tracker, runs, folder, console);
  }

  /** Until everything is delivered, or for too long nothing is. */
  private static void await(Tracker tracker, Duration patience, Console console)
      throws InterruptedException {
    long settled = tracker.settled();
    long all = settled + tracker.summary().left();
    long movedAt = System.nanoTime();
    long shownAt = movedAt;
    while (!tracker.caughtUp()
        && tracker.delivers()
        && System.nanoTime() - movedAt < patience.toNanos()) {
      Thread.sleep(POLL_MILLIS);
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

  private static void report(
      Tracker tracker, List<RunSnapshot> runs, Path folder, Console console) {
    Tracker.Summary summary = tracker.summary();
    summary.notes().forEach(note -> console.line("%s", note));
    console.line("delivered  %,d events of %,d runs", summary.delivered(), runs.size());
    for (RunSnapshot run : runs) {
      console.line("  %s  %s", run.name(), tracker.address(run.id()));
    }
    if (summary.refused() > 0) {
      console.line(
          "refused    %,d events; they are in %s",
          summary.refused(), folder.resolve(Tracker.REFUSED));
    } else if (Files.exists(folder.resolve(Tracker.REFUSED))) {
      console.line(
          "refused    some events by an earlier delivery, which are not sent again; they are in %s",
          folder.resolve(Tracker.REFUSED));
    }
    if (summary.left() > 0) {
      throw new UserException(
          summary.left()
              + " events are not delivered: "
              + summary.trouble()
              + ". They stay in the journal: try again when the server is there");
    }
  }
}
