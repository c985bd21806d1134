package org.sparkfinetune.jobs;

import java.time.Duration;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.runs.JournalDelivery;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.TrackingArguments;

/** Delivers what a journal holds, and the tracking server has not, any number of times. */
final class SyncJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(SyncArguments.SCHEMA)
          .and(TrackingArguments.SCHEMA, "uri")
          .and(CommonArguments.SCHEMA);

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
    JournalDelivery.Result result =
        JournalDelivery.deliver(
            arguments.journal(),
            config.get(TrackingArguments.SCHEMA).uri(),
            Duration.ofSeconds(arguments.patience()),
            console,
            hadoop);
    result.notes().forEach(note -> console.line("%s", note));
    console.line("delivered  %,d events of %,d runs", result.delivered(), result.runs().size());
    for (RunSnapshot run : result.runs()) {
      console.line("  %s  %s", run.name(), result.addresses().getOrDefault(run.id(), ""));
    }
    result
        .refusedFile()
        .ifPresent(
            file -> {
              if (result.refused() > 0) {
                console.line("refused    %,d events; they are in %s", result.refused(), file);
              } else {
                console.line(
                    "refused    some events by an earlier delivery, which are not sent again; they"
                        + " are in %s",
                    file);
              }
            });
    if (result.left() > 0) {
      throw new UserException(
          result.left()
              + " events are not delivered: "
              + result.trouble()
              + ". They stay in the journal: try again when the server is there");
    }
  }
}
