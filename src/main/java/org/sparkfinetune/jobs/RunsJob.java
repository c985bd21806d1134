package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.ComparisonReport;
import org.sparkfinetune.report.RunReport;
import org.sparkfinetune.runs.RunList;
import org.sparkfinetune.runs.RunSource;
import org.sparkfinetune.runs.RunText;
import org.sparkfinetune.runs.RunTree;
import org.sparkfinetune.runs.TrackingEnvironment;
import org.sparkfinetune.storage.TextFile;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.TrackingArguments;

/** Lists, shows and compares the runs that were recorded. */
final class RunsJob implements SparklessJob {
  private static final SettingKeys KEYS =
      SettingKeys.of(RunsArguments.SCHEMA)
          .and(TrackingArguments.SCHEMA, "uri")
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
    TrackingArguments tracking =
        TrackingEnvironment.fill(config.get(TrackingArguments.SCHEMA), System.getenv());
    RunSource source = RunSource.of(arguments.source(), tracking.uri(), hadoop);
    boolean overwrite = config.get(CommonArguments.SCHEMA).overwrite();
    if (!arguments.show().isEmpty()) {
      RunSnapshot run = source.find(arguments.show());
      console.text(RunText.show(run, defaults(), console.columns()));
      if (!arguments.html().isEmpty()) {
        Optional<ClassResults> classes = source.classes(run);
        write(
            RunReport.html(run, classes, defaults()), arguments.html(), overwrite, hadoop, console);
      }
    } else if (!arguments.compare().isEmpty()) {
      List<RunSnapshot> runs =
          split(arguments.compare()).stream().map(source::find).distinct().toList();
      if (runs.size() < 2) {
        throw new UserException(
            "compare=" + arguments.compare() + " is one run: expected two or more, or show=ID");
      }
      console.text(RunText.compare(runs, console.columns()));
      if (!arguments.html().isEmpty()) {
        write(ComparisonReport.html(runs), arguments.html(), overwrite, hadoop, console);
      }
    } else {
      list(source, arguments, console);
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

  private static void list(RunSource source, RunsArguments arguments, Console console) {
    // A list by anything else than time needs all of them.
    boolean newest = arguments.sortBy().equals(RunTree.START);
    List<RunSnapshot> runs =
        source.list(
            arguments.experiment(),
            arguments.status(),
            newest ? arguments.max() + 1 : Integer.MAX_VALUE);
    if (runs.isEmpty()) {
      console.text(nothing(source, arguments) + "\n");
      return;
    }
    List<RunTree.Entry> entries = RunTree.sorted(runs, arguments.sortBy());
    List<RunTree.Entry> shown = entries.subList(0, Math.min(arguments.max(), entries.size()));
    TextTable table = new RunList(shown).table(split(arguments.columns()), arguments.sortBy());
    console.text(table.render(console.columns()));
    if (shown.size() < entries.size()) {
      console.line("%nOnly %d are listed; max=%d lists more", shown.size(), 10L * arguments.max());
    }
    List<String> hidden = table.hidden(console.columns());
    if (!hidden.isEmpty()) {
      console.line(
          "%nFor want of room without %s; columns= names those to show", String.join(", ", hidden));
    }
  }

  private static String nothing(RunSource source, RunsArguments arguments) {
    if (!arguments.experiment().isEmpty() || !arguments.status().equals("any")) {
      return "No such run in %s: without experiment and status all are listed."
          .formatted(source.place());
    }
    return "No run in %s. A training records itself:%n  %s"
        .formatted(
            source.place(),
            Console.command("fine-tune", "data.train=train.csv", "output=runs/first"));
  }

  private static List<String> split(String list) {
    return Arrays.stream(list.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** What fine-tune would have taken for the parameters that a run records. */
  private static Map<String, String> defaults() {
    Map<String, String> defaults = new TreeMap<>();
    new FineTuneJob()
        .keys()
        .settings()
        .forEach(setting -> defaults.put(setting.path(), Setting.spelling(setting.defaultValue())));
    return defaults;
  }

  private static void write(
      String html, String path, boolean overwrite, Configuration hadoop, Console console)
      throws IOException {
    TextFile.write("html", path, html, overwrite, hadoop);
    console.line("%nThe page is %s", path);
  }
}
