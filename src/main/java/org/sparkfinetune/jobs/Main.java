package org.sparkfinetune.jobs;

import java.util.List;
import java.util.Locale;
import org.sparkfinetune.console.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main class of every job, for spark-submit and for plain Java. */
@Command(name = "spark-finetune")
public final class Main implements Runnable {
  private static final List<Job> JOBS =
      List.of(
          new QuickstartJob(),
          new DescribeJob(),
          new FineTuneJob(),
          new TuneJob(),
          new AuditJob(),
          new EvaluateJob(),
          new CompareJob(),
          new CalibrateJob(),
          new PredictJob(),
          new SelectJob(),
          new ExplainJob(),
          new ExportJob(),
          new ServeJob(),
          new RunsJob(),
          new SyncJob());

  @Option(names = {"-V", "--version"})
  private boolean version;

  private Main() {}

  /**
   * Runs a job and exits: 0 done, 1 the run failed, 2 wrong usage, configuration or data.
   *
   * @param args the job's name and its arguments
   */
  public static void main(String[] args) {
    // Numbers in files, pages and messages are the same in every country.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    LocalMachine.nameUser();
    int code = run(args);
    // A barrier stage on a local master leaves a thread of Spark's behind that would keep this JVM
    // alive. But some clusters take any call of exit, even with 0, for the driver's death: on
    // success only a JVM that is nobody else's is ended.
    if (code != JobCommand.OK || Console.isStartedByScript() || isLocal()) {
      System.exit(code);
    }
  }

  /** Whether spark-submit runs this alone, which names the master by a property. */
  private static boolean isLocal() {
    return System.getProperty("spark.master", "").matches("local(\\[.*)?");
  }

  static int run(String... args) {
    CommandLine commandLine = new CommandLine(new Main());
    JOBS.forEach(job -> commandLine.addSubcommand(job.name(), new JobCommand(job)));
    commandLine.setParameterExceptionHandler(
        (e, arguments) -> {
          Console.error(e.getCommandLine().getCommandName() + ": " + e.getMessage());
          return JobCommand.USAGE;
        });
    return commandLine.execute(args);
  }

  static List<Job> jobs() {
    return JOBS;
  }

  /** No job named. */
  @Override
  public void run() {
    if (version) {
      Console.system().text(Versions.render());
      return;
    }
    StringBuilder jobs = new StringBuilder();
    JOBS.forEach(job -> jobs.append(jobs.length() == 0 ? "" : ", ").append(job.name()));
    throw new CommandLine.ParameterException(
        new CommandLine(this), "name a job: one of " + jobs + "; each explains itself with --help");
  }
}
