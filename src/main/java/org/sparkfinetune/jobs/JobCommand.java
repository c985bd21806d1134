package org.sparkfinetune.jobs;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.NamedModels;
import org.sparkfinetune.text.Failures;
import org.sparkfinetune.text.Printed;
import org.sparkfinetune.track.TrackingArguments;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of one job: options, then the job, then an exit code. */
@Command
final class JobCommand implements Callable<Integer> {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  private static final long PATIENCE_SECONDS = 5;

  private final Job job;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile boolean stopping;

  /** Standard error as it was before the job was interrupted. */
  private volatile PrintStream terminal = System.err;

  @Option(names = "--conf")
  private List<String> files = new ArrayList<>();

  @Option(names = "--from-run")
  private String fromRun = "";

  @Option(names = "--debug")
  private boolean debug;

  @Option(names = {"-h", "--help"})
  private boolean help;

  @Option(names = {"-V", "--version"})
  private boolean version;

  @Parameters private List<String> overrides = new ArrayList<>();

  JobCommand(Job job) {
    this.job = job;
  }

  @Override
  public Integer call() {
    if (help) {
      Console.system().text(JobHelp.render(job));
      return OK;
    }
    if (version) {
      Console.system().text(Versions.render());
      return OK;
    }
    Logs.clean();
    try {
      run();
      return OK;
    } catch (Throwable failure) {
      if (debug) {
        Console.trace(failure);
      }
      return report(failure);
    } finally {
      ended.countDown();
    }
  }

  /**
   * Ctrl-C: what fails then fails for that; and what does not fail in time is told all the same.
   */
  private void stop() {
    terminal = System.err;
    if (!debug && ended.getCount() > 0) {
      // What Spark's threads complain of while they end is of no use to anybody.
      System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    }
    stopping = true;
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS) && !job.tellsItsEnd()) {
        reportInterrupted();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** By whoever comes first: the job's end, or who has waited for it. */
  private void reportInterrupted() {
    if (told.compareAndSet(false, true)) {
      terminal.println(Printed.message(job.name() + ": interrupted"));
    }
  }

  private void run() throws Exception {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "job interrupted"));
    LocalMachine.requireSpelling(files);
    LocalMachine.requireSpelling(overrides);
    Settings config = ConfigLayers.read(job, recorded(), files, overrides);
    job.required().forEach(config::require);
    String log = config.get(CommonArguments.SCHEMA).log();
    Logs.show(debug && !log.equals("debug") ? "info" : log);
    if (job instanceof SparklessJob light) {
      Configuration hadoop = SparkSessions.hadoop(job.name(), config.spark());
      try (NamedModels models = NamedModels.fetch(config, hadoop, Console.system())) {
        light.run(models.settings(), hadoop, Console.system());
      }
      return;
    }
    SparkSessions.use(
        job.name(),
        config.spark(),
        spark -> {
          Configuration hadoop = spark.sparkContext().hadoopConfiguration();
          try (NamedModels models = NamedModels.fetch(config, hadoop, Console.system())) {
            job.run(models.settings(), spark, Console.system());
          }
        });
  }

  /** The settings of the run that is to be repeated. */
  private Map<String, String> recorded() throws IOException {
    if (fromRun.isEmpty()) {
      return Map.of();
    }
    if (!job.keys().has(TrackingArguments.SCHEMA.setting("uri").path())) {
      throw new UserException("--from-run: " + job.name() + " records no runs to repeat");
    }
    return RepeatedRun.settings(fromRun, files, overrides, job);
  }

  private int report(Throwable failure) {
    if (stopping) {
      reportInterrupted();
      return FAILED;
    }
    return Failures.userMessage(failure)
        .map(
            message -> {
              Console.error(job.name() + ": " + message);
              return USAGE;
            })
        .orElseGet(
            () -> {
              // Not a logger of ours, which the terminal would show: it gets two lines instead.
              LoggerFactory.getLogger("failure").error("{} failed", job.name(), failure);
              Console.error(job.name() + " failed: " + Failures.summary(failure));
              Console.error(
                  Logs.file().map(file -> "The log is " + file + "; ").orElse("")
                      + "--debug shows the stack trace.");
              return FAILED;
            });
  }
}
