package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.OverwriteArguments;
import org.sparkfinetune.runs.RunListing;
import org.sparkfinetune.runs.Runs;
import org.sparkfinetune.storage.TextFile;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.TrackingArguments;

/** Lists, shows and compares the runs that were recorded. */
final class RunsJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(RunsArguments.SCHEMA)
          .and(TrackingArguments.SCHEMA, "uri")
          .and(OverwriteArguments.SCHEMA)
          .and(CommonArguments.SCHEMA);

  @Override
  public String name() {
    return "runs";
  }

  @Override
  public String summary() {
    return "Lists, shows and compares the runs that were recorded, in journals or on a tracking"
        + " server, and writes pages of them with charts.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/runs source=runs sort_by=eval_accuracy",
        "jobs/runs source=runs show=4f1c9f6b html=run.html",
        "jobs/runs tracking.uri=http://mlflow:5000 experiment=intents compare=4f1c9f6b,a02e77d1");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of();
  }

  @Override
  public void run(Settings config, Configuration hadoop, Console console) throws IOException {
    RunsArguments arguments = config.get(RunsArguments.SCHEMA);
    check(arguments);
    Runs runs = Runs.of(arguments.source(), config.get(TrackingArguments.SCHEMA).uri(), hadoop);
    boolean overwrite = config.get(OverwriteArguments.SCHEMA).overwrite();
    if (!arguments.show().isEmpty()) {
      RunSnapshot run = runs.find(arguments.show());
      console.text(runs.text(run, console.columns()));
      if (!arguments.html().isEmpty()) {
        write(runs.html(run), arguments.html(), overwrite, hadoop, console);
      }
    } else if (!arguments.compare().isEmpty()) {
      List<RunSnapshot> compared =
          split(arguments.compare()).stream().map(runs::find).distinct().toList();
      if (compared.size() < 2) {
        throw new UserException(
            "compare=" + arguments.compare() + " is one run: expected two or more, or show=ID");
      }
      console.text(runs.text(compared, console.columns()));
      if (!arguments.html().isEmpty()) {
        write(runs.html(compared), arguments.html(), overwrite, hadoop, console);
      }
    } else {
      list(runs, arguments, console);
    }
  }

  private static void check(RunsArguments arguments) {
    if (!arguments.show().isEmpty() && !arguments.compare().isEmpty()) {
      throw new UserException("show and compare are both set: expected one of them");
    }
    if (!arguments.html().isEmpty()
        && arguments.show().isEmpty()
        && arguments.compare().isEmpty()) {
      throw new UserException(
          "html=" + arguments.html() + ": expected show=ID or compare=ID,ID beside it");
    }
  }

  private static void list(Runs runs, RunsArguments arguments, Console console) {
    RunListing listing =
        runs.listing(
            new RunListing.Query(
                arguments.experiment(),
                arguments.status(),
                arguments.sortBy(),
                split(arguments.columns()),
                arguments.max()));
    if (listing.runs().isEmpty()) {
      console.text(nothing(runs, arguments) + "\n");
      return;
    }
    console.text(listing.text(console.columns()));
    if (listing.hasMore()) {
      console.line(
          "%nOnly %d are listed; max=%d lists more", listing.runs().size(), 10L * arguments.max());
    }
    List<String> hidden = listing.hidden(console.columns());
    if (!hidden.isEmpty()) {
      console.line(
          "%nFor want of room without %s; columns= names those to show", String.join(", ", hidden));
    }
  }

  private static String nothing(Runs runs, RunsArguments arguments) {
    if (!arguments.experiment().isEmpty() || !arguments.status().equals("any")) {
      return "No such run in %s: without experiment and status all are listed."
          .formatted(runs.place());
    }
    return "No run in %s. A training records itself:%n  %s"
        .formatted(
            runs.place(),
            Console.command("fine-tune", "data.train=train.csv", "output=runs/first"));
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static void write(
      String html, String path, boolean overwrite, Configuration hadoop, Console console)
      throws IOException {
    TextFile.write("html", path, html, overwrite, hadoop);
    console.line("%nThe page is %s", path);
  }
}
