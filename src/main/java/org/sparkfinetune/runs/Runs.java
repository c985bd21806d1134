package org.sparkfinetune.runs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.report.ComparisonReport;
import org.sparkfinetune.report.RunReport;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.TrackingArguments;

/**
 * The runs that were recorded, in journals or on a tracking server, as {@code jobs/runs} lists,
 * shows and compares them.
 */
@PublicApi
public final class Runs {
  private final RunSource source;

  private Runs(RunSource source) {
    this.source = source;
  }

  /**
   * Those of the journals below a folder.
   *
   * @param folder with journals, or with output folders, on any Hadoop file system
   * @throws UserException when there is no such folder
   */
  public static Runs in(String folder, SparkSession spark) {
    return of(folder, "", spark.sessionState().newHadoopConf());
  }

  /**
   * Those of a tracking server, whose credentials the environment has.
   *
   * @param trackingUri its address, as {@code http://mlflow:5000}
   * @throws UserException when it is none
   */
  public static Runs on(String trackingUri, SparkSession spark) {
    return of("", trackingUri, spark.sessionState().newHadoopConf());
  }

  /**
   * Those of a folder, or else of a server.
   *
   * @param folder empty for the server
   * @param trackingUri empty for that of the environment's {@code MLFLOW_TRACKING_URI}, and without
   *     it for the folder {@code runs}
   * @throws UserException when there is no such folder
   */
  public static Runs of(String folder, String trackingUri, Configuration hadoop) {
    String uri = TrackingEnvironment.uri(trackingUri, System.getenv());
    try {
      return new Runs(RunSource.of(folder, uri, hadoop));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What to call where they are. */
  public String place() {
    return source.place();
  }

  /** All of them, the newest first. */
  public List<RunSnapshot> list() {
    return source.list("", RunSource.ANY, Integer.MAX_VALUE);
  }

  /**
   * Some of them in an order, with a table.
   *
   * @throws UserException when no run has the metric that they are to be sorted by
   */
  public RunListing listing(RunListing.Query query) {
    return RunListing.of(source, query);
  }

  /**
   * The run of an id, of the beginning of one, or of a name.
   *
   * @throws UserException when there is none, or more than one
   */
  public RunSnapshot find(String run) {
    return source.find(run);
  }

  /**
   * A run as text: its figures, its settings that are no defaults, its rows and files.
   *
   * @param width in characters; empty for no limit
   */
  public String text(RunSnapshot run, OptionalInt width) {
    return RunText.show(run, defaults(), width);
  }

  /**
   * Runs beside each other as text, with what differs between them.
   *
   * @param width in characters, for which there may be several tables; empty for no limit
   */
  public String text(List<RunSnapshot> runs, OptionalInt width) {
    return RunText.compare(runs, width);
  }

  /** A page of a run with charts: HTML that fetches nothing. */
  public String html(RunSnapshot run) {
    try {
      return RunReport.html(run, source.classes(run), defaults());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A page of several runs beside each other. */
  public String html(List<RunSnapshot> runs) {
    return ComparisonReport.html(runs);
  }

  /** What a fine-tuning would have taken for the parameters that a run records. */
  private static Map<String, String> defaults() {
    // Those of every job, whose records name them too.
    Map<String, String> defaults = new TreeMap<>(Map.of("overwrite", "false", "log", "off"));
    FineTuneSchema.KEYS
        .and(TrackingArguments.SCHEMA)
        .settings()
        .forEach(setting -> defaults.put(setting.path(), Setting.spelling(setting.defaultValue())));
    return defaults;
  }
}
