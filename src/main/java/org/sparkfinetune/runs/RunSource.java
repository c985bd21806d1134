package org.sparkfinetune.runs;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.ClassScoresFile;
import org.sparkfinetune.report.RunSummary;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.storage.TextFile;
import org.sparkfinetune.text.Redaction;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.mlflow.MlflowRuns;

/** Where recorded runs are looked for. */
abstract class RunSource {
  /** The status of every run. */
  public static final String ANY = "any";

  private static final String FOLDER = "runs";
  private static final int CHOICES = 5;

  /**
   * The journals of a folder, or else a server.
   *
   * @param folder empty for the server
   * @param trackingUri empty for the folder {@code runs}
   * @throws UserException when there is no such folder
   */
  public static RunSource of(String folder, String trackingUri, Configuration hadoop)
      throws IOException {
    if (folder.isEmpty() && !trackingUri.isEmpty()) {
      return new Server(trackingUri, hadoop);
    }
    Path path = new Path(folder.isEmpty() ? FOLDER : folder);
    FileSystem files = path.getFileSystem(hadoop);
    if (!files.exists(path)) {
      throw new UserException(
          folder.isEmpty()
              ? "there is no folder runs here: expected source=FOLDER or tracking.uri=URI"
              : "source=" + folder + ": no such folder");
    }
    return new Journals(path, hadoop);
  }

  /** What to call it. */
  public abstract String place();

  /** The command that lists its runs. */
  abstract String listing();

  /**
   * Its runs.
   *
   * @param experiment its name; empty for those of all
   * @param status in lower case, or {@link #ANY}
   * @param max the newest are enough
   */
  public abstract List<RunSnapshot> list(String experiment, String status, int max);

  /** All that is known of a run that was listed. */
  abstract RunSnapshot whole(RunSnapshot listed);

  /** A file of a run's; empty when it is gone. */
  abstract Optional<String> text(RunSnapshot run, String path) throws IOException;

  /**
   * The run of an id, of the beginning of one, or of a name.
   *
   * @throws UserException when there is none, or more than one
   */
  public RunSnapshot find(String wanted) {
    List<RunSnapshot> all = list("", ANY, Integer.MAX_VALUE);
    List<RunSnapshot> found = all.stream().filter(run -> run.id().equals(wanted)).toList();
    if (found.isEmpty()) {
      found =
          all.stream()
              .filter(run -> run.id().startsWith(wanted) || run.name().equals(wanted))
              .toList();
    }
    if (found.isEmpty()) {
      throw new UserException("no run " + wanted + " in " + place() + ": see " + listing());
    } else if (found.size() > 1) {
      throw new UserException(
          wanted
              + " is more than one run: expected one of "
              + found.stream()
                  .map(run -> run.id() + " (" + RunSummary.title(run) + ")")
                  .limit(CHOICES)
                  .collect(Collectors.joining(", ")));
    }
    return whole(found.get(0));
  }

  /** What a run's own files say of the classes; empty when there are none, or they are gone. */
  public Optional<ClassResults> classes(RunSnapshot run) throws IOException {
    Optional<ClassResults> counted =
        file(run, OutputFiles.CONFUSION_MATRIX).map(ClassResults::ofConfusionMatrix);
    Optional<ClassResults> scored = file(run, OutputFiles.CLASS_SCORES).map(ClassScoresFile::read);
    return scored.map(scores -> counted.map(scores::with).orElse(scores)).or(() -> counted);
  }

  private Optional<String> file(RunSnapshot run, String name) throws IOException {
    for (String path : run.artifacts().keySet()) {
      if (path.substring(path.lastIndexOf('/') + 1).equals(name)) {
        return text(run, path);
      }
    }
    return Optional.empty();
  }

  /** The journals below a folder. */
  private static final class Journals extends RunSource {
    private final Path folder;
    private final Configuration hadoop;

    Journals(Path folder, Configuration hadoop) {
      this.folder = folder;
      this.hadoop = hadoop;
    }

    @Override
    public String place() {
      return folder.toString();
    }

    @Override
    String listing() {
      return Console.command("runs", "source=" + folder);
    }

    @Override
    public List<RunSnapshot> list(String experiment, String status, int max) {
      Stream<RunSnapshot> runs = JournalReader.runs(folder, hadoop).stream();
      return runs.filter(run -> experiment.isEmpty() || run.experiment().equals(experiment))
          .filter(run -> status.equals(ANY) || name(run).equals(status))
          .sorted((a, b) -> Long.compare(b.start(), a.start()))
          .limit(max)
          .toList();
    }

    private static String name(RunSnapshot run) {
      return run.status().name().toLowerCase(Locale.ROOT);
    }

    @Override
    RunSnapshot whole(RunSnapshot listed) {
      return listed;
    }

    @Override
    Optional<String> text(RunSnapshot run, String path) throws IOException {
      String source = run.artifacts().get(path).source();
      Path file = source.isEmpty() ? null : new Path(source);
      return file != null && file.getFileSystem(hadoop).exists(file)
          ? Optional.of(TextFile.read(source, hadoop))
          : Optional.empty();
    }
  }

  /** An MLflow server. */
  private static final class Server extends RunSource {
    /** So many runs are looked at, the newest. */
    private static final int MOST = 5000;

    private final String uri;
    private final MlflowRuns runs;

    Server(String uri, Configuration hadoop) {
      this.uri = Redaction.text(uri);
      runs = new MlflowRuns(uri, hadoop);
    }

    @Override
    public String place() {
      return uri;
    }

    @Override
    String listing() {
      return Console.command("runs", "tracking.uri=" + uri);
    }

    @Override
    public List<RunSnapshot> list(String experiment, String status, int max) {
      String filter =
          status.equals(ANY) ? "" : "attributes.status = '" + status.toUpperCase(Locale.ROOT) + "'";
      return runs.list(experiment, filter, Math.min(max, MOST));
    }

    @Override
    RunSnapshot whole(RunSnapshot listed) {
      return runs.get(listed.id());
    }

    @Override
    Optional<String> text(RunSnapshot run, String path) {
      return Optional.of(runs.text(run.id(), path));
    }
  }
}
