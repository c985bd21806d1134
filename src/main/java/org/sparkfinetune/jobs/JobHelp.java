package org.sparkfinetune.jobs;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.track.TrackingArguments;

/** The help of a job: every key with its default, range and documentation. */
final class JobHelp {
  private static final int WIDTH = 100;
  private static final String INDENT = "      ";
  private static final String BEST_MODEL = "training.metric_for_best_model";
  private static final String STUDY = "tune.metric";

  private JobHelp() {}

  static String render(Job job) {
    StringBuilder out = new StringBuilder();
    out.append("jobs/").append(job.name()).append(" [--conf FILE]... [--debug] [key=value]...\n\n");
    wrap(out, "", job.summary());
    out.append("\nOptions\n\n");
    option(
        out,
        "--conf FILE",
        "Reads keys from a HOCON file; conf/"
            + job.name()
            + ".conf is one to start from. Its path may be on any Hadoop file system. May be"
            + " repeated; later files win over earlier ones, and key=value over any file.");
    if (job.keys().has(TrackingArguments.SCHEMA.setting("uri").path())
        && job.keys().has(Presets.BASE)) {
      option(
          out,
          "--from-run RUN",
          "Takes the settings of a recorded run, which files and key=value win over: the output"
              + " folder of its job, or its id on the tracking server. Output and overwrite are not"
              + " taken.");
    }
    option(
        out,
        "--debug",
        "Shows Spark's messages from info on (log=info), and the stack trace when the job fails.");
    option(
        out,
        "--version",
        "Shows the versions of this build, libtorch, Spark NLP, Spark and Java that the job runs on.");
    option(out, "--help", "Shows this.");
    out.append("\nKeys\n\n");
    for (Setting setting : job.keys().settings()) {
      option(out, setting.path(), about(job, setting));
    }
    option(
        out,
        "spark.*",
        "Any setting of Spark's, as in spark.master=local[4]. The master is local[*] when nothing"
            + " sets it. What has to be known before the driver starts (spark.driver.memory, and"
            + " the master for spark-submit) is read from the command line alone, not from a file.");
    metrics(out, job);
    out.append("\nEnvironment of the scripts\n\n");
    option(
        out,
        "SPARK_HOME",
        "The Spark whose spark-submit runs the job, 3.5 with Scala 2.12. When not set, it is that of"
            + " spark-submit on the PATH; without one the job runs on the Spark that Maven"
            + " resolves.");
    option(
        out,
        "SPARK_FINETUNE_SPARK=maven",
        "Runs the job on Maven's Spark, whatever SPARK_HOME and PATH say.");
    option(
        out,
        "SPARK_FINETUNE_CLASSPATH",
        "Jars and folders, with : between them, for the class path of Maven's Spark: an objective of"
            + " your own, the connector of a file system. With spark-submit, set spark.jars.");
    option(
        out,
        "SPARK_DRIVER_MEMORY",
        "The driver's heap, where spark.driver.memory is not set. Default: 4g, but no more than half"
            + " of the machine.");
    out.append("\nExit codes: 0 done; 1 the run failed; 2 wrong usage, configuration or data.\n");
    out.append("\nExamples\n\n");
    job.examples().forEach(example -> out.append("  ").append(example).append('\n'));
    return out.toString();
  }

  /** What the metrics are called that keys of the job take. */
  private static void metrics(StringBuilder out, Job job) {
    List<String> takers = Stream.of(BEST_MODEL, STUDY).filter(job.keys()::has).toList();
    if (takers.isEmpty()) {
      return;
    }
    out.append("\nMetrics, for ").append(String.join(" and ", takers)).append("\n\n");
    for (ProblemType problemType : ProblemType.values()) {
      List<Metric> metrics = Metric.ofPredictions(problemType);
      option(
          out,
          problemType.spelling(),
          metrics.stream().map(Metric::key).collect(Collectors.joining(", ")));
    }
    if (takers.contains(STUDY)) {
      option(out, "both, for " + STUDY + " alone", String.join(", ", Metric.ofTrainings()));
    }
  }

  private static String about(Job job, Setting setting) {
    String value = Settings.hocon(setting.defaultValue());
    Map<String, String> forBase =
        job.keys().has(Presets.BASE)
            ? Presets.of(String.valueOf(job.keys().setting(Presets.BASE).defaultValue()))
            : Map.of();
    String path = setting.path();
    String byDefault = "Default: " + value + ".";
    if (job.presets().containsKey(path)) {
      byDefault = "Default: " + job.presets().get(path) + ".";
    } else if (forBase.containsKey(path)) {
      String base = String.valueOf(job.keys().setting(Presets.BASE).defaultValue());
      byDefault =
          "Default: " + forBase.get(path) + " for " + base + ", " + value + " for other bases.";
    } else if (setting.defaultValue().equals("")) {
      byDefault = job.required().contains(path) ? "Required." : "Not set by default.";
    }
    return meaning(job, setting) + " " + byDefault;
  }

  /** What a key does, and what it may be. */
  static String meaning(Job job, Setting setting) {
    String doc = setting.doc();
    if (job.required().contains(setting.path())) {
      // So it is for jobs that do without.
      doc = doc.replaceAll(" When not set, [^.]*\\.", "");
    }
    String range = setting.range();
    return doc + (range.isEmpty() ? "" : " Allowed: " + range + ".");
  }

  private static void option(StringBuilder out, String name, String doc) {
    out.append("  ").append(name).append('\n');
    wrap(out, INDENT, doc);
  }

  private static void wrap(StringBuilder out, String indent, String text) {
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split("\\s+")) {
      if (line.length() > indent.length() && line.length() + 1 + word.length() > WIDTH) {
        out.append(line).append('\n');
        line = new StringBuilder(indent);
      }
      line.append(line.length() > indent.length() ? " " : "").append(word);
    }
    out.append(line).append('\n');
  }
}
