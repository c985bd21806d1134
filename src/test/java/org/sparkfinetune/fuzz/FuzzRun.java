package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.sparkfinetune.ChildJvm;

/**
 * Tries damaged files in a JVM of its own, of which it starts another where a file has ended one.
 *
 * <p>Arguments: how many damaged files, the kinds (default: all). {@code KIND@NUMBER} is that file
 * alone, written to {@code target/fuzz}.
 */
final class FuzzRun {
  /** What the names of the child's own files begin with: they do not count as written by a file. */
  static final String OWN_FILES = "fuzz-";

  /** Small, so that a file that takes much heap fails as one. */
  private static final List<String> OPTIONS =
      List.of(
          "-Xmx400m",
          // Spark asks for more before it starts, and needs less.
          "-Dspark.testing.memory=500000000",
          "-XX:-CreateCoredumpOnCrash",
          "-XX:ErrorFile=" + OWN_FILES + "hs_err.log",
          "-Djava.io.tmpdir=tmp",
          "-Dlog4j2.level=OFF");

  private static final int SECONDS_A_FILE = 12;

  private final Path folder;
  private final Map<String, Tally> tallies = new LinkedHashMap<>();
  private final List<String> failures = new ArrayList<>();

  private FuzzRun(Path folder) {
    this.folder = folder;
  }

  /** How a kind's files went. */
  private static final class Tally {
    private int accepted;
    private int refused;
    private int failed;
    private long slowestMillis;
    private long largestMebibytes;
  }

  public static void main(String[] arguments) throws Exception {
    Path target = Path.of("target/fuzz").toAbsolutePath();
    if (arguments.length == 1 && arguments[0].contains("@")) {
      String[] parts = arguments[0].split("@");
      FuzzTarget kind = FuzzTargets.named(parts[0]);
      Path input = target.resolve(arguments[0]);
      FuzzChild.write(kind, kind.samples(), Integer.parseInt(parts[1]), input);
      System.out.println("written to " + input + ", and read:");
      kind.read(input);
      return;
    }
    int files = arguments.length == 0 ? 5_000 : Integer.parseInt(arguments[0]);
    List<String> kinds = new ArrayList<>(List.of(arguments));
    kinds.subList(0, Math.min(1, kinds.size())).clear();
    if (kinds.isEmpty()) {
      FuzzTargets.ALL.forEach(kind -> kinds.add(kind.name()));
    }
    Files.createDirectories(target);
    FuzzRun run = new FuzzRun(Files.createTempDirectory(target, "run-"));
    run.all((files + kinds.size() - 1) / kinds.size(), kinds);
    System.out.print(run.table());
    run.failures.forEach(System.out::println);
    System.exit(run.failures.isEmpty() ? 0 : 1);
  }

  /**
   * Tries files of each kind.
   *
   * @param count how many damaged ones of each kind
   * @param folder an empty one, to run in
   * @return a line for each that failed, with what repeats it
   */
  static List<String> failures(int count, List<String> kinds, Path folder) throws Exception {
    FuzzRun run = new FuzzRun(folder);
    run.all(count, kinds);
    System.out.print(run.table());
    return run.failures;
  }

  private void all(int count, List<String> kinds) throws Exception {
    List<String> left = new ArrayList<>(kinds);
    int first = 0;
    for (int child = 0; !left.isEmpty(); child++) {
      String[] last = run(child, count, first, left);
      if (last == null) {
        return;
      }
      while (!left.get(0).equals(last[1])) {
        left.remove(0);
      }
      first = Integer.parseInt(last[2]) + 1;
    }
  }

  /** The line of the file at which the JVM ended; null when it came to the end. */
  private String[] run(int child, int count, int first, List<String> kinds) throws Exception {
    Path here = Files.createDirectories(folder.resolve(Integer.toString(child)));
    Files.createDirectories(here.resolve("tmp"));
    List<String> arguments =
        new ArrayList<>(List.of(Integer.toString(count), Integer.toString(first)));
    arguments.addAll(kinds);
    Path output = here.resolve(OWN_FILES + "output.txt");
    long seconds = 60 + (long) SECONDS_A_FILE * count * kinds.size();
    Process process =
        ChildJvm.start(List.of(), FuzzChild.class, OPTIONS, arguments, Map.of(), here, output);
    try {
      process.waitFor(seconds, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly().waitFor();
    }
    return read(output, process.exitValue());
  }

  private String[] read(Path output, int exitCode) throws IOException {
    String[] open = null;
    boolean failed = false;
    StringBuilder rest = new StringBuilder();
    for (String line : Files.readString(output).lines().toList()) {
      String[] parts = line.split(FuzzChild.SEPARATOR, 5);
      switch (parts[0]) {
        case FuzzChild.BEGIN -> {
          open = parts;
          failed = false;
          rest.setLength(0);
        }
        case FuzzChild.ACCEPTED, FuzzChild.REFUSED, FuzzChild.FAILED -> {
          count(parts);
          failed = true;
        }
        case FuzzChild.END -> {
          return null;
        }
        default -> rest.append(line, 0, Math.min(line.length(), 300)).append(" / ");
      }
    }
    if (open == null) {
      throw new IllegalStateException("The JVM read nothing: " + rest);
    }
    if (!failed) {
      String said = rest.substring(0, Math.min(rest.length(), 1_000));
      String what = "ends the JVM with exit code " + exitCode + ": " + said;
      count(new String[] {FuzzChild.FAILED, open[1], open[2], what});
    }
    return open;
  }

  private void count(String[] parts) {
    Tally tally = tallies.computeIfAbsent(parts[1], kind -> new Tally());
    switch (parts[0]) {
      case FuzzChild.ACCEPTED -> tally.accepted++;
      case FuzzChild.REFUSED -> tally.refused++;
      default -> {
        tally.failed++;
        String detail = parts[parts.length - 1];
        failures.add("%s@%s %s".formatted(parts[1], parts[2], detail));
      }
    }
    if (parts.length == 5) {
      String[] measured = parts[3].split(" ");
      tally.slowestMillis = Math.max(tally.slowestMillis, Long.parseLong(measured[0]));
      tally.largestMebibytes = Math.max(tally.largestMebibytes, Long.parseLong(measured[1]));
    }
  }

  private String table() {
    StringBuilder table = new StringBuilder();
    String format = "%-20s %8s %8s %8s %12s %13s%n";
    table.append(
        format.formatted("kind", "accepted", "refused", "failed", "slowest (ms)", "largest (MiB)"));
    tallies.forEach(
        (kind, tally) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    format,
                    kind,
                    tally.accepted,
                    tally.refused,
                    tally.failed,
                    tally.slowestMillis,
                    tally.largestMebibytes)));
    return table.toString();
  }
}
